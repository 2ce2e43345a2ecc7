import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { s3ObjectStore } from 'statebag-shim/s3';
import { smallBag } from '../cli/fleet-dir.js';
import { statebag, useScratch } from '../cli/terminal.js';
import { createTokenTable } from '../fakes/token-table.js';
import { RuntimeApi } from '../runtime-proxy/runtime-api.js';
import { parseEndpoints } from './endpoints.js';

/** The functions as they are shipped, run by AWS's runtime interface client for Node against real servers. */
const HANDLERS = fileURLToPath(new URL('handlers', import.meta.url));
const NODE = setting('STATEBAG_TEST_NODE');
const NODE_CLIENT = setting('STATEBAG_TEST_NODE_CLIENT');
const DYNAMODB = setting('STATEBAG_TEST_DYNAMODB_ENDPOINT');
const [S3] = parseEndpoints(process.env.STATEBAG_TEST_S3_ENDPOINT);

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; use .ci/real-servers/run.sh.`);
  return value;
}

interface Running {
  invoke(event: object): Promise<{ readonly kind: string; readonly body: unknown }>;
  stop(): Promise<void>;
}

const scratch = useScratch();
const objects = s3ObjectStore({ endpoint: S3!.url, region: 'us-east-1' });
const running: Running[] = [];
let bucket = '';

beforeEach(async () => {
  bucket = `statebag-${randomUUID()}`;
  const client = new S3Client({ endpoint: S3!.url, region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function start(handler: string, env: Readonly<Record<string, string>> = {}): Promise<Running> {
  const api = await new RuntimeApi().start();
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', PATH = '' } = process.env;
  const child = spawn(NODE, [NODE_CLIENT], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH,
      AWS_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY,
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_RUNTIME_API: api.address,
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: HANDLERS,
      AWS_LAMBDA_FUNCTION_NAME: 'fleet',
      AWS_LAMBDA_FUNCTION_VERSION: '1',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
      AWS_LAMBDA_LOG_GROUP_NAME: 'group',
      AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
      STATEBAG_STORE: `s3://${bucket}/blobs`,
      STATEBAG_RECORDS: `s3://${bucket}/records`,
      STATEBAG_ENDPOINT: S3!.url,
      STATEBAG_REGION: 'us-east-1',
      STATEBAG_DYNAMODB_ENDPOINT: DYNAMODB,
      ...env,
    },
  });
  const ended = once(child, 'close');
  const one: Running = {
    invoke: async (event) => {
      const { kind, body } = await api.invoke(JSON.stringify(event)).outcome;
      return { kind, body: JSON.parse(body.toString()) as unknown };
    },
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      await api.stop();
    },
  };
  running.push(one);
  return one;
}

const put = (key: string, text: string) => objects.put({ bucket, key }, Buffer.from(text));
const text = async (key: string) => Buffer.from((await objects.get({ bucket, key })).bytes).toString();
const task = (s3Key: string) => ({
  invocationSchemaVersion: '2.0',
  invocationId: 'i',
  job: { id: 'job-1', userArguments: {} },
  tasks: [{ taskId: 't', s3Key, s3VersionId: null, s3Bucket: bucket }],
});

describe('the function for S3 Batch Operations', () => {
  it('migrates an object, tells the same when it is asked again, and collect makes it a journal that rolls back', async () => {
    await put('paused/a b.json', smallBag());
    const batch = await start('s3-batch.handler');
    const first = await batch.invoke(task('paused/a+b.json'));
    expect(first).toMatchObject({ kind: 'response', body: { results: [{ taskId: 't', resultCode: 'Succeeded' }] } });
    expect(await (await start('s3-batch.handler')).invoke(task('paused/a+b.json'))).toEqual(first);
    const { resultString } = (first.body as { results: [{ resultString: string }] }).results[0];
    await put(
      'report/results/1.csv',
      `${bucket},paused/a+b.json,,succeeded,,200,"${resultString.replaceAll('"', '""')}"\n`,
    );
    await put(
      'report/manifest.json',
      JSON.stringify({
        Format: 'Report_CSV_20180820',
        Results: [{ TaskExecutionStatus: 'succeeded', Bucket: bucket, Key: 'report/results/1.csv' }],
      }),
    );
    const s3 = ['--endpoint', S3!.url, '--region', 'us-east-1'];
    const collected = await statebag(scratch.dir, [
      'fleet',
      'collect',
      `s3://${bucket}/report/manifest.json`,
      '--records',
      `s3://${bucket}/records`,
      '--store',
      `s3://${bucket}/blobs`,
      '--journal',
      'j',
      '--json',
      ...s3,
    ]);
    expect(JSON.parse(collected.out)).toMatchObject({ totals: { documents: 1, migrated: 1, blobsWritten: 3 } });
    expect((await statebag(scratch.dir, ['verify', '--journal', 'j', ...s3])).code).toBe(0);
    expect((await statebag(scratch.dir, ['rollback', '--journal', 'j', '--apply', ...s3])).code).toBe(0);
    expect(await text('paused/a b.json')).toBe(smallBag());
  });

  it('gives an error its name when its environment says too little', async () => {
    const { kind, body } = await (await start('s3-batch.handler', { STATEBAG_STORE: '' })).invoke(task('x'));
    expect([kind, body]).toEqual(['error', expect.objectContaining({ errorType: 'ConfigError' })]);
  });
});

describe('the function for a Distributed Map', () => {
  it('migrates objects and rows of DynamoDB Local', async () => {
    const client = new DynamoDBClient({ endpoint: DYNAMODB, region: 'us-east-1' });
    const TableName = await createTokenTable(client);
    await client.send(
      new PutItemCommand({
        TableName,
        Item: {
          ownerId: { S: 'owner-1' },
          conversation_id: { S: 'c/1' },
          taskToken: { S: 'token' },
          context: { S: smallBag() },
        },
      }),
    );
    client.destroy();
    await put('paused/a.json', smallBag());
    const map = await start('map-item.handler', { STATEBAG_TO: 'bridge' });
    const answer = await map.invoke({
      Items: [{ id: `s3://${bucket}/paused/a.json` }, { id: `dynamodb://${TableName}/owner-1/c%2F1` }],
      attempt: 0,
      lastAttempt: 5,
    });
    expect(answer).toMatchObject({ kind: 'response', body: { counts: { migrated: 2 } } });
    expect(await text('paused/a.json')).toContain('__s3_pointer__');
  });

  it('throws the error that the state machine retries when the store is gone', async () => {
    const map = await start('map-item.handler', { STATEBAG_ENDPOINT: 'http://127.0.0.1:9' });
    const answer = await map.invoke({ Items: [{ id: `s3://${bucket}/paused/a.json` }] });
    expect(answer).toMatchObject({ kind: 'error', body: { errorType: 'StateBagRetryableError' } });
  });
});
