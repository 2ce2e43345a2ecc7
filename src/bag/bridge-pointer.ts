import type { JsonValue } from './document.js';
import type { Claim } from './migration.js';

/**
 * The pointer that the legacy hydrator follows by itself, if it stands at the top level of a bag; deeper down that
 * hydrator drops it. `checksum` is the first 8 hex digits of the MD5 of the stored text. `createdAt` is in seconds
 * since 1970.
 */
export function bridgePointer(name: string, claim: Claim, createdAt: number): JsonValue {
  return {
    __s3_pointer__: true,
    bucket: claim.bucket,
    key: claim.key,
    size_bytes: claim.size,
    checksum: claim.md5Prefix(),
    field_name: name,
    created_at: createdAt,
  };
}
