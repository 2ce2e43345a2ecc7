import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

/**
 * Uploads a body in parts, each with a SHA-256 that S3 verifies; resolves to the ETag. The condition travels with the
 * request that completes the upload, so a refused one has sent every part. A failed or aborted upload is cleaned up.
 */
export async function uploadInParts(
  client: S3Client,
  params: PutObjectCommandInput,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
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

/** An upload of one part, which may be small: the same bytes get another ETag than by a single put. */
export async function uploadInOnePart(
  client: S3Client,
  params: PutObjectCommandInput,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { Body = new Uint8Array(), IfMatch, IfNoneMatch, ...object } = params;
  const options = signal === undefined ? {} : { abortSignal: signal };
  const place = { Bucket: params.Bucket, Key: params.Key, ExpectedBucketOwner: params.ExpectedBucketOwner };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(object), options);
  try {
    const part = await client.send(
      new UploadPartCommand({ ...place, UploadId, PartNumber: 1, Body, ChecksumAlgorithm: 'SHA256' }),
      options,
    );
    const parts = [{ PartNumber: 1, ETag: part.ETag, ChecksumSHA256: part.ChecksumSHA256 }];
    return (
      await client.send(
        new CompleteMultipartUploadCommand({
          ...place,
          UploadId,
          IfMatch,
          IfNoneMatch,
          MultipartUpload: { Parts: parts },
        }),
        options,
      )
    ).ETag;
  } catch (error) {
    // Nothing but the space of the part is lost when this fails too; the first error is the one to tell.
    await client.send(new AbortMultipartUploadCommand({ ...place, UploadId })).catch(() => undefined);
    throw error;
  }
}
