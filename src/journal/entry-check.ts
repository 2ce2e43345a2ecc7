import type { JournalEntry } from './entries.js';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isDigest: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isList: Check = (value) => Array.isArray(value);
const isSize: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isOutcome: Check = (value) =>
  typeof value === 'string' &&
  ['migrated', 'unchanged', 'quarantined', 'failed', 'rolled-back', 'not-started'].includes(value);

/** What readers of an entry rely on, by kind. Every kind also has `run` and `at`. */
const MEMBERS: Readonly<Record<JournalEntry['kind'], Readonly<Record<string, Check>>>> = {
  run: { command: isText, target: isText, store: isText, sources: isList, options: isObject },
  intent: { doc: isText, container: isText, before: isDigest, after: isDigest, blobs: isList, inverse: isList },
  result: { doc: isText, outcome: isOutcome, bytesBefore: isSize, bytesAfter: isSize },
  end: { totals: isObject, complete: (value) => typeof value === 'boolean' },
};

/** Why a value is not a sound entry, as a clause; `undefined` for a sound one. */
export function findFlaw(value: unknown): string | undefined {
  const entry = value as Readonly<Record<string, unknown>> | null;
  const kind = isObject(entry) ? entry?.kind : undefined;
  if (typeof kind !== 'string' || !Object.hasOwn(MEMBERS, kind)) return 'it is not a journal entry';
  const checks = { run: isText, at: isText, ...MEMBERS[kind as JournalEntry['kind']] };
  const wrong = Object.entries(checks).find(([name, check]) => !check(entry?.[name]));
  return wrong && `the member "${wrong[0]}" of this ${kind} entry is missing or not valid`;
}

/** Why the text of a line is not JSON, as a clause. */
export function describeText(bytes: Uint8Array): string {
  const zeros = bytes.reduce((count, byte) => count + Number(byte === 0), 0);
  return zeros === 0 ? 'it is not valid JSON' : `it has ${zeros} zero bytes, as after a power cut`;
}
