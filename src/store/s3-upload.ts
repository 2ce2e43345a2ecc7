import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

/**
 * Uploads a body in parts, each with a SHA-256 that S3 verifies; resolves to the ETag. The condition travels with the
 * request that completes the upload, so a refused one has sent every part. A failed or aborted upload is cleaned up.
 */
export async function uploadInParts(client: S3Client, params: PutObjectCommandInput, signal: AbortSignal | undefined): Promise<string | undefined> {
  // A controller of its own: `Upload` sets `onabort` on the signal, which would displace the caller's handler.
  const abortController = new AbortController();
  const onAbort = (): void => {
    abortController.abort();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return (await new Upload({ client, params, abortController }).done()).ETag;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
