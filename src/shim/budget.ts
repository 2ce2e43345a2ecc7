import type { PendingBlob } from '../bag/keys.js';
import type { Bag } from '../bag/bag.js';
import { CONTROL_MEMBERS, CALL_MEMBERS, INDEX_MEMBERS, INIT_MARKERS, PROGRAM_MEMBERS } from '../bag/members.js';
import { assertUnmixed } from '../bag/search.js';
import type { Value } from '../bag/value.js';
import { BagError, ConflictError, StoreError } from '../errors/index.js';
import type { StateBagError } from '../errors/index.js';
import { listPointers, openAddressing, storeBlobs } from './context.js';
import { jsonBytes } from './plain-values.js';
import type { Settings } from './settings.js';
import { planMember } from './stored-members.js';
import type { PlannedMember } from './stored-members.js';
import type { InvocationContext } from './form.js';

/** A result that fits. */
export interface FittedResult<V extends Value = Value> {
  readonly root: V;
  /** UTF-8 of its JSON text; absent when nothing was measured. */
  readonly bytes?: number;
  /** Names of the members that had to leave. */
  readonly offloaded: readonly string[];
  readonly bytesSaved: number;
}

/**
 * Holds a result to the budget, counted on the very text that Lambda will send. When it is over, further members of its
 * bags go to the store, until it fits. `left`: why a bag was left in its old form. Throws `PointerError`
 * `POINTER_MIXED`; `BagError` `PAYLOAD_TOO_LARGE` when it cannot fit: Step Functions would end the execution with an
 * error that no state can catch; and `left` when only an answer of the store would make the result fit: other members
 * in the store would be blobs that a second try does not want.
 */
export async function fitResult<V extends Value>(
  root: V,
  listBags: () => readonly Bag<V>[],
  left: StateBagError | undefined,
  context: InvocationContext<V>,
): Promise<FittedResult<V>> {
  const { blobs, ...fitted } = await planFit(root, listBags, left, context);
  // Only now, so that a result which does not fit leaves no blob behind that nothing points to.
  await storeBlobs(blobs, context);
  return fitted;
}

/** A result that fits once the blobs are stored. */
export interface PlannedFit<V extends Value = Value> extends FittedResult<V> {
  readonly blobs: readonly PendingBlob[];
}

/** The same, and nothing is written. */
export async function planFit<V extends Value>(
  root: V,
  listBags: () => readonly Bag<V>[],
  left: StateBagError | undefined,
  context: InvocationContext<V>,
): Promise<PlannedFit<V>> {
  const { form, settings } = context.state;
  const maxBytes = settings.maxResultBytes;
  if (maxBytes === undefined) return { root, blobs: [], offloaded: [], bytesSaved: 0 };
  const { bytes, mentionsPointer } = form.measure(root);
  if (mentionsPointer) assertUnmixed(listPointers(root, form), []);
  if (bytes <= maxBytes) return { root, bytes, blobs: [], offloaded: [], bytesSaved: 0 };
  if (left instanceof StoreError || left instanceof ConflictError) throw left;
  if (root.kind() !== 'object') throw tooLarge(bytes, maxBytes, 'it is no object with a bag in it');
  const chosen = await chooseMembers(listBags(), bytes - maxBytes, context);
  const edit = form.edit(root);
  for (const { bag, name, planned } of chosen) edit.put(bag, name, planned.pointer);
  const fitted = edit.result();
  const after = chosen.length === 0 ? bytes : form.measure(fitted).bytes;
  if (after > maxBytes) throw tooLarge(after, maxBytes, 'what is left in it may not be offloaded');
  return {
    root: fitted,
    bytes: after,
    blobs: chosen.map(({ planned }) => planned.blob),
    offloaded: chosen.map(({ name }) => name),
    bytesSaved: bytes - after,
  };
}

interface Candidate<V extends Value = Value> {
  readonly name: string;
  readonly bag: Bag<V>;
  readonly text: Uint8Array;
}

/** A member that is to leave its bag. */
interface ChosenMember<V extends Value = Value> extends Candidate<V> {
  readonly planned: PlannedMember;
}

/** The members to offload, until at least `excess` bytes are saved or none is left. Writes nothing. */
async function chooseMembers<V extends Value>(
  bags: readonly Bag<V>[],
  excess: number,
  context: InvocationContext<V>,
): Promise<readonly ChosenMember<V>[]> {
  const candidates = bags.flatMap((bag) => candidatesIn(bag, context.state.settings.offload));
  if (candidates.length === 0) return [];
  const addressing = await openAddressing(context);
  const chosen: ChosenMember<V>[] = [];
  let left = excess;
  for (const candidate of inOrder(candidates, context.state.settings.offload.first)) {
    if (left <= 0) break;
    const planned = planMember(candidate.name, candidate.text, candidate.bag, { addressing, ids: context.ids });
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

function tooLarge(bytes: number, maxBytes: number, why: string): BagError {
  const message = `the result takes ${bytes} bytes of at most ${maxBytes}, and ${why}`;
  return new BagError('PAYLOAD_TOO_LARGE', message, { context: { bytes, maxBytes } });
}
