import { byteReader, readDocument } from '../bag/byte-reader.js';
import { planBlob } from '../bag/claim.js';
import { detectSite, holdsDigest } from '../bag/detect.js';
import type { BagSite } from '../bag/detect.js';
import { isHollow, openText } from '../bag/entries.js';
import { follow } from '../bag/follow.js';
import { buildManifest } from '../bag/manifest.js';
import { MANIFEST_PATH } from '../bag/members.js';
import { objectReader } from '../bag/object-reader.js';
import { openOffice } from './engine.js';
import type { Work } from './engine.js';
import type { JsonMembers } from './json-members.js';
import { offload } from './offload.js';

/**
 * Makes the manifest anew from the bag's own map when a merge has set its path to null, dropped it, or put another
 * document's there (a manifest of the shim's own is at a content address). Stored bytes make the same manifest again,
 * so nothing new is written. The same object when there is nothing to do; throws as following a pointer does.
 */
export async function repairManifest(bag: JsonMembers, work: Work): Promise<JsonMembers> {
  const site = detectSite(objectReader, { path: [], value: bag });
  if (site.mapPath.state !== 'pointer' || !isManifestLost(site)) return bag;
  const bytes = await follow(site.mapPath.pointer, site.ownerId, work.engine.blobs, work.deadline.signal());
  const map = openText(byteReader, readDocument(bytes));
  if (isHollow(byteReader, map)) return bag;
  const manifest = buildManifest(byteReader, map, work.engine.settings.manifestForm);
  const blob = planBlob(await openOffice(work), 'manifest', site, manifest);
  await offload([blob], work);
  return { ...bag, [MANIFEST_PATH]: blob.uri };
}

/** A bag of the newest era is held against a database row by its readers and left alone. */
function isManifestLost(site: BagSite<unknown>): boolean {
  if (site.generation !== 'lean' || holdsDigest(site.manifestPath) || !holdsDigest(site.mapPath)) return false;
  return objectReader.member(site.value, 'manifest_id') === undefined;
}
