import { Bag, BagDocument } from '../bag/bag.js';
import type { Generation } from '../bag/bag.js';
import { ObjectValue } from '../bag/value.js';
import { ConflictError, StoreError } from '../errors.js';
import type { StateBagError } from '../errors.js';
import type { AdaptedEvent } from './adapt-event.js';
import { fitResult, measureResult } from './budget.js';
import type { FittedResult } from './budget.js';
import { attempt } from './fail-open.js';
import { isLeanEvent } from './lean-event.js';
import type { Work } from './engine.js';
import { isMembers, rawMembers } from './json-members.js';
import type { JsonMembers } from './json-members.js';
import { leanBag } from './lean-bag.js';
import { replaceAt } from './place.js';
import { repairManifest } from './repair-manifest.js';
import { restoreProgram } from './restore-program.js';
import { withoutAddedProgram } from './segment-members.js';
import { assertUnmixedObjects } from '../bag/mixed-pointer.js';
import { unwrapResult } from './unwrap-result.js';

/** A result as it goes back, and what became of it. */
export interface WrittenResult {
  readonly result: unknown;
  readonly generation: Generation;
  readonly bytes?: number;
  readonly bytesSaved: number;
  readonly repaired: boolean;
  readonly offloaded: readonly string[];
}

type Change = Pick<WrittenResult, 'bytesSaved' | 'repaired'> & {
  readonly result: JsonMembers;
  readonly error: StateBagError | undefined;
};

/**
 * A result with its bags in the new form, without what the shim added to the event, within the budget. What is no bag
 * stays what it is. Throws `POINTER_MIXED` before anything is written; `PAYLOAD_TOO_LARGE`; what the store said, when
 * only an answer of the store would make the result fit; and the errors that stop an execution.
 */
export async function writeResult(
  result: unknown,
  before: AdaptedEvent | undefined,
  work: Work,
): Promise<WrittenResult> {
  if (!isMembers(result)) return { ...(await fit(result, undefined, work)), generation: 'foreign', repaired: false };
  const plain = unwrapResult(withoutAddedProgram(result, before?.added));
  if (work.outside().length === 0 && isLeanEvent(plain))
    return { ...(await fit(plain, undefined, work)), generation: 'lean', repaired: false };
  const bagDocument = new BagDocument(new ObjectValue(plain), true, work.engine.addresses);
  assertUnmixedObjects(plain, bagDocument.bags);
  bagDocument.assertOneOwner(...work.outside());
  const { result: lean, bytesSaved, repaired, error } = await leanUntilFit(plain, bagDocument, before, work);
  const fitted = await fit(lean, error, work);
  return { ...fitted, generation: bagDocument.generation, repaired, bytesSaved: bytesSaved + fitted.bytesSaved };
}

/** A bag that was left in its old form, now or on the way in, is tried once more when it makes the result too large. */
async function leanUntilFit(
  result: JsonMembers,
  bagDocument: BagDocument<ObjectValue>,
  before: AdaptedEvent | undefined,
  work: Work,
): Promise<Change> {
  const change = await changeBags(result, bagDocument, before, work);
  if (change.error === undefined || !isOver(change.result, work)) return change;
  return changeBags(result, bagDocument, before && { ...before, error: undefined }, work);
}

async function changeBags(
  result: JsonMembers,
  bagDocument: BagDocument<ObjectValue>,
  before: AdaptedEvent | undefined,
  work: Work,
): Promise<Change> {
  const bags = bagDocument.answerBags();
  let change: Change = { result, bytesSaved: 0, repaired: false, error: undefined };
  for (const bag of bags.toReversed()) change = await changeBag(change, bag, before, work);
  return change;
}

function isOver(result: unknown, { engine }: Work): boolean {
  const { maxResultBytes } = engine.settings;
  return maxResultBytes !== undefined && measureResult(result) > maxResultBytes;
}

/**
 * One bag of the result in the new form. A bag that was left in its old form on the way in goes back as it is, but not
 * without what leads to its program.
 */
async function changeBag(
  change: Change,
  bag: Bag<ObjectValue>,
  before: AdaptedEvent | undefined,
  work: Work,
): Promise<Change> {
  const whole = before?.kept ? restoreProgram(rawMembers(bag), before.kept, work.engine.addresses) : rawMembers(bag);
  const restored = await replaceBag(
    change,
    bag,
    { members: whole, bytesSaved: 0, repaired: whole !== bag.value.raw },
    work,
  );
  if (before?.error) return { ...restored, error: before.error };
  const members = restored.result === change.result ? rawMembers(bag) : whole;
  const options = { path: bag.path, addresses: work.engine.addresses, ids: bag };
  const { value, error } = await attempt(work, () => leanWhole(new Bag(new ObjectValue(members), options), work));
  return value
    ? replaceBag(restored, new Bag(new ObjectValue(members), options), value, work)
    : { ...restored, error: change.error ?? error };
}

interface ChangedBag {
  readonly members: JsonMembers;
  readonly bytesSaved: number;
  readonly repaired: boolean;
}

async function leanWhole(bag: Bag<ObjectValue>, work: Work): Promise<ChangedBag> {
  const { members, bytesSaved } = await leanBag(bag, work);
  const repaired = await repairManifest(members, bag, work);
  return { members: repaired, bytesSaved, repaired: repaired !== members };
}

async function replaceBag(
  change: Change,
  bag: Bag<ObjectValue>,
  { members, bytesSaved, repaired }: ChangedBag,
  work: Work,
): Promise<Change> {
  if (members === bag.value.raw) return change;
  const { value: result, error } = await attempt(work, () =>
    Promise.resolve().then(() => replaceAt(change.result, bag.path, members)),
  );
  if (!result) return { ...change, error: change.error ?? error };
  return { ...change, result, bytesSaved: change.bytesSaved + bytesSaved, repaired: change.repaired || repaired };
}

/**
 * A bag that is too large only because the store did not take its program is an error to retry: other members in the
 * store would be blobs that a second try does not want.
 */
async function fit(
  result: unknown,
  left: StateBagError | undefined,
  work: Work,
): Promise<Omit<FittedResult, 'bytes'> & { readonly bytes?: number }> {
  const { maxResultBytes } = work.engine.settings;
  if (maxResultBytes === undefined) {
    assertUnmixedObjects(result, []);
    return { result, offloaded: [], bytesSaved: 0 };
  }
  const isStores = left instanceof StoreError || left instanceof ConflictError;
  if (isStores && isOver(result, work)) throw left;
  return fitResult(result, maxResultBytes, work);
}
