import { ObjectValue, readDocument } from '../bag/value.js';
import { planBlob } from '../bag/addressing.js';
import { Bag, holdsDigest } from '../bag/bag.js';
import type { Generation } from '../bag/bag.js';
import { isHollow, openText } from '../bag/segments.js';
import { follow } from '../bag/follow.js';
import { buildManifest } from '../bag/manifest.js';
import { MANIFEST_PATH } from '../bag/members.js';
import type { BagIds } from '../bag/places.js';
import { openOffice } from './engine.js';
import type { Work } from './engine.js';
import type { JsonMembers } from './json-members.js';
import { offload } from './offload.js';

/**
 * The bag with its manifest made again where a merge lost it. The same object when there is nothing to do; throws as
 * following a pointer does.
 */
export async function repairManifest(bag: JsonMembers, ids: BagIds, work: Work): Promise<JsonMembers> {
  const site = new Bag(new ObjectValue(bag), { addresses: work.engine.addresses, ids });
  const uri = await rebuildManifest(site, work);
  return uri === undefined ? bag : { ...bag, [MANIFEST_PATH]: uri };
}

/**
 * Makes the manifest again from the bag's own map when a merge has set its path to null, dropped it, or put another
 * document's there (a manifest of the shim's own is at a content address). `generation` is the one that the bag has
 * after a migration. Stored bytes make the same manifest again, so nothing new is written. Its address, or `undefined`
 * when there is nothing to do; throws as following a pointer does.
 */
export async function rebuildManifest(
  site: Bag,
  work: Work,
  generation: Generation = site.generation,
): Promise<string | undefined> {
  if (site.mapPath.state !== 'pointer' || generation !== 'lean' || !isManifestLost(site)) return undefined;
  const bytes = await follow(site.mapPath.pointer, site, work.engine.blobs, work.deadline.signal());
  const map = openText(readDocument(bytes));
  if (isHollow(map)) return undefined;
  const manifest = buildManifest(map, work.engine.settings.manifestForm);
  const { ownerId, workflowId } = site;
  const blob = planBlob(await openOffice(work), 'manifest', { ownerId, workflowId }, manifest);
  await offload([blob], work);
  return blob.uri;
}

/** A bag of the newest era is held against a database row by its readers and left alone. */
function isManifestLost(site: Bag): boolean {
  if (holdsDigest(site.manifestPath) || !holdsDigest(site.mapPath)) return false;
  return site.value.member('manifest_id') === undefined;
}
