import { isHollow } from '../entries.js';
import type { Envelope, EnvelopeLevel } from '../envelope.js';
import { detectField } from '../field.js';
import { CONFIG } from '../members.js';
import type { ValueReader } from '../value-reader.js';
import type { ValidationIssue } from './validation-issue.js';

/** What is wrong with one; its pointer is that of the member. */
export const STRAY_PROGRAM: ValidationIssue = {
  pointer: '',
  keyword: 'not',
  message:
    '`workflow_config` is inline next to the bag; a lean document carries only `workflow_config_s3_path`, in the bag.',
  hint: 'Remove it where the document is written. `statebag asl check` finds the states of a state machine that pass it on.',
};

/**
 * Paths of inline configurations next to the bags of a document, in objects on the way that are not bags themselves.
 * A map there may be an argument of a branch's call, which stays; a configuration never is one.
 */
export function strayPrograms<V>(
  reader: ValueReader<V>,
  envelope: Envelope<V> | undefined,
  bags: readonly EnvelopeLevel<V>[],
): readonly (readonly string[])[] {
  const depths = new Set(bags.map(({ path }) => path.length));
  const others = envelope?.visited.filter(({ path }) => !depths.has(path.length)) ?? [];
  return others.filter(({ value }) => holdsConfig(reader, value)).map(({ path }) => [...path, CONFIG]);
}

function holdsConfig<V>(reader: ValueReader<V>, level: V): boolean {
  const field = detectField(reader, level, CONFIG);
  return field.state === 'inline' && !isHollow(reader, field.value);
}
