import { md5Prefix } from './follow.js';
import { formatKey } from './keys.js';
import type { BlobKind, KeyParts, Layout } from './keys.js';
import { CONFIG, MANIFEST, MAP, findOffloadRule } from './members.js';
import type { BlobRef } from './migration.js';

/** A blob to write: the reference that the bag will hold, and its bytes. */
export interface PendingBlob extends BlobRef {
  readonly bytes: Uint8Array;
  /** Key without the store's prefix, as a blob store takes it. */
  readonly storeKey: string;
  /** The key holds the digest: every layout has it. */
  readonly addressed: true;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What determines the addresses of blobs. It writes nothing. */
export interface BlobAddressing {
  readonly layout: Layout;
  readonly bucket: string;
  /** Key prefix of the store, empty or ending in `/`. */
  readonly prefix: string;
  /** Lower-case hex SHA-256. A parameter, so that a caller can remember the digests of bytes it has just seen. */
  digest(bytes: Uint8Array): string;
}

export function planBlob(
  addressing: BlobAddressing,
  kind: BlobKind,
  place: Omit<KeyParts, 'sha256'>,
  bytes: Uint8Array,
): PendingBlob {
  const sha256 = addressing.digest(bytes);
  const storeKey = formatKey(addressing.layout, kind, { ...place, sha256 });
  const key = addressing.prefix + storeKey;
  return {
    kind,
    uri: `s3://${addressing.bucket}/${key}`,
    bucket: addressing.bucket,
    key,
    size: bytes.length,
    sha256,
    md5Prefix: () => md5Prefix(bytes),
    bytes,
    storeKey,
    addressed: true,
    contentType: 'application/json',
    metadata: { ...makeUsage(kind), sha256 },
  };
}

/** What a blob is for, where the lean schema says so. */
function makeUsage(kind: BlobKind): { readonly usage?: string } {
  if (kind === 'member') return { usage: 'state' };
  const { usage } = findOffloadRule(MEMBERS[kind]);
  return usage === null ? {} : { usage };
}

const MEMBERS = { config: CONFIG, map: MAP, manifest: MANIFEST } as const;
