import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import type { FleetOptions } from '../../examples/fleet/fleet.js';
import { statebag } from '../cli/terminal.js';
import type { RanOptions } from '../cli/terminal.js';
import { faultyDisk } from '../fakes/faulty-disk.js';
import type { DiskCall } from '../fakes/faulty-disk.js';
import { bag, bags, handful, HANDFUL_MIGRATED, raggedLines } from './bags.js';
import { codeOf, CommandWorld, run, runRollback, runVerify, journalStatus } from './command-world.js';
import { writeJournal } from './journal-lines.js';
import { digests, filesBelow, sha256 } from './scratch.js';

async function fleetWorld(options: Partial<FleetOptions> = {}): Promise<CommandWorld> {
  const fleet = makeFleet({ seed: 5, bags: 24, workflows: 4, size: 'small', ...options });
  return CommandWorld.with(Object.fromEntries(Array.from(fleet, ({ name, bytes }) => [name, bytes])));
}

const BROKEN = Buffer.from('{"workflow_config":');

/** `count` good files and `broken` bad ones, the bad ones first. */
async function mixedWorld(count: number, broken: number): Promise<CommandWorld> {
  const good = bags(Array.from({ length: count }, () => 'bare' as const));
  return CommandWorld.with({
    ...Object.fromEntries(Array.from({ length: broken }, (_, index) => [`0-broken-${index}.json`, BROKEN])),
    ...Object.fromEntries(good.map((bytes, index) => [`1-good-${String(index).padStart(3, '0')}.json`, bytes])),
  });
}

/** What migrate makes of the handful and a broken file. */
const OUTCOMES = [
  '/source/a.json migrated',
  '/source/b.json migrated',
  '/source/bad.json quarantined',
  '/source/deep/er/c.json migrated',
  '/source/foreign.json unchanged',
  '/source/lines.ndjson#L2 migrated',
  '/source/lines.ndjson#L3 unchanged',
  '/source/lines.ndjson#L4 migrated',
  '/source/lines.ndjson#L6 migrated',
  's3://docs/one.json migrated',
  's3://docs/two.ndjson#L2 migrated',
  's3://docs/two.ndjson#L3 migrated',
];
const DOCUMENTS_DIGEST = 'e2d78fbfa609f2489be29f045c5018e262133dad4644302aacea5eb75afd6ec4';
const BLOBS_DIGEST = '792f053fd40bd544957276a5700915b9f72a475f4aff52e1d31166b6131a3801';

describe('blobs', () => {
  it.each([1, 16])(
    'migrate writes three blobs for each workflow, however many bags it has: concurrency %i',
    async (concurrency) => {
      const world = await fleetWorld();
      const { totals } = await run(world, { concurrency });
      expect(totals).toMatchObject({ documents: 24, migrated: 24, blobsWritten: 12, blobsReused: 60 });
      expect(Object.keys(await world.blobs())).toHaveLength(12);
      expect((await journalStatus(world)).totals).toMatchObject({ blobsWritten: 12, blobsReused: 60 });
    },
  );

  it('migrate sends one request for each blob to a store in S3', async () => {
    const world = await CommandWorld.with(
      Object.fromEntries(
        bags(Array(6).fill('bare') as 'bare'[], { workflows: 2 }).map((bytes, at) => [`${at}.json`, bytes]),
      ),
      { s3: true },
    );
    const { totals } = await run(world, { sources: ['source'], concurrency: 4 });
    expect(totals).toMatchObject({ migrated: 6, blobsWritten: 6, blobsReused: 12 });
    const puts = world.server.requests.filter(({ operation }) => operation === 'PutObject');
    // The first one is sent twice, to prove that the server honours If-None-Match.
    expect(puts.filter(({ key }) => !key.includes('.statebag-probe-'))).toHaveLength(6 + 1);
  });

  it('migrate finds the blobs of an earlier run in the store', async () => {
    const world = await fleetWorld();
    await run(world);
    await runRollback(world);
    const { totals } = await run(world);
    expect(totals).toMatchObject({ migrated: 24, blobsWritten: 0, blobsReused: 72 });
  });
});

