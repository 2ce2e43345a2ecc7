import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { s3ObjectStore } from 'statebag-shim/s3';
import { completeRunsSuite } from '../e2e/state-machine/complete-runs.suite.js';
import type { Ground } from '../e2e/state-machine/ground.js';
import { redeliverySuite } from '../e2e/state-machine/redelivery.suite.js';
import { parseEndpoints } from './endpoints.js';

for (const { name, url } of parseEndpoints(process.env.STATEBAG_TEST_S3_ENDPOINT)) {
  completeRunsSuite(name, () => Promise.resolve(groundAt(url)));
  redeliverySuite(name, () => Promise.resolve(groundAt(url)));
}

function groundAt(endpoint: string): Ground {
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  const objects = s3ObjectStore({ endpoint, region: 'us-east-1' });
  const openBucket = async () => {
    const bucket = `statebag-${randomUUID()}`;
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return { objects, bucket };
  };
  const close = () => {
    client.destroy();
    return Promise.resolve();
  };
  return { openBucket, close };
}
