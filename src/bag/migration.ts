import type { BagEdit, JsonValue } from './edit.js';
import type { BlobKind, BlobRef } from './keys.js';

/**
 * The pointer that the legacy hydrator follows by itself, if it stands at the top level of a bag; deeper down that
 * hydrator drops it. `checksum` is the first 8 hex digits of the MD5 of the stored text. `createdAt` is in seconds
 * since 1970.
 */
export function bridgePointer(
  name: string,
  blobRef: Pick<BlobRef, 'bucket' | 'key' | 'size' | 'md5Prefix'>,
  createdAt: number,
): JsonValue {
  return {
    __s3_pointer__: true,
    bucket: blobRef.bucket,
    key: blobRef.key,
    size_bytes: blobRef.size,
    checksum: blobRef.md5Prefix(),
    field_name: name,
    created_at: createdAt,
  };
}

/**
 * What is known of a bag before its migrations run. Everything is computed from the document: the same input, the same
 * output.
 */
export interface MigrationContext {
  readonly blobRefs: Readonly<Partial<Record<BlobKind, BlobRef>>>;
  /** Stands for an inline manifest that says nothing the stored one does not; absent when it must stay. */
  readonly manifestPointers?: readonly JsonValue[];
  /** Stands for a `manifest_s3_path` at a key that another run overwrites; absent when that member must stay. */
  readonly manifestAlias?: string;
  /** Seconds since the epoch, for pointers that want a time: the bag's own `start_time`, or 0. */
  readonly createdAt: number;
}

/** What `down` puts back: the JSON text of the members that were offloaded. */
export type OffloadedContent = Readonly<Partial<Record<'config' | 'map', Uint8Array>>>;

/**
 * A version of the bag, or a form of one. A number is what the stamp `state_bag_version` says; 1 is the legacy bag,
 * which has no stamp. A name is another form of version 1.
 */
export type BagVersion = number | 'bridge';

/**
 * Makes one version of the bag out of another. A migration is pure, and gives the same when it runs twice. It sees the
 * members of a bag and writes no blob. The byte-exact undo is the inverse splice in the journal. `down` is the undo in
 * meaning, for a reader that wants the old form; it changes nothing in a bag of an older form.
 */
export interface Migration {
  /** `lean-v2`: the name of the file, never used again for another one. */
  readonly id: string;
  readonly from: BagVersion;
  readonly to: BagVersion;
  up(bag: BagEdit, context: MigrationContext): void;
  down(bag: BagEdit, content: OffloadedContent): void;
}
