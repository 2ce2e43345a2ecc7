import { applySplices } from '../json/index.js';
import { IntegrityError } from '../errors/index.js';
import { parseS3Uri } from '../store/index.js';
import type { BlobStore } from '../store/index.js';
import { decodeInverse } from './inverse-codec.js';
import type { IntentEntry } from './journal-entry.js';
import { digest } from './transform.js';

/**
 * The original bytes of a migrated document, from what the journal and the blobs say. Throws `IntegrityError`
 * `RESTORE_MISMATCH` unless the result has the digest of the pre-image: nothing else is ever written back.
 */
export async function restoreOriginal(current: Uint8Array, intent: IntentEntry, blobs: BlobStore): Promise<Uint8Array> {
  const load = (uri: string, sha256: string) => blobs.get(parseS3Uri(uri), { sha256 });
  const original = applySplices(current, await decodeInverse(intent.inverse, load));
  if (digest(original) !== intent.before) {
    throw new IntegrityError(
      'RESTORE_MISMATCH',
      `${intent.doc}: journal and blobs do not give the original back; the document is left as it is`,
    );
  }
  return original;
}
