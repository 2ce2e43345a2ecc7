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
  const detection = new BagDocument(new ObjectValue(plain), true, work.engine.addresses);
  assertUnmixedObjects(plain, detection.bags);
  detection.assertOneOwner(...work.outside());
  const { result: lean, bytesSaved, repaired, error } = await leanUntilFit(plain, detection, before, work);
  const fitted = await fit(lean, error, work);
  return { ...fitted, generation: detection.generation, repaired, bytesSaved: bytesSaved + fitted.bytesSaved };
}

/** A bag that was left in its old form, now or on the way in, is tried once more when it makes the result too large. */
async function leanUntilFit(
  result: JsonMembers,
  detection: BagDocument<ObjectValue>,
  before: AdaptedEvent | undefined,
  work: Work,
): Promise<Change> {
  const change = await leanSites(result, detection, before, work);
  if (change.error === undefined || !isOver(change.result, work)) return change;
  return leanSites(result, detection, before && { ...before, error: undefined }, work);
}

async function leanSites(
  result: JsonMembers,
  detection: BagDocument<ObjectValue>,
  before: AdaptedEvent | undefined,
  work: Work,
): Promise<Change> {
  const sites = detection.answerBags();
  let change: Change = { result, bytesSaved: 0, repaired: false, error: undefined };
  for (const site of sites.toReversed()) change = await leanSite(change, site, before, work);
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
async function leanSite(
  change: Change,
  site: Bag<ObjectValue>,
  before: AdaptedEvent | undefined,
  work: Work,
): Promise<Change> {
  const whole = before?.kept ? restoreProgram(rawMembers(site), before.kept) : rawMembers(site);
  const restored = await changeSite(
    change,
    site,
    { bag: whole, bytesSaved: 0, repaired: whole !== site.value.raw },
    work,
  );
  if (before?.error) return { ...restored, error: before.error };
  const bag = restored.result === change.result ? rawMembers(site) : whole;
  const options = { path: site.path, addresses: work.engine.addresses, ids: site };
  const { value, error } = await attempt(work, () => leanWhole(new Bag(new ObjectValue(bag), options), work));
  return value
    ? changeSite(restored, new Bag(new ObjectValue(bag), options), value, work)
    : { ...restored, error: change.error ?? error };
}

interface ChangedBag {
  readonly bag: JsonMembers;
  readonly bytesSaved: number;
  readonly repaired: boolean;
}

async function leanWhole(site: Bag<ObjectValue>, work: Work): Promise<ChangedBag> {
  const { bag, bytesSaved } = await leanBag(site, work);
  const repaired = await repairManifest(bag, site, work);
  return { bag: repaired, bytesSaved, repaired: repaired !== bag };
}

async function changeSite(
  change: Change,
  site: Bag<ObjectValue>,
  { bag, bytesSaved, repaired }: ChangedBag,
  work: Work,
): Promise<Change> {
  if (bag === site.value.raw) return change;
  const { value: result, error } = await attempt(work, () =>
    Promise.resolve().then(() => replaceAt(change.result, site.path, bag)),
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