describe('repetition', () => {
  it('migrate writes nothing to disk or store when everything is migrated', async () => {
    const world = await CommandWorld.with(handful());
    await run(world);
    const before = {
      files: stamps(world),
      objects: digests({ ...(await world.documents()), ...(await world.blobs()) }),
    };
    const disk = faultyDisk(world.directory);
    const sent = world.server.requests.length;
    const { totals } = await run(world, { concurrency: 4 });
    expect(totals).toMatchObject({ migrated: 0, unchanged: totals.documents, failed: 0, blobsWritten: 0 });
    // The journal is opened, and nothing is appended.
    expect(disk.calls.filter(({ path }) => !path.endsWith('.tmp')).map(({ kind }) => kind)).toEqual(['append']);
    expect(new Set(world.server.requests.slice(sent).map(({ operation }) => operation))).toEqual(
      new Set([
        'ListObjectsV2',
        'GetObject',
        'GetBucketLifecycleConfiguration',
        'GetObjectLockConfiguration',
        'GetBucketVersioning',
        'GetBucketEncryption',
        // The check of If-Match, which is refused.
        'PutObject',
      ]),
    );
    expect({
      files: stamps(world),
      objects: digests({ ...(await world.documents()), ...(await world.blobs()) }),
    }).toEqual(before);
  });

  it.each([1, 16])('migrate gives the same documents, blobs and outcomes: concurrency %i', async (concurrency) => {
    const world = await CommandWorld.with({ ...handful(), 'bad.json': BROKEN });
    const { totals, outcomes } = await run(world, { concurrency });
    expect(totals).toEqual({
      documents: 12,
      migrated: HANDFUL_MIGRATED,
      unchanged: 2,
      quarantined: 1,
      failed: 0,
      notStarted: 0,
      containersFailed: 0,
      containersNotStarted: 0,
      bytesBefore: 47_095,
      bytesAfter: 17_354,
      blobsWritten: 27,
      blobsReused: 0,
    });
    const sorted = outcomes.map(({ id, outcome }) => `${id.replace(world.directory, '')} ${outcome}`).sort();
    expect(sorted).toEqual(OUTCOMES);
    expect(sha256(Buffer.from(JSON.stringify(digests(await world.documents()))))).toBe(DOCUMENTS_DIGEST);
    expect(sha256(Buffer.from(JSON.stringify(digests(await world.blobs()))))).toBe(BLOBS_DIGEST);
  });

  it('a dry run writes nothing, and its totals are those of the real run', async () => {
    const world = await CommandWorld.with(handful());
    const before = { files: stamps(world), documents: digests(await world.documents()) };
    const disk = faultyDisk(world.directory);
    const sent = world.server.requests.length;
    const dry = await run(world, { apply: false, concurrency: 4 });
    expect(disk.calls).toEqual([]);
    expect(world.server.requests.slice(sent).filter(({ operation }) => operation === 'PutObject')).toEqual([]);
    expect({ files: stamps(world), documents: digests(await world.documents()) }).toEqual(before);
    expect(await world.blobs()).toEqual({});
    const real = await run(world);
    expect(dry.totals).toEqual(real.totals);
    expect(dry.totals.migrated).toBe(HANDFUL_MIGRATED);
  });
});

/** Every file with its time and size. */
function stamps({ directory }: CommandWorld): unknown[] {
  return filesBelow(directory).map((name) => {
    const { mtimeMs, ino, size } = statSync(join(directory, name));
    return [name, mtimeMs, ino, size];
  });
}

