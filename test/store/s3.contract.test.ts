import { s3ObjectStore } from 'statebag-shim/s3';
import { startS3Server } from '../fakes/s3-server.js';
import { objectStoreContract } from 'statebag-shim/store-contract';
import { VITEST } from './vitest-functions.js';

objectStoreContract(VITEST, 's3 driver on the in-process server', async () => {
  const server = await startS3Server({ buckets: ['bucket'] });
  const client = { region: 'eu-central-1', endpoint: server.endpoint };
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  return { objects: s3ObjectStore(client), bucket: 'bucket', close: () => server.stop() };
});
