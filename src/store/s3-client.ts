import { S3Client } from '@aws-sdk/client-s3';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { ConfigError } from '../errors/index.js';

export interface S3ObjectStoreOptions {
  /** Default: the SDK's own sources (environment, profile); `us-east-1` when only an endpoint is given. */
  readonly region?: string;
  /** Base URL of an S3-compatible server or a VPC endpoint. */
  readonly endpoint?: string;
  /** `host/bucket/key` instead of `bucket.host/key`. Default: true with an endpoint. */
  readonly forcePathStyle?: boolean;
  /** Account id; S3 refuses every request on a bucket of another owner. */
  readonly expectedBucketOwner?: string;
  /** KMS key for objects written without an encryption of their own. */
  readonly kmsKeyId?: string;
  /** A client to use instead of one made from the options above and below. */
  readonly client?: S3Client;
  /** Milliseconds until a request must be answered, and that a connection may be silent. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Attempts of one request, and of one truncated body. Default 3. */
  readonly maxAttempts?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;
export const DEFAULT_ATTEMPTS = 3;

/** Throws `ConfigError` `REGION_MISSING` when neither options, environment nor profile name a region. */
export async function createS3Client(options: S3ObjectStoreOptions): Promise<S3Client> {
  if (options.client !== undefined) return options.client;
  const client = new S3Client(clientConfigOf(options));
  try {
    await client.config.region();
    return client;
  } catch (cause) {
    throw new ConfigError('REGION_MISSING', 'No AWS region is set: give the region option or AWS_REGION.', { cause });
  }
}

function clientConfigOf(options: S3ObjectStoreOptions): S3ClientConfig {
  const timeout = options.requestTimeoutMs ?? DEFAULT_TIMEOUT_MS;
  // Servers at an endpoint of their own seldom care for the region, but a signature needs one.
  const region =
    options.region ?? (options.endpoint === undefined ? undefined : (process.env.AWS_REGION ?? 'us-east-1'));
  return {
    ...(region === undefined ? {} : { region }),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    forcePathStyle: options.forcePathStyle ?? options.endpoint !== undefined,
    maxAttempts: options.maxAttempts ?? DEFAULT_ATTEMPTS,
    // The request timeout ends with the response's headers; the socket timeout watches the body.
    requestHandler: {
      connectionTimeout: timeout,
      requestTimeout: timeout,
      socketTimeout: timeout,
      throwOnRequestTimeout: true,
    },
    // By default the SDK adds CRC32 to whatever carries no checksum and sends it as a trailer of a chunked body, which
    // older S3 servers store as part of the object. Every body here carries the SHA-256 we name, so nothing is lost.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    // Blobs are verified against their SHA-256 and bodies against their length; a CRC in JavaScript would come on top.
    responseChecksumValidation: 'WHEN_REQUIRED',
  };
}
