import { execFileSync } from 'node:child_process';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { s3ObjectStore } from 'statebag-shim/s3';
import { headlineBag } from '../runtime-proxy/bags.js';
import type { LambdaFunction } from '../runtime-proxy/behind-proxy.js';
import { parseEndpoints } from './endpoints.js';
import { answerTo, createBucket, pythonPath, startNode, startPython } from './runtime-functions.js';

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

type Start = typeof startPython;

async function start(startOne: Start, handler: string, env: Readonly<Record<string, string>>): Promise<LambdaFunction> {
  const server = await createBucket(endpoint);
  ({ bucket } = server);
  const one = await startOne(handler, server, env);
  started.push(one);
  return one;
}

const python = (handler: string, env: Readonly<Record<string, string>> = {}) => start(startPython, handler, env);
const node = (handler: string, env: Readonly<Record<string, string>> = {}) =>
  start(startNode, `runner.${handler}`, env);

async function keys(): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { key } of s3ObjectStore({ endpoint, region: 'us-east-1' }).list(bucket, '')) found.push(key);
  return found;
}

/** Every program of the map, as Python prints it. */
function programsAsPython(): readonly string[] {
  const script =
    'import json, sys\nfor program in json.load(sys.stdin)["state_data"]["partition_map"]: print(json.dumps(program, sort_keys=True))';
  return execFileSync(pythonPath(), ['-c', script], { input: EVENT, encoding: 'utf8', maxBuffer: 1 << 24 })
    .trim()
    .split('\n');
}

const EVENT = BAG.startsWith('{"state_data"') ? BAG : `{"state_data":${BAG}}`;

/** Runs the bag from its first segment to its last. Gives what ran, and the last result. */
async function runThrough(
  one: LambdaFunction,
): Promise<{ readonly ran: readonly string[]; readonly last: string; readonly sizes: readonly number[] }> {
  const [ran, sizes] = [[] as string[], [] as number[]];
  let event = EVENT;
  for (let total = 1; ran.length < total;) {
    const { kind, body } = await answerTo(one, event);
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
    const one = await python(`runners.${handler}`, env);
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
    const { kind, body } = await answerTo(await python('runners.fail'), EVENT);
    expect([kind, JSON.parse(body.toString())]).toEqual([
      'error',
      expect.objectContaining({ errorType: 'ValueError', errorMessage: 'nothing to do with the proxy' }),
    ]);
  });

  it('an import that fails is reported to the service by the runtime itself', async () => {
    const one = await python('no_such_module.handler');
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
    const refused = await answerTo(await node('stream'), '{"plain":1}');
    expect([refused.kind, refused.body.toString()]).toEqual(['error', expect.stringContaining('HANDLER_INVALID: ')]);
    const { body, headers } = await answerTo(await node('stream', { STATEBAG_MODE: 'observe' }), '{"plain":1}');
    expect(body.toString()).toContain('{"streamed":1.0}');
    expect(headers['lambda-runtime-function-response-mode']).toBe('streaming');
  });
});
