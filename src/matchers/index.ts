import { bagLevels, detectEnvelope } from '../bag/envelope.js';
import { objectReader } from '../bag/object-reader.js';
import { PAYLOAD_LIMIT } from '../bag/payload-limit.js';
import { childPointer } from '../bag/validate/place.js';
import { validateStateBag } from '../bag/validate/state-bag.js';
import { STRAY_PROGRAM, strayPrograms } from '../bag/validate/stray-programs.js';
import type { ValidationIssue } from '../bag/validate/validation-issue.js';

/** What a matcher says of a value, as vitest and jest take it. */
export interface MatcherResult {
  readonly pass: boolean;
  /** For the report; under `.not` it says why the value passes. */
  readonly message: () => string;
}

export interface LeanBagOptions {
  /** Bytes of UTF-8 that the whole value may have as JSON. Default 262,144, Step Functions' limit on a payload. */
  readonly maxBytes?: number;
}

/**
 * Matchers for vitest and jest: `expect.extend(stateBagMatchers)`. `toBeLeanStateBag` takes a bag, in its envelope or
 * out of it, as an object or as JSON text.
 */
export const stateBagMatchers = {
  toBeLeanStateBag(received: unknown, options: LeanBagOptions = {}): MatcherResult {
    const faults = faultsOf(received, options.maxBytes ?? PAYLOAD_LIMIT);
    return { pass: faults.length === 0, message: () => messageOf(faults) };
  },
};

function messageOf(faults: readonly string[]): string {
  if (faults.length === 0) return 'expected the value not to be a lean state bag, and it is one';
  return `expected a lean state bag, but\n${faults.map((fault) => `  - ${fault}`).join('\n')}`;
}

function faultsOf(received: unknown, maxBytes: number): readonly string[] {
  const value = typeof received === 'string' ? objectReader.embedded(received) : received;
  const envelope = detectEnvelope(objectReader, value);
  const bags = bagLevels(objectReader, envelope);
  if (bags.length === 0) return ['it is not a state bag and does not contain one'];
  const text = typeof received === 'string' ? received : JSON.stringify(received);
  const strays = strayPrograms(objectReader, envelope, bags).map((path) => tell({ ...STRAY_PROGRAM, pointer: path.reduce(childPointer, '') }));
  return [...bags.flatMap(({ path, value: bag }) => broken(path, bag)), ...strays, ...overBudget(Buffer.byteLength(text), maxBytes)];
}

function broken(path: readonly string[], bag: unknown): readonly string[] {
  const root = path.reduce(childPointer, '');
  return validateStateBag(bag).map((issue) => tell({ ...issue, pointer: root + issue.pointer }));
}

function tell({ pointer, message, hint }: Pick<ValidationIssue, 'pointer' | 'message' | 'hint'>): string {
  return [place(pointer), message, hint].filter((part) => part !== undefined).join(' ');
}

function place(pointer: string): string | undefined {
  return pointer === '' ? undefined : `${pointer}:`;
}

function overBudget(bytes: number, maxBytes: number): readonly string[] {
  return bytes <= maxBytes ? [] : [`it has ${bytes} bytes as JSON, more than the ${maxBytes} that it may have`];
}
