import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { s3ObjectStore } from 'statebag-shim/s3';
import { headlineBag } from '../runtime-proxy/bags.js';
import { startFunction } from '../runtime-proxy/behind-proxy.js';
import type { LambdaFunction } from '../runtime-proxy/behind-proxy.js';
import type { Outcome } from '../runtime-proxy/runtime-api.js';
import { parseEndpoints } from './endpoints.js';

/** AWS's own runtime interface clients, which `.ci/real-servers/install-runtimes.sh` names. */
const PYTHON = setting('STATEBAG_TEST_PYTHON');
const NODE = setting('STATEBAG_TEST_NODE');
const NODE_CLIENT = setting('STATEBAG_TEST_NODE_CLIENT');
const HANDLERS = fileURLToPath(new URL('handlers', import.meta.url));

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set; use .ci/real-servers/run.sh.`);
  return value;
}

/** Spellings that only a path over bytes keeps, in the state, the config and every program. */
const BAG = headlineBag()
  .toString()
  .replaceAll('"nodes":[', '"exact":9007199254740993,"weight":1.0,"nodes":[')
  .replace('"current_state":{', '"current_state":{"big":9007199254740993,"whole":1.0,')
  .replace(/"segment_to_run":\d+/, '"segment_to_run":0');

interface Step {
  readonly state_data: { readonly segment_to_run: number; readonly total_segments: number };
  readonly ran: string;
}

const endpoint = parseEndpoints(process.env.STATEBAG_TEST_S3_ENDPOINT)[0]!.url;
const started: LambdaFunction[] = [];
let bucket = '';

beforeAll(() => {
  expect(Buffer.byteLength(BAG)).toBeGreaterThan(371_000);
});

afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.stop()));
});

async function start(command: readonly string[], env: Readonly<Record<string, string>>): Promise<LambdaFunction> {
  bucket = `statebag-${randomUUID()}`;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
  const one = await startFunction(command, {
    AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY,
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'runner',
    AWS_LAMBDA_FUNCTION_VERSION: '1',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    LAMBDA_TASK_ROOT: HANDLERS,
    PYTHONPATH: HANDLERS,
    STATEBAG_MODE: 'rewrite',
    STATEBAG_STORE: `s3://${bucket}/bags`,
    STATEBAG_ENDPOINT: endpoint,
    STATEBAG_REGION: 'us-east-1',
    ...env,
  });
  started.push(one);
  return one;
}

const python = (handler: string, env: Readonly<Record<string, string>> = {}) =>
  start([PYTHON, '-m', 'awslambdaric', `runners.${handler}`], env);
const node = (handler: string, env: Readonly<Record<string, string>> = {}) =>
  start([NODE, NODE_CLIENT], {
    _HANDLER: `runner.${handler}`,
    AWS_LAMBDA_LOG_GROUP_NAME: 'group',
    AWS_LAMBDA_LOG_STREAM_NAME: 'stream',
    ...env,
  });

async function keys(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { key } of s3ObjectStore({ endpoint, region: 'us-east-1' }).list(bucket, '')) found.push(key);
  return found;
}

/** Every program of the map, as Python prints it. */
function programsAsPython(): readonly string[] {
  const script =
    'import json, sys\nfor program in json.load(sys.stdin)["state_data"]["partition_map"]: print(json.dumps(program, sort_keys=True))';
  return execFileSync(PYTHON, ['-c', script], { input: EVENT, encoding: 'utf8', maxBuffer: 1 << 24 })
    .trim()
    .split('\n');
}

const EVENT = BAG.startsWith('{"state_data"') ? BAG : `{"state_data":${BAG}}`;

/** Rejects when the runtime ends without an answer. */
async function answerOf(one: LambdaFunction, event: string): Promise<Outcome> {
  const ended = one.ended.then((code) =>
    Promise.reject(new Error(`the proxy ended with ${code}: ${one.said().slice(-1000)}`)),
  );
  return Promise.race([one.api.invoke(event).outcome, ended]);
}

/** Runs the bag from its first segment to its last. Gives what ran, and the last result. */
async function runThrough(
  one: LambdaFunction,
): Promise<{ readonly ran: readonly string[]; readonly last: string; readonly sizes: readonly number[] }> {
  const [ran, sizes] = [[] as string[], [] as number[]];
  let event = EVENT;
  for (let total = 1; ran.length < total;) {
    const { kind, body } = await answerOf(one, event);
    event = body.toString();
    expect(kind, `${event.slice(0, 300)} ${one.said().slice(-500)}`).toBe('response');
    const step = JSON.parse(event) as Step;
    total = step.state_data.total_segments;
    ran.push(step.ran);
    sizes.push(body.length);
  }
  return { ran, sizes, last: event };
}

describe('Python behind the proxy, on a real S3 server', () => {
  it.each([
    ['that reads its segment_config', 'lean', {}, '"added_by_statebag_shim": true, '],
    ['that reads workflow_config and partition_map', 'fat', { STATEBAG_SPEAKS: 'fat' }, ''],
  ])('a handler %s runs a bag of 371 KB through all its segments', async (_what, handler, env, mark) => {
    const one = await python(handler, env);
    const { ran, last, sizes } = await runThrough(one);
    // Python sorts the members, and the mark comes first.
    expect(ran).toEqual(programsAsPython().map((program) => `{${mark}${program.slice(1)}`));
    expect(ran[0]).toContain('9007199254740993');
    expect(ran[0]).toContain('"weight": 1.0');
    expect(last).toMatch(/"big": ?9007199254740993, ?"whole": ?1\.0[,}]/);
    expect(last).not.toContain('workflow_config"');
    expect(Math.max(...sizes)).toBeLessThan(200_000);
    // Not one blob more than the first step wrote: what a runtime prints anew is the same config and map.
    expect(await keys()).toHaveLength(3);
  });

  it('what the handler raises reaches the service as it is', async () => {
    const { kind, body } = await answerOf(await python('fail'), EVENT);
    expect([kind, JSON.parse(body.toString())]).toEqual([
      'error',
      expect.objectContaining({ errorType: 'ValueError', errorMessage: 'nothing to do with the proxy' }),
    ]);
  });

  it('an import that fails is reported to the service by the runtime itself', async () => {
    const one = await start([PYTHON, '-m', 'awslambdaric', 'no_such_module.handler'], {});
    expect(await one.ended).not.toBe(0);
    expect(one.api.initErrors.map(String).join()).toContain('no_such_module');
  });
});

describe('Node behind the proxy, on a real S3 server', () => {
  it('a handler that reads its segment_config runs a bag of 371 KB through all its segments', async () => {
    const { ran } = await runThrough(await node('lean'));
    const { state_data: bag } = JSON.parse(EVENT) as {
      readonly state_data: { readonly partition_map: readonly unknown[] };
    };
    expect(ran).toEqual(
      bag.partition_map.map((program) => JSON.stringify({ ...(program as object), added_by_statebag_shim: true })),
    );
  });

  it('a handler that streams its answer streams it in the mode observe, and is refused in the mode rewrite', async () => {
    const refused = await answerOf(await node('stream'), '{"plain":1}');
    expect([refused.kind, refused.body.toString()]).toEqual(['error', expect.stringContaining('HANDLER_INVALID: ')]);
    const { body, headers } = await answerOf(await node('stream', { STATEBAG_MODE: 'observe' }), '{"plain":1}');
    expect(body.toString()).toContain('{"streamed":1.0}');
    expect(headers['lambda-runtime-function-response-mode']).toBe('streaming');
  });
});
