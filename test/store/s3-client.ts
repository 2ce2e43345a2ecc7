import { S3Client } from '@aws-sdk/client-s3';

/** A client of the SDK that answers every command in this way, and makes no request. */
export function clientWith(answer: () => Promise<unknown>): S3Client {
  return Object.assign(new S3Client({ region: 'us-east-1' }), { send: answer });
}
