import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { overObjects, useAdapters } from '../adapter/adapters.js';
import { applicationSuite } from '../adapter/application.suite.js';
import { parseEndpoints } from './endpoints.js';

const adapterOf = useAdapters();

async function openServer(endpoint: string) {
  const bucket = `statebag-${randomUUID()}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return { endpoint, bucket };
}

for (const { name, url } of parseEndpoints(process.env.STATEBAG_TEST_S3_ENDPOINT)) {
  applicationSuite(`wrap, with blobs on ${name}`, async () => {
    const server = await openServer(url);
    return (options) => Promise.resolve(overObjects({ ...options, server }));
  });

  applicationSuite(`the proxy, with blobs on ${name}`, async () => {
    const server = await openServer(url);
    return (options, apart) => adapterOf('bytes', { ...options, server }, apart);
  });
}
