/** What to do about an error, where its message does not say so already. */
const ADVICE: Readonly<Record<string, string>> = {
  BUCKET_NOT_FOUND: 'Check the name after s3:// or --bucket, and the region and endpoint.',
  CHECKSUM_MISMATCH:
    'The stored object is not what the pointer was written for. Restore it from a version or a backup; nothing is guessed.',
  DIGEST_MISMATCH: 'The stored object was damaged or replaced. Restore it from a version or a backup.',
  OBJECT_ARCHIVED: 'The object is in an archive class. Restore it in S3 first.',
  POINTER_DANGLING: 'Nothing lies where the pointer leads. Restore the object, or name the store it lies in.',
  POINTER_FOREIGN_OWNER:
    'A bag may read only what its own owner stored. Find out whether the bag or the pointer is wrong.',
  POINTER_NOT_ALLOWED:
    'Pointers are followed only to the key layouts of this store and of legacy writers. Add --allow-bucket NAME or --allow-prefix s3://BUCKET/PREFIX/ if you trust the place.',
  POINTER_TARGET_TOO_LARGE: 'Find out what wrote the object: a config or map has less than 1 MB.',
  SEGMENT_INDEX_INVALID: 'Name the segment with --index N.',
  SOURCE_NOT_FOUND: 'Check the path; a glob must be quoted, so that the shell does not expand it.',
  STORE_DENIED: 'Check the credentials and the policy of the bucket.',
};

export function adviceFor(code: string): string | undefined {
  return Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined;
}
