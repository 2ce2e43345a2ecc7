import type { ByteValue } from '../bag/value.js';
import type { Bag } from '../bag/bag.js';
import { readDocument } from '../bag/value.js';
import { BagDocument } from '../bag/bag.js';
import { PAYLOAD_LIMIT } from '../bag/members.js';
import { documentIssues, plainValue } from '../validate/document-issues.js';
import { duplicateIssues } from '../validate/duplicates.js';
import { childPointer } from '../validate/issue.js';
import { leanIssues } from '../validate/lean-bag.js';
import type { ValidationIssue } from '../validate/issue.js';
import { BagError } from '../errors/index.js';

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

/** A value is judged by the JSON that a step would get of it, by the rules of `statebag validate`. */
function faultsOf(received: unknown, maxBytes: number): readonly string[] {
  try {
    const text = typeof received === 'string' ? received : (JSON.stringify(received) as string | undefined);
    const bytes = Buffer.from(text ?? 'null');
    const root = readDocument(bytes);
    const bagDocument = new BagDocument(root);
    if (bagDocument.bags.length === 0) return ['it is not a state bag and does not contain one'];
    bagDocument.assertOneOwner();
    const issues = [
      ...bagDocument.bags.flatMap(listBagIssues),
      ...documentIssues(root, bagDocument, true),
      ...duplicateIssues(bytes),
    ];
    return [...issues.map(tell), ...overBudget(bytes.length, maxBytes)];
  } catch (error) {
    // Circles and big integers are TypeErrors of JSON.stringify.
    if (error instanceof BagError || error instanceof TypeError) return [`it cannot be judged: ${error.message}`];
    throw error;
  }
}

function listBagIssues({ path, value }: Bag<ByteValue>): readonly ValidationIssue[] {
  const root = path.reduce(childPointer, '');
  return leanIssues(plainValue(value)).map((issue) => ({ ...issue, pointer: root + issue.pointer }));
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
