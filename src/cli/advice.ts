import type { ErrorCode } from '../errors/index.js';

/** Codes of errors whose messages do not say what to do. */
const WITHOUT_ADVICE: ReadonlySet<string> = new Set<ErrorCode>([
  'BUCKET_NOT_FOUND',
  'CHECKSUM_MISMATCH',
  'DIGEST_MISMATCH',
  'OBJECT_ARCHIVED',
  'POINTER_DANGLING',
  'POINTER_FOREIGN_OWNER',
  'POINTER_NOT_ALLOWED',
  'POINTER_TARGET_TOO_LARGE',
  'SEGMENT_INDEX_INVALID',
  'SOURCE_NOT_FOUND',
  'STORE_DENIED',
]);

/** What to do about an error, where its message does not say so already. */
export async function adviceFor(code: string): Promise<string | undefined> {
  if (!WITHOUT_ADVICE.has(code)) return undefined;
  const { explain } = await import('../explanations/index.js');
  return explain(code)?.advice;
}
