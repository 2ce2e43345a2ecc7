import { pathTo } from '../../migrations/index.js';
import { ByteDraft } from '../bag/edit.js';
import { readDocument } from '../bag/value.js';
import { BagDocument } from '../bag/bag.js';
import { hydrateBag } from '../bag/hydrate.js';
import { assertUnmixed, pointersInBytes } from '../bag/search.js';
import { applySplices } from '../json/index.js';
import type { Splice } from '../json/index.js';
import type { BlobReader } from '../bag/places.js';
import { addressRule } from '../bag/sources.js';

/**
 * The document with `workflow_config` and `partition_map` inline again in each of its bags, whatever the dialect of
 * their pointers; all else keeps its bytes. Throws what following a pointer throws, and `BagError` for text that is
 * not JSON and for a document whose levels name two owners.
 */
export async function hydrateDocument(bytes: Uint8Array, blobs: BlobReader): Promise<Uint8Array> {
  const root = readDocument(bytes);
  const bagDocument = new BagDocument(root, true, addressRule(blobs));
  bagDocument.assertOneOwner();
  assertUnmixed(pointersInBytes(root), bagDocument.bags);
  const splices: Splice[] = [];
  for (const bag of bagDocument.bags) {
    const draft = new ByteDraft(bag.value);
    await hydrateBag(bag, draft, pathTo, blobs);
    splices.push(...draft.splices());
  }
  return applySplices(
    bytes,
    splices.sort((one, other) => one.start - other.start),
  );
}
