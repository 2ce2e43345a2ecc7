import type { Bag } from '../bag/bag.js';
import type { Value } from '../bag/value.js';
import { ObjectValue } from '../bag/value.js';
import { BagDocument } from '../bag/bag.js';
import { CONTROL_MEMBERS, CALL_MEMBERS, INDEX_MEMBERS, INIT_MARKERS, PROGRAM_MEMBERS } from '../bag/members.js';
import { assertUnmixedObjects, POINTER_MARKER } from '../bag/mixed-pointer.js';
import { BagError } from '../errors.js';
import { openAddressing } from './engine.js';
import type { Work } from './engine.js';
import type { JsonMembers } from './json-members.js';
import { isMembers, rawMembers } from './json-members.js';
import { jsonBytes, jsonText } from './json-text.js';
import { offload } from './offload.js';
import { replaceAt } from './place.js';
import type { Settings } from './settings.js';
import { planMember } from './stored-members.js';
import type { PlannedMember } from './stored-members.js';

/** A result that fits. */
export interface FittedResult {
  readonly result: unknown;
  /** UTF-8 of its JSON text. */
  readonly bytes: number;
  /** Names of the members that had to leave. */
  readonly offloaded: readonly string[];
  readonly bytesSaved: number;
}

/** Bytes of UTF-8 that Lambda will send. Throws `BagError` `NOT_JSON`. */
export function measureResult(result: unknown): number {
  return Buffer.byteLength(jsonText(result));
}

/**
 * Holds a result to the budget, counted on the very text that Lambda will send. When it is over, further members of the
 * bag go to the store, until it fits. Throws `PointerError` `POINTER_MIXED`, and `BagError` `PAYLOAD_TOO_LARGE` when it
 * cannot fit: Step Functions would end the execution with an error that no state can catch.
 */
export async function fitResult(result: unknown, maxBytes: number, work: Work): Promise<FittedResult> {
  const text = jsonText(result);
  // The text is at hand, and a search in it spares a walk over the result.
  if (text.includes(POINTER_MARKER)) assertUnmixedObjects(result, []);
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return { result, bytes, offloaded: [], bytesSaved: 0 };
  if (!isMembers(result)) throw tooLarge(bytes, maxBytes, 'it is no object with a bag in it');
  const { bags } = new BagDocument(new ObjectValue(result));
  const chosen = await chooseMembers(bags, bytes - maxBytes, work);
  const fitted = bags.reduceRight((changed, bag) => putPointers(changed, bag, chosen), result);
  const after = measureResult(fitted);
  if (after > maxBytes) throw tooLarge(after, maxBytes, 'what is left in it may not be offloaded');
  // Only now, so that a result which does not fit leaves no blob behind that nothing points to.
  if (chosen.length > 0)
    await offload(
      chosen.map(({ planned }) => planned.blob),
      work,
    );
  return { result: fitted, bytes: after, offloaded: chosen.map(({ name }) => name), bytesSaved: bytes - after };
}

interface Candidate<V extends Value = Value> {
  readonly name: string;
  readonly bag: Bag<V>;
  readonly text: Uint8Array;
}

/** A member that is to leave its bag. */
export interface ChosenMember<V extends Value = Value> extends Candidate<V> {
  readonly planned: PlannedMember;
}

/** The members to offload, until at least `excess` bytes are saved or none is left. Writes nothing. */
export async function chooseMembers<V extends Value>(
  bags: readonly Bag<V>[],
  excess: number,
  work: Work,
): Promise<readonly ChosenMember<V>[]> {
  const candidates = bags.flatMap((bag) => candidatesIn(bag, work.engine.settings.offload));
  if (candidates.length === 0) return [];
  const addressing = await openAddressing(work);
  const chosen: ChosenMember<V>[] = [];
  let left = excess;
  for (const candidate of inOrder(candidates, work.engine.settings.offload.first)) {
    if (left <= 0) break;
    const planned = planMember(candidate.name, candidate.text, candidate.bag, addressing);
    const saved = candidate.text.length - jsonBytes(planned.pointer).length;
    if (saved <= 0) continue;
    chosen.push({ ...candidate, planned });
    left -= saved;
  }
  return chosen;
}

/** What a state machine, a merge or a reader of pointers looks at stays, and so does what is a pointer already. */
const STAYS = new Set<string>([
  ...PROGRAM_MEMBERS,
  ...CONTROL_MEMBERS.filter((name) => name !== 'current_state' && name !== 'state_history'),
  ...CALL_MEMBERS,
  ...INDEX_MEMBERS,
  ...INIT_MARKERS,
  'Payload',
  'state_data',
  'bag',
  'pending_branches',
  'distributed_strategy',
]);

function candidatesIn<V extends Value>(
  bag: Bag<V>,
  { only, never, minBytes }: Settings['offload'],
): readonly Candidate<V>[] {
  return bag.value.names().flatMap((name): readonly Candidate<V>[] => {
    const isWanted = only === undefined ? !name.startsWith('__') : only.includes(name);
    const value = bag.value.member(name);
    if (!isWanted || STAYS.has(name) || never.includes(name) || value === undefined || !isBulky(value)) return [];
    const text = value.bytes();
    return text.length < minBytes ? [] : [{ name, bag, text }];
  });
}

/** Numbers, booleans and null never leave. A member with a pointer's marker is one, or would be taken for one. */
function isBulky(value: Value): boolean {
  const kind = value.kind();
  if (kind === 'string' || kind === 'array') return true;
  return (
    kind === 'object' && ['__s3_pointer__', '__s3_offloaded'].every((marker) => value.member(marker) === undefined)
  );
}

function inOrder<V extends Value>(
  candidates: readonly Candidate<V>[],
  first: readonly string[],
): readonly Candidate<V>[] {
  const rank = ({ name }: Candidate<V>) => (first.includes(name) ? first.indexOf(name) : first.length);
  return candidates.toSorted((one, other) => rank(one) - rank(other) || other.text.length - one.text.length);
}

function putPointers(
  result: JsonMembers,
  bag: Bag<ObjectValue>,
  chosen: readonly ChosenMember<ObjectValue>[],
): JsonMembers {
  const pointers = chosen
    .filter((member) => member.bag === bag)
    .map(({ name, planned }) => [name, planned.pointer] as const);
  if (pointers.length === 0) return result;
  return replaceAt(result, bag.path, { ...rawMembers(bag), ...Object.fromEntries(pointers) });
}

export function tooLarge(bytes: number, maxBytes: number, why: string): BagError {
  const message = `the result takes ${bytes} bytes of at most ${maxBytes}, and ${why}`;
  return new BagError('PAYLOAD_TOO_LARGE', message, { context: { bytes, maxBytes } });
}
