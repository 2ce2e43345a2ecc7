import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { createBlobStore } from '../../src/store/blob-store.js';
import { s3ObjectStore } from 'statebag-shim/s3';
import { blobOf } from '../store/blobs.js';
import { objectStoreContract } from 'statebag-shim/store-contract';
import { VITEST } from '../store/vitest-functions.js';
import type { ContractStore, Gaps } from 'statebag-shim/store-contract';
import { parseEndpoints } from './endpoints.js';

/** Where a server differs from S3. The contract asserts each lack, so an entry that is no longer true fails. */
const GAPS: Readonly<Record<string, Gaps>> = {
  // Keeps objects as files of the same names, so that `a//b` is `a/b`; names control characters wrongly in a listing.
  versitygw: {
    lacks: [
      'keys with an empty segment',
      'one key that is a folder of another',
      'segments over 255 bytes',
      'keys with control characters',
    ],
  },
  // Ignores If-Match on a delete, and keeps objects as folders: `a` hides `a/b` from a listing.
  minio: {
    lacks: [
      'delete if-match',
      'keys with an empty segment',
      'one key that is a folder of another',
      'segments over 255 bytes',
    ],
  },
  // Takes any checksum for true, routes no address with a line feed, and looks before it writes without a lock.
  moto: { lacks: ['digest of a single put is verified', 'keys with control characters'], racy: true },
};

/** More writers than the contract's, through the claim-check store and its retries: the case of several workers. */
function concurrentWorkers(name: string, url: string): void {
  const racy = GAPS[name]?.racy === true;
  const times = racy ? 'at least once' : 'once';
  it(`lets eight workers on ${name} put the same blobs at once, each written ${times} and reused by the others`, async () => {
    const { objects, bucket } = await openBucket(url);
    const workers = Array.from({ length: 8 }, () => createBlobStore({ objects, bucket }));
    const blobs = Array.from({ length: 10 }, (_unused, index) => blobOf(`blob ${index} `.repeat(20_000)));
    const outcomes = await Promise.all(blobs.map((blob) => Promise.all(workers.map((worker) => worker.put(blob)))));
    const written = outcomes.map((each) => each.filter((outcome) => outcome === 'written').length);
    expect(Math.min(...written)).toBeGreaterThan(0);
    if (!racy) expect(Math.max(...written)).toBe(1);
    for (const blob of blobs)
      expect(Buffer.from(await workers[0]!.get({ bucket, key: blob.key })).equals(blob.bytes)).toBe(true);
  });
}

for (const { name, url } of parseEndpoints(process.env.STATEBAG_TEST_S3_ENDPOINT)) {
  objectStoreContract(VITEST, `s3 driver on ${name}`, () => openBucket(url), GAPS[name]);
  concurrentWorkers(name, url);
}

async function openBucket(endpoint: string): Promise<ContractStore> {
  const bucket = `statebag-${randomUUID()}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return { objects: s3ObjectStore({ endpoint, region: 'us-east-1' }), bucket };
}