describe('--max-failures', () => {
  it.each([
    ['3', 3, true],
    ['2', 3, false],
    ['0', 1, false],
    ['0', 0, true],
  ])('%s stops a run only when more documents fail: %i broken documents', async (limit, broken, complete) => {
    const world = await mixedWorld(5, broken);
    const { totals, err, ...report } = await run(world, { args: ['--max-failures', limit] });
    expect(report).toMatchObject({ complete, exit: broken === 0 ? 0 : 1 });
    expect(err.includes('--max-failures')).toBe(!complete);
    expect(totals.documents).toBe(5 + broken);
    expect(totals.migrated).toBe(complete ? 5 : 0);
    expect(totals.notStarted).toBe(complete ? 0 : 5 + broken - Number(limit) - 1);
  });

  it('a share is compared only after twenty documents have been seen', async () => {
    const args = ['--max-failures', '10%'];
    expect((await run(await mixedWorld(3, 15), { args })).complete).toBe(true);
    const many = await run(await mixedWorld(6, 25), { args });
    expect(many).toMatchObject({ complete: false, totals: { quarantined: 20, notStarted: 11 } });
    const within = await run(await mixedWorld(30, 2), { args });
    expect(within).toMatchObject({ complete: true, totals: { migrated: 30 } });
  });

  it.each(['', '-1', '1.5', '101%', 'x', '5 %', '1e3'])('"%s" is refused', async (text) => {
    const world = await CommandWorld.with({ 'a.json': bag() });
    const { code, err } = await statebag(world.directory, [
      'migrate',
      'source',
      ...world.store,
      `--max-failures=${text}`,
    ]);
    expect([code, err]).toEqual([2, expect.stringContaining('MAX_FAILURES_INVALID')]);
  });
});

