import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { s3ObjectStore } from 'statebag-shim/s3';
import { overObjects } from '../adapter/adapters.js';
import { applicationSuite } from '../adapter/application.suite.js';
import { parseEndpoints } from './endpoints.js';

for (const { name, url: endpoint } of parseEndpoints(process.env.STATEBAG_TEST_S3_ENDPOINT)) {
  applicationSuite(`wrap, with blobs on ${name}`, async () => {
    const bucket = `statebag-${randomUUID()}`;
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
    const objects = s3ObjectStore({ endpoint, region: 'us-east-1' });
    return (options) => Promise.resolve(overObjects(options, { objects, bucket }));
  });
}
