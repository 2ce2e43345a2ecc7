import type { Finding } from '../../findings/finding.js';
import { parseDefinition } from '../read/parse-definition.js';
import { discover } from './discover.js';
import type { Discovery } from './discovery.js';
import { examine } from './examination.js';

/**
 * Finds every state of the machines in a file that passes, selects or re-inlines `workflow_config` or `partition_map`, or
 * that copies the whole bag for items or branches. `file` goes into the findings, and its extension decides the notation.
 * Throws what `parseDefinition` throws.
 */
export function findingsIn(bytes: Uint8Array, file: string): readonly Finding[] {
  const { machines } = parseDefinition(bytes, file);
  const found = machines.flatMap((machine) => discover(examine(machine, { speaks: 'lean' })));
  const findings = found.map((discovery) => toFinding(discovery, file));
  return findings.filter((finding, index) => !findings.slice(0, index).some((other) => isSame(finding, other)));
}

function toFinding({ rule, level, state, offset, pointer, message, hint }: Discovery, file: string): Finding {
  const { line, column } = state.scope.machine.source.place(offset);
  return { rule, level, message, hint, file, line, column, pointer: pointer.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('') };
}

/** What an alias stands for is written once, in the first state that uses it. */
function isSame(one: Finding, other: Finding): boolean {
  return one.line === other.line && one.column === other.column && (one.message === other.message || one.pointer !== other.pointer);
}
