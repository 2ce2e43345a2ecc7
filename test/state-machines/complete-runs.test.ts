import { expect, it } from 'vitest';
import validate from 'asl-validator';
import { s3ObjectStore } from 'statebag-shim/s3';
import { memoryObjectStore } from 'statebag-shim/memory';
import { startS3Server } from '../fakes/s3-server.js';
import { legacyInitializer } from '../e2e/state-machine/beginnings.js';
import { makeOldBag } from '../e2e/state-machine/cases.js';
import { completeRunsSuite } from '../e2e/state-machine/complete-runs.suite.js';
import { DEFINITION } from '../e2e/state-machine/definition.js';
import { legacyDeployment } from '../e2e/state-machine/deployment.js';
import { runFromStart } from '../e2e/state-machine/executions.js';
import type { Ground } from '../e2e/state-machine/ground.js';
import { redeliverySuite } from '../e2e/state-machine/redelivery.suite.js';

function memoryGround(): Promise<Ground> {
  const openBucket = () => Promise.resolve({ objects: memoryObjectStore(), bucket: 'local' });
  return Promise.resolve({ openBucket, close: () => Promise.resolve() });
}

async function serverGround(): Promise<Ground> {
  const server = await startS3Server();
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  const objects = s3ObjectStore({ region: 'us-east-1', endpoint: server.endpoint });
  let buckets = 0;
  const openBucket = () => {
    buckets += 1;
    // Of one length, as it is a part of the sizes that bags are padded to.
    const bucket = `executions-${String(buckets).padStart(4, '0')}`;
    server.state.createBucket(bucket);
    return Promise.resolve({ objects, bucket });
  };
  return { openBucket, close: () => server.stop() };
}

it('is a state machine that the validator of the Amazon States Language accepts', () => {
  const verdict = validate(structuredClone(DEFINITION), { checkPaths: true, checkArn: true });
  expect(verdict.errorsText()).toBe('');
  expect(verdict.isValid).toBe(true);
});

it('ends an execution at its first bag of 371 KB when nothing is wrapped, so that the limit is known to be watched', async () => {
  const place = { objects: memoryObjectStore(), bucket: 'local' };
  const bag = makeOldBag('chain', 'headline', place.bucket);
  const running = runFromStart(legacyInitializer(bag), { place, deploy: legacyDeployment });
  await expect(running).rejects.toMatchObject({ name: 'States.DataLimitExceeded' });
});

completeRunsSuite('memory', memoryGround);
completeRunsSuite('the S3 driver and a server in this process', serverGround);
redeliverySuite('memory', memoryGround);
redeliverySuite('the S3 driver and a server in this process', serverGround);
