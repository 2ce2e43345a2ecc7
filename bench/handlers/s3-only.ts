import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';

/* What a runner has without the shim: a client, and a handler that reads an object with it. */

const client = new S3Client({});

export const handler = async ({ Bucket, Key }: { readonly Bucket: string; readonly Key: string }) =>
  (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
