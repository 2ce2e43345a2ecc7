import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { ListObjectsV2CommandOutput, PutObjectCommandInput, S3ClientConfig } from '@aws-sdk/client-s3';
import { ConfigError, StateBagError } from '../errors.js';
import { createBlobStore } from './blob-store.js';
import type { BlobStore, BlobStoreOptions } from './blob-store.js';
import { sha256Hex, verifiedSha256 } from './digest.js';
import { assertAddress } from './object-key.js';
import type { GetRequest, ObjectAddress, ObjectStore, ObjectSummary, PutRequest, StoredObject } from './object-store.js';
import { attributesOf, putFieldsOf } from './s3-attributes.js';
import { readBody } from './s3-body.js';
import { s3Error } from './s3-errors.js';
import type { S3Call } from './s3-errors.js';
import { storeErrorOf } from './store-errors.js';

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
