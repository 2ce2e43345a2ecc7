import { pathTo } from '../../migrations/index.js';
import { ObjectValue } from '../bag/value.js';
import { Bag, digestInPointer, holdsDigest, isEmpty } from '../bag/bag.js';
import type { Field } from '../bag/bag.js';
import { md5Prefix } from '../bag/follow.js';
import { hydrateBag } from '../bag/hydrate.js';
import type { LoadedContent } from '../bag/hydrate.js';
import type { BlobKind } from '../bag/keys.js';
import type { BlobRef, MigrationContext } from '../bag/migration.js';
import type { BagIds } from '../bag/places.js';
import { ObjectDraft } from '../bag/edit.js';
import type { Work } from './engine.js';
import type { JsonMembers } from './json-members.js';

/**
 * The bag with its config and map inline, copies of the handler's own. What they are copies of is remembered, so that
 * they go back as the blobs they came from, unless the handler changes them. Throws what following a pointer throws.
 */
export async function fillBag(members: JsonMembers, ids: BagIds, work: Work): Promise<JsonMembers> {
  const { addresses, blobs, programs } = work.engine;
  const bag = new Bag(new ObjectValue(members), { addresses, ids });
  if (![bag.config, bag.map, bag.configPath, bag.mapPath].some((field) => field.state === 'pointer')) return members;
  const draft = new ObjectDraft(members);
  const content = await hydrateBag(bag, draft, pathTo, blobs, work.deadline.signal());
  const filled = draft.result();
  const after = new Bag(new ObjectValue(filled), { addresses, ids });
  if (areAllStored(bag, after)) programs.remember(after, () => listBlobRefs(bag, after, content));
  return filled;
}

/** Every value that is inline now came from a content address, and the manifest that goes with the map lies at one. */
function areAllStored(before: Bag<ObjectValue>, after: Bag<ObjectValue>): boolean {
  const hasManifest = holdsDigest(before.manifestPath);
  return (
    hasManifest &&
    isStored(before.config, before.configPath, after.config) &&
    isStored(before.map, before.mapPath, after.map)
  );
}

/** A path counts only where the old name held nothing. */
function isStored(before: Field<ObjectValue>, path: Field<ObjectValue>, after: Field<ObjectValue>): boolean {
  return after.state !== 'inline' || (isEmpty(before) && holdsDigest(path));
}

function listBlobRefs(
  before: Bag<ObjectValue>,
  after: Bag<ObjectValue>,
  { paths }: LoadedContent,
): MigrationContext['blobRefs'] {
  const { config = EMPTY, map = EMPTY } = paths;
  return {
    ...makeBlobRef('config', before.configPath, config),
    ...makeBlobRef('map', before.mapPath, map),
    // Its size counts only for the cache, which holds nothing of it.
    ...(after.map.state === 'inline' ? makeBlobRef('manifest', before.manifestPath, EMPTY) : {}),
  };
}

const EMPTY = new Uint8Array();

/** The reference of a blob that is stored already. */
function makeBlobRef(kind: BlobKind, path: Field<ObjectValue>, bytes: Uint8Array): Partial<Record<BlobKind, BlobRef>> {
  const pointer = path.state === 'pointer' ? path.pointer : undefined;
  const target = pointer?.target;
  const sha256 = pointer && digestInPointer(pointer);
  if (target?.bucket === undefined || sha256 === undefined) return {};
  const { bucket, key } = target;
  return {
    [kind]: {
      kind,
      uri: `s3://${bucket}/${key}`,
      bucket,
      key,
      size: bytes.length,
      sha256,
      md5Prefix: () => md5Prefix(bytes),
    },
  };
}
