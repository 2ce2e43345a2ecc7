import { ObjectValue, readDocument } from '../bag/value.js';
import { planBlob } from '../bag/addressing.js';
import { Bag, holdsDigest } from '../bag/bag.js';
import type { Generation } from '../bag/bag.js';
import { isEmptyContainer, parseIfJsonString } from '../bag/segments.js';
import { follow } from '../bag/follow.js';
import { buildManifest } from '../bag/manifest.js';
import { MANIFEST_PATH } from '../bag/members.js';
import type { BagIds } from '../bag/places.js';
import { openAddressing } from './engine.js';
import type { Work } from './engine.js';
import type { JsonMembers } from './json-members.js';
import { offload } from './offload.js';

/**
 * The bag with its manifest made again where a merge lost it. The same object when there is nothing to do; throws as
 * following a pointer does.
 */
export async function repairManifest(members: JsonMembers, ids: BagIds, work: Work): Promise<JsonMembers> {
  const bag = new Bag(new ObjectValue(members), { addresses: work.engine.addresses, ids });
  const uri = await rebuildManifest(bag, work);
  return uri === undefined ? members : { ...members, [MANIFEST_PATH]: uri };
}

/**
 * Makes the manifest again from the bag's own map when a merge has set its path to null, dropped it, or put another
 * document's there (a manifest of the shim's own is at a content address). `generation` is the one that the bag has
 * after a migration. Stored bytes make the same manifest again, so nothing new is written. Its address, or `undefined`
 * when there is nothing to do; throws as following a pointer does.
 */
export async function rebuildManifest(
  bag: Bag,
  work: Work,
  generation: Generation = bag.generation,
): Promise<string | undefined> {
  if (bag.mapPath.state !== 'pointer' || generation !== 'lean' || !isManifestLost(bag)) return undefined;
  const bytes = await follow(bag.mapPath.pointer, bag, work.engine.blobs, work.deadline.signal());
  const map = parseIfJsonString(readDocument(bytes));
  if (isEmptyContainer(map)) return undefined;
  const manifest = buildManifest(map, work.engine.settings.manifestForm);
  const { ownerId, workflowId } = bag;
  const blob = planBlob(await openAddressing(work), 'manifest', { ownerId, workflowId }, manifest);
  await offload([blob], work);
  return blob.uri;
}

/** A bag of the newest era is held against a database row by its readers and left alone. */
function isManifestLost(bag: Bag): boolean {
  if (holdsDigest(bag.manifestPath) || !holdsDigest(bag.mapPath)) return false;
  return bag.value.member('manifest_id') === undefined;
}