describe('which documents', () => {
  it.each([1, 16])('--limit migrates so many documents and leaves the others: concurrency %i', async (concurrency) => {
    const world = await fleetWorld();
    const before = digests(await world.documents());
    const { totals, complete } = await run(world, { concurrency, args: ['--limit', '7'] });
    expect({ totals, complete }).toMatchObject({ complete: true, totals: { documents: 7, migrated: 7 } });
    const after = digests(await world.documents());
    expect(Object.keys(before).filter((name) => before[name] !== after[name])).toHaveLength(7);
  });

  it.each([1, 16])('--limit counts only documents that --where selects: concurrency %i', async (concurrency) => {
    const world = await fleetWorld();
    const { outcomes: all } = await run(world, { apply: false });
    const where = ['--where', `workflowId=${workflowOf(all[23]!.id)}`];
    const { totals } = await run(world, { concurrency, args: ['--limit', '3', ...where] });
    expect(totals).toMatchObject({ documents: 3, migrated: 3 });
    const rest = await run(world, { concurrency, args: where });
    expect(rest.totals).toMatchObject({ documents: 6, migrated: 3, unchanged: 3 });
  });

  it('--limit counts documents that cannot be read', async () => {
    const { totals } = await run(await mixedWorld(3, 4), { args: ['--limit', '2'] });
    expect(totals).toMatchObject({ documents: 2, quarantined: 2 });
  });

  it('--limit in the middle of NDJSON copies the other lines as they are', async () => {
    const lines = bags(['pre', 'bare', 'run-step', 'pre']);
    const world = await CommandWorld.with({ 'a.ndjson': raggedLines(lines) });
    const { totals } = await run(world, { concurrency: 4, args: ['--limit', '2'] });
    expect(totals).toMatchObject({ documents: 2, migrated: 2 });
    const text = world.read('a.ndjson');
    expect(text.includes(lines[2]!) && text.includes(lines[3]!)).toBe(true);
    expect(text.includes(lines[0]!) || text.includes(lines[1]!)).toBe(false);
    await runRollback(world);
    expect(world.read('a.ndjson').equals(raggedLines(lines))).toBe(true);
  });

  it('--shard gives each document to exactly one part', async () => {
    const world = await fleetWorld();
    const seen: string[] = [];
    for (const part of ['1/3', '2/3', '3/3'])
      seen.push(...(await run(world, { args: ['--shard', part] })).outcomes.map(({ id }) => id));
    expect(new Set(seen).size).toBe(24);
    expect(seen).toHaveLength(24);
  });

  it('--shard selects a document by the SHA-256 of its id, evenly', async () => {
    const world = await CommandWorld.with(
      Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`${at}.json`, Buffer.from('{}')])),
    );
    for (const part of [1, 2, 3]) {
      const { outcomes } = await run(world, { apply: false, concurrency: 16, args: ['--shard', `${part}/3`] });
      const expected = filesBelow(world.source)
        .map((name) => join(world.source, name))
        .filter((id) => (Number.parseInt(sha256(Buffer.from(id)).slice(0, 8), 16) % 3) + 1 === part);
      expect(outcomes.map(({ id }) => id).sort()).toEqual(expected);
      expect(expected.length).toBeGreaterThan(60);
    }
  });

  it.each(['0/3', '4/3', '1/0', '1', 'a/b', '1/3/5', '-1/3'])('--shard refuses "%s"', async (text) => {
    const world = await CommandWorld.with({ 'a.json': bag() });
    const { code, err } = await statebag(world.directory, ['migrate', 'source', ...world.store, `--shard=${text}`]);
    expect([code, err]).toEqual([2, expect.stringContaining('SHARD_INVALID')]);
  });

  it('--only-failed takes single lines, and all lines of a file that could not be read', async () => {
    const [first, second] = bags(['pre', 'bare']);
    const world = await CommandWorld.with({
      'a.ndjson': raggedLines([first!, second!]),
      'b.json': bag(1),
      'c.json': bag(2),
    });
    const [lines, b] = [join(world.source, 'a.ndjson'), join(world.source, 'b.json')];
    const failed = (doc: string, before?: string) => ({
      kind: 'result',
      doc,
      before,
      outcome: 'failed',
      generation: 'unknown',
      bytesBefore: 0,
      bytesAfter: 0,
      code: 'FILE_DENIED',
      reason: 'why',
    });
    writeJournal(world, failed(`${lines}#L2`, sha256(first!)), failed(b));
    const one = await run(world, { args: ['--only-failed'] });
    expect(one.outcomes.map(({ id }) => id)).toEqual([`${lines}#L2`, b]);
    writeJournal(world, failed(lines));
    const rest = await run(world, { args: ['--only-failed'] });
    expect(rest.outcomes.map(({ id, outcome }) => [id.slice(-2), outcome])).toEqual([
      ['L2', 'unchanged'],
      ['L3', 'migrated'],
    ]);
  });

  it('--only-failed takes all lines of a file when the journal has no digest of the line that failed', async () => {
    const world = await CommandWorld.with({ 'a.ndjson': raggedLines(bags(['pre', 'bare'])) });
    writeJournal(world, {
      kind: 'result',
      doc: join(world.source, 'a.ndjson#L2'),
      outcome: 'failed',
      generation: 'unknown',
      bytesBefore: 0,
      bytesAfter: 0,
      code: 'FILE_DENIED',
      reason: 'why',
    });
    const { outcomes } = await run(world, { args: ['--only-failed'] });
    expect(outcomes.map(({ id, outcome }) => [id.slice(-2), outcome])).toEqual([
      ['L2', 'migrated'],
      ['L3', 'migrated'],
    ]);
  });

  it('--where reports a document that cannot be read, and compares numbers by their text', async () => {
    const world = await CommandWorld.with({ 'bad.json': BROKEN, 'good.json': bag() });
    const { outcomes } = await run(world, {
      args: ['--where', 'max_loop_iterations=100', '--where', 'distributed_mode=false'],
    });
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['quarantined', 'migrated']);
    expect((await run(world, { args: ['--where', 'nothing=like it'] })).outcomes).toHaveLength(1);
  });
});

function workflowOf(id: string): string {
  const { state_data: data } = JSON.parse(readFileSync(id, 'utf8')) as { state_data: { workflowId: string } };
  return data.workflowId;
}

