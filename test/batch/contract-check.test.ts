import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { smallBag } from '../cli/fleet-dir.js';
import { statebag } from '../cli/terminal.js';
import type { RanOptions } from '../cli/terminal.js';
import { startSfnServer } from '../fakes/sfn-server.js';
import { CommandWorld } from './command-world.js';
import { temporaryDirectory } from './scratch.js';

const DIGEST = 'ab'.repeat(32);
const LEAN = JSON.stringify({
  state_bag_version: 2,
  ownerId: 'o',
  workflow_config_s3_path: `s3://b/workflow-configs/o/w/${DIGEST}/config.json`,
  partition_map_s3_path: `s3://b/workflow-partitions/o/w/${DIGEST}/partition_map.json`,
});
const BRIDGE = JSON.stringify({
  ownerId: 'o',
  workflowId: 'w',
  segment_to_run: 0,
  workflow_config: { __s3_pointer__: true, bucket: 'b', key: `workflow-configs/o/w/${DIGEST}/config.json` },
});

interface Report {
  readonly code: number;
  readonly canContract: boolean;
  readonly answer: string;
  readonly totals: Readonly<Record<string, number>>;
  readonly documents: readonly {
    readonly id: string;
    readonly generation: string;
    readonly code: string;
    readonly until: string | null;
  }[];
}

async function check(directory: string, args: readonly string[], terminal?: RanOptions): Promise<Report> {
  const { code, out, err } = await statebag(directory, ['can-contract', ...args, '--json'], terminal);
  if (out === '') throw new Error(err);
  return { code, ...(JSON.parse(out) as Omit<Report, 'code'>) };
}

/** One file for each text. */
function checkFiles(texts: readonly string[], args: readonly string[] = [], terminal?: RanOptions): Promise<Report> {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'bags'));
  for (const [at, text] of texts.entries()) writeFileSync(join(directory, 'bags', `d${at}.json`), text);
  return check(directory, ['bags', ...args], terminal);
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('statebag can-contract', () => {
  it('says yes when only lean bags and values that are not bags are left', async () => {
    const { code, canContract, answer, totals } = await checkFiles([LEAN, '{"a":1}']);
    expect([code, canContract, answer]).toEqual([0, true, 'yes']);
    expect(totals).toMatchObject({ fat: 0, bridge: 0, lean: 1, foreign: 1, unknown: 0 });
  });

  it('names what is left and why', async () => {
    const { code, canContract, answer, documents } = await checkFiles([LEAN, smallBag(), BRIDGE]);
    expect([code, canContract, answer]).toEqual([1, false, 'no']);
    // Documents are checked side by side and reported as they end.
    const inOrder = documents.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(inOrder).toMatchObject([
      { id: expect.stringMatching(/d1\.json$/) as string, generation: 'fat', code: 'BAG_FAT', until: null },
      { id: expect.stringMatching(/d2\.json$/) as string, generation: 'bridge', code: 'BAG_BRIDGE', until: null },
    ]);
  });

  it('says until when the bag of an execution can be met', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'test');
    const server = await startSfnServer();
    vi.stubEnv('AWS_ENDPOINT_URL_SFN', server.endpoint);
    const machine = 'arn:aws:states:eu-central-1:123456789012:stateMachine:engine';
    const startDate = Date.parse('2026-01-31T00:00:00Z') / 1000;
    server.executions.push({
      executionArn: 'arn:aws:states:eu-central-1:123456789012:execution:engine:a',
      parentArn: machine,
      status: 'RUNNING',
      startDate,
      events: [{ type: 'ExecutionStarted', timestamp: startDate, executionStartedEventDetails: { input: smallBag() } }],
    });
    const { documents } = await check(temporaryDirectory(), [`sfn://${machine}`]);
    await server.stop();
    expect(documents).toMatchObject([{ generation: 'fat', code: 'BAG_FAT', until: '2027-01-31T00:00:00.000Z' }]);
  });

  it('--accept bridge lets bags of the bridge form stay, and no others', async () => {
    expect((await checkFiles([BRIDGE], ['--accept', 'bridge'])).canContract).toBe(true);
    const { canContract, totals } = await checkFiles([BRIDGE, smallBag()], ['--accept', 'bridge']);
    expect([canContract, totals.remaining]).toEqual([false, 1]);
  });

  it('--accept bridge does not accept a pointer to a key that another run overwrites', async () => {
    const { documents } = await checkFiles([BRIDGE.replace(`${DIGEST}/`, '')], ['--accept', 'bridge']);
    expect(documents).toMatchObject([{ generation: 'bridge', code: 'BAG_MUTABLE' }]);
  });

  it('does not say yes when something cannot be read: a document, an object, a listing', async () => {
    const world = await CommandWorld.with({ 'd0.json': Buffer.from('{"half":') }, { s3: true });
    await world.write('s3://docs/d1.json', Buffer.from(LEAN));
    await world.write('s3://docs/d2.json', Buffer.from(LEAN));
    world.server.inject({ operation: 'GetObject', kind: 'denied', bucket: 'docs' });
    world.server.inject({ operation: 'ListObjectsV2', kind: 'internal-error', bucket: 'local', times: Infinity });
    const sources = ['source', 's3://docs/', 's3://local/', '--concurrency', '1', ...world.reach];
    const { code, canContract, answer, documents } = await check(world.directory, sources);
    expect([code, canContract, answer]).toEqual([1, false, 'not proven']);
    expect(documents.map(({ id, generation, code: why }) => [id, generation, why]).sort()).toEqual([
      [join(world.source, 'd0.json'), 'unknown', 'JSON_SYNTAX'],
      ['s3://docs/d1.json', 'unknown', 'STORE_DENIED'],
      ['s3://local/', 'unknown', 'STORE_UNAVAILABLE'],
    ]);
  });

  it('does not say yes when it was stopped', async () => {
    const { canContract, documents } = await checkFiles([LEAN], [], { signals: ['SIGINT'] });
    expect([canContract, documents[0]?.code]).toEqual([false, 'RUN_STOPPED']);
  });

  it('does not take an empty source for a proof, unless it is told to', async () => {
    await expect(checkFiles([])).rejects.toThrow('SOURCE_EMPTY');
    expect((await checkFiles([], ['--allow-empty'])).canContract).toBe(true);
  });
});
