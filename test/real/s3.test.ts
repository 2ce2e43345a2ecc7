import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { s3ObjectStore } from '../../src/store/s3.js';
import { objectStoreContract } from '../store/object-store.contract.js';
import type { Clause, ContractStore } from '../store/object-store.contract.js';
import { parseEndpoints } from './endpoints.js';

/** Where a server differs from S3. The contract asserts each gap, so an entry that is no longer true fails. */
const LACKS: Readonly<Record<string, readonly Clause[]>> = {
  // Keeps objects as files of the same names.
  versitygw: ['keys with an empty segment', 'one key that is a folder of another', 'segments over 255 bytes', 'keys with control characters'],
  // Takes any checksum for true, and its web framework routes no address with a line feed.
  moto: ['digest of a single put is verified', 'keys with control characters'],
};

for (const { name, url } of parseEndpoints(process.env.STATEBAG_TEST_S3_ENDPOINT)) {
  objectStoreContract(`s3 driver on ${name}`, () => openBucket(url), LACKS[name] ?? []);
}

async function openBucket(endpoint: string): Promise<ContractStore> {
  const bucket = `statebag-${Date.now().toString(36)}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return { objects: s3ObjectStore({ endpoint, region: 'us-east-1' }), bucket };
}