describe('the end of a run', () => {
  it.each([1, 4])(
    'SIGINT: migrate finishes the documents that it has begun, and counts the others: concurrency %i',
    async (concurrency) => {
      const world = await fleetWorld();
      const first = await run(world, { concurrency, terminal: stoppedAt(world, ({ kind }) => kind === 'rename') });
      expect(first).toMatchObject({ complete: false, exit: 1 });
      expect(first.totals.migrated).toBeGreaterThan(0);
      expect(first.totals.notStarted).toBeGreaterThan(0);
      expect(first.totals.failed).toBe(0);
      for (const { outcome, code, reason } of first.outcomes)
        if (outcome === 'not-started')
          expect([code, reason]).toEqual(['RUN_STOPPED', expect.stringContaining('run it again')]);
      const rest = await run(world);
      expect(rest.totals.migrated! + first.totals.migrated!).toBe(24);
      expect((await runVerify(world)).every(({ outcome }) => outcome === 'verified')).toBe(true);
    },
  );

  it('SIGINT in the middle of NDJSON: migrate copies the other lines as they are', async () => {
    const lines = bags(['pre', 'foreign', 'bare', 'pre', 'bare', 'run-step']);
    const world = await CommandWorld.with({ 'a.ndjson': raggedLines(lines) });
    const { totals } = await run(world, { terminal: stoppedAt(world, ({ path }) => path.endsWith('.tmp')) });
    expect(totals.documents).toBe(6);
    expect(totals.notStarted).toBeGreaterThanOrEqual(3);
    const text = world.read('a.ndjson');
    expect(lines.slice(-totals.notStarted!).every((line) => text.includes(line))).toBe(true);
    expect(text.includes(lines[0]!)).toBe(false);
    await run(world);
    await runRollback(world);
    expect(world.read('a.ndjson').equals(raggedLines(lines))).toBe(true);
  });

  it('SIGINT before the first document: migrate begins none', async () => {
    const world = await CommandWorld.with(handful());
    const before = digests(await world.documents());
    const { totals, complete } = await run(world, { terminal: { signals: ['SIGINT'] } });
    expect({ totals, complete }).toMatchObject({ complete: false, totals: { migrated: 0, failed: 0 } });
    expect(digests(await world.documents())).toEqual(before);
  });

  it('migrate reports a listing that is refused, and finishes what was listed before', async () => {
    const world = await CommandWorld.with({ 'a.json': bag(1) }, { s3: true });
    world.server.inject({ operation: 'ListObjectsV2', kind: 'denied' });
    const { totals, outcomes } = await run(world);
    expect(totals).toMatchObject({ documents: 1, migrated: 1, failed: 0, containersFailed: 0 });
    expect(outcomes[1]).toMatchObject({ id: 's3://docs/', outcome: 'failed', code: 'STORE_DENIED' });
  });

  it('migrate ends with the error of a source after it has migrated the documents before it', async () => {
    const world = await CommandWorld.with({ 'a.json': bag(1) });
    expect(await codeOf(run(world, { sources: ['source', 'nowhere'] }))).toBe('SOURCE_NOT_FOUND');
    expect((await journalStatus(world)).totals).toMatchObject({ migrated: 1, unsettled: 0 });
  });

  it('migrate ends when its output cannot be written, and what it has committed stays committed', async () => {
    const world = await CommandWorld.with(handful());
    const failOutput = new Error('the terminal is gone');
    const { code, err } = await statebag(
      world.directory,
      ['migrate', ...world.sources, ...world.store, '--journal', 'journal', '--json', '--apply', '--concurrency', '4'],
      { failOutput },
    );
    expect([code, err]).toEqual([70, expect.stringContaining('the terminal is gone')]);
    const { totals } = await journalStatus(world);
    expect(totals).toMatchObject({ failed: 0, unsettled: 0 });
    expect(totals.migrated).toBeGreaterThan(0);
    expect((await run(world)).totals.failed).toBe(0);
  });
});

/** A terminal that sends SIGINT at the first call to the source directory of a kind. */
function stoppedAt({ source }: CommandWorld, isReached: (call: DiskCall) => boolean): RanOptions {
  let stop: () => void = () => undefined;
  faultyDisk(source, (call) => {
    if (isReached(call)) stop();
    return undefined;
  });
  return {
    onStart: (send) =>
      (stop = () => {
        send('SIGINT');
        stop = () => undefined;
      }),
  };
}
