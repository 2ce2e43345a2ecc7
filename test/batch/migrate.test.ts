import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import type { FleetOptions } from '../../examples/fleet/fleet.js';
import { nodeDisk } from '../../src/batch/disk.js';
import { isInShard, parseMaxFailures, parseShard } from '../../src/batch/limits.js';
import { whereFilter } from '../../src/batch/prepare.js';
import type { DocumentSource, SourceContainer } from '../../src/batch/source.js';
import { FilesSource } from '../../src/batch/sources/files.js';
import { statusOf } from '../../src/batch/status.js';
import { codeOf } from '../store/outcomes.js';
import { FAULTS, faultyStore } from '../fakes/faulty-store.js';
import { bag, bags, handful, HANDFUL_MIGRATED, raggedLines } from './bags.js';
import { EffectLog, loggedDisk, loggedStore } from './effects.js';
import { run, runRollback, runVerify, sourcesOf } from './workbench.js';
import { digests, filesBelow, World } from './world.js';

async function fleetWorld(options: Partial<FleetOptions> = {}): Promise<World> {
  const fleet = makeFleet({ seed: 5, bags: 24, workflows: 4, size: 'small', ...options });
  return World.with(Object.fromEntries(Array.from(fleet, ({ name, bytes }) => [name, bytes])));
}

const BROKEN = Buffer.from('{"workflow_config":');

/** `count` good files and `broken` bad ones, the bad ones first. */
async function mixedWorld(count: number, broken: number): Promise<World> {
  const good = bags(Array.from({ length: count }, () => 'bare' as const));
  return World.with({
    ...Object.fromEntries(Array.from({ length: broken }, (_, index) => [`0-broken-${index}.json`, BROKEN])),
    ...Object.fromEntries(good.map((bytes, index) => [`1-good-${String(index).padStart(3, '0')}.json`, bytes])),
  });
}

describe('blobs', () => {
  it.each([1, 16])(
    'writes three for each distinct workflow, however many bags there are: concurrency %i',
    async (concurrency) => {
      const world = await fleetWorld();
      const log = new EffectLog();
      const { totals } = await run(world, { objects: loggedStore(log, world.objects) }, { concurrency });
      expect(totals).toMatchObject({ documents: 24, migrated: 24, blobsWritten: 12, blobsReused: 60 });
      expect(log.effects.filter(({ kind }) => kind === 'put')).toHaveLength(12);
      expect(Object.keys(await world.blobs())).toHaveLength(12);
      expect(statusOf(await world.summary()).totals).toMatchObject({ blobsWritten: 12, blobsReused: 60 });
    },
  );

  it('finds those of an earlier run in the store', async () => {
    const world = await fleetWorld();
    await run(world);
    await runRollback(world);
    const { totals } = await run(world);
    expect(totals).toMatchObject({ migrated: 24, blobsWritten: 0, blobsReused: 72 });
  });
});

describe('repetition', () => {
  it('leaves everything alone the second time: no effect on disk or store', async () => {
    const world = await World.with(handful());
    await run(world);
    const before = {
      files: stamps(world),
      objects: digests({ ...(await world.documents()), ...(await world.blobs()) }),
    };
    const log = new EffectLog();
    const { totals } = await run(
      world,
      { disk: loggedDisk(log), objects: loggedStore(log, world.objects) },
      { concurrency: 4 },
    );
    expect(totals).toMatchObject({ migrated: 0, unchanged: totals.documents, failed: 0, blobsWritten: 0 });
    expect(log.effects.map(({ kind }) => kind)).toEqual(['append']);
    expect({
      files: stamps(world),
      objects: digests({ ...(await world.documents()), ...(await world.blobs()) }),
    }).toEqual(before);
  });

  it('gives the same whatever the concurrency', async () => {
    const results = [];
    for (const concurrency of [1, 16]) {
      const world = await World.with({ ...handful(), 'bad.json': BROKEN });
      const { totals, outcomes } = await run(world, {}, { concurrency });
      const sorted = outcomes
        .map((outcome) => ({ ...outcome, id: outcome.id.replace(world.directory, '') }))
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      results.push({
        totals,
        sorted: sorted.map(({ blobsWritten, blobsReused, ...rest }) => ({
          ...rest,
          blobs: blobsWritten + blobsReused,
        })),
        documents: digests(await world.documents()),
        blobs: digests(await world.blobs()),
      });
    }
    expect(results[1]).toEqual(results[0]);
  });

  it('has no effect at all in a dry run, and foretells the real one', async () => {
    const world = await World.with(handful());
    const before = { files: stamps(world), documents: digests(await world.documents()) };
    const log = new EffectLog();
    const dry = await run(
      world,
      { disk: loggedDisk(log), objects: loggedStore(log, world.objects) },
      { apply: false, concurrency: 4 },
    );
    expect(log.effects).toEqual([]);
    expect({ files: stamps(world), documents: digests(await world.documents()) }).toEqual(before);
    expect(await world.blobs()).toEqual({});
    const real = await run(world);
    expect(dry.totals).toEqual(real.totals);
    expect(dry.totals.migrated).toBe(HANDFUL_MIGRATED);
  });
});

/** Every file with its time and size. */
function stamps({ directory }: World): unknown[] {
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
  ])('%s with %i broken documents', async (limit, broken, complete) => {
    const world = await mixedWorld(5, broken);
    const { totals, ...report } = await run(world, {}, { maxFailures: parseMaxFailures(limit) });
    expect(report).toMatchObject(complete ? { complete: true } : { complete: false, stoppedBy: 'failures' });
    expect(totals.documents).toBe(5 + broken);
    expect(totals.migrated).toBe(complete ? 5 : 0);
    expect(totals.notStarted).toBe(complete ? 0 : 5 + broken - Number(limit) - 1);
  });

  it('judges a share only once twenty documents have been seen', async () => {
    const few = await run(await mixedWorld(3, 15), {}, { maxFailures: parseMaxFailures('10%') });
    expect(few.complete).toBe(true);
    const many = await run(await mixedWorld(6, 25), {}, { maxFailures: parseMaxFailures('10%') });
    expect(many).toMatchObject({ complete: false, stoppedBy: 'failures', totals: { quarantined: 20, notStarted: 11 } });
    const within = await run(await mixedWorld(30, 2), {}, { maxFailures: parseMaxFailures('10%') });
    expect(within).toMatchObject({ complete: true, totals: { migrated: 30 } });
  });

  it.each(['', '-1', '1.5', '101%', 'x', '5 %', '1e3'])('does not take "%s"', (text) => {
    expect(() => parseMaxFailures(text)).toThrow(expect.objectContaining({ code: 'MAX_FAILURES_INVALID' }));
  });
});

describe('which documents', () => {
  it.each([1, 16])(
    'takes no more than the limit, and leaves the rest as it is: concurrency %i',
    async (concurrency) => {
      const world = await fleetWorld();
      const before = digests(await world.documents());
      const { totals, complete } = await run(world, {}, { limit: 7, concurrency });
      expect({ totals, complete }).toMatchObject({ complete: true, totals: { documents: 7, migrated: 7 } });
      const after = digests(await world.documents());
      expect(Object.keys(before).filter((name) => before[name] !== after[name])).toHaveLength(7);
    },
  );

  it.each([1, 16])('counts towards the limit only what the filter lets pass: concurrency %i', async (concurrency) => {
    const world = await fleetWorld();
    const { outcomes: all } = await run(world, {}, { apply: false });
    const workflow = workflowOf(world, all[23]!.id);
    const { totals } = await run(world, {}, { limit: 3, concurrency, filter: whereFilter([['workflowId', workflow]]) });
    expect(totals).toMatchObject({ documents: 3, migrated: 3 });
    const rest = await run(world, {}, { concurrency, filter: whereFilter([['workflowId', workflow]]) });
    expect(rest.totals).toMatchObject({ documents: 6, migrated: 3, unchanged: 3 });
  });

  it('counts what cannot be read towards the limit', async () => {
    const { totals } = await run(await mixedWorld(3, 4), {}, { limit: 2 });
    expect(totals).toMatchObject({ documents: 2, quarantined: 2 });
  });

  it('stops inside NDJSON at the limit and copies the rest', async () => {
    const lines = bags(['pre', 'bare', 'run-step', 'pre']);
    const world = await World.with({ 'a.ndjson': raggedLines(lines) });
    const { totals } = await run(world, {}, { limit: 2, concurrency: 4 });
    expect(totals).toMatchObject({ documents: 2, migrated: 2 });
    const text = readFileSync(join(world.source, 'a.ndjson'));
    expect(text.includes(lines[2]!) && text.includes(lines[3]!)).toBe(true);
    expect(text.includes(lines[0]!) || text.includes(lines[1]!)).toBe(false);
    await runRollback(world);
    expect(readFileSync(join(world.source, 'a.ndjson')).equals(raggedLines(lines))).toBe(true);
  });

  it('divides documents among shards, each to exactly one', async () => {
    const world = await fleetWorld();
    const seen: string[] = [];
    for (const text of ['1/3', '2/3', '3/3'])
      seen.push(...(await run(world, {}, { shard: parseShard(text) })).outcomes.map(({ id }) => id));
    expect(new Set(seen).size).toBe(24);
    expect(seen).toHaveLength(24);
    const sizes = [1, 2, 3].map(
      (index) =>
        Array.from({ length: 3000 }, (_, id) => `doc-${id}`).filter((id) => isInShard(id, { index, count: 3 })).length,
    );
    expect(Math.min(...sizes)).toBeGreaterThan(900);
  });

  it.each(['0/3', '4/3', '1/0', '1', 'a/b', '1/3/5', '-1/3'])('does not take the shard "%s"', (text) => {
    expect(() => parseShard(text)).toThrow(expect.objectContaining({ code: 'SHARD_INVALID' }));
  });

  it('takes only the ids asked for, and all of a file that is asked for by its own name', async () => {
    const world = await World.with({
      'a.ndjson': raggedLines(bags(['pre', 'bare'])),
      'b.json': bag(1),
      'c.json': bag(2),
    });
    const [lines, b] = [join(world.source, 'a.ndjson'), join(world.source, 'b.json')];
    const one = await run(world, {}, { only: new Set([`${lines}#L2`, b]) });
    expect(one.outcomes.map(({ id }) => id)).toEqual([`${lines}#L2`, b]);
    const rest = await run(world, {}, { only: new Set([lines]) });
    expect(rest.outcomes.map(({ id, outcome }) => [id.slice(-2), outcome])).toEqual([
      ['L2', 'unchanged'],
      ['L3', 'migrated'],
    ]);
  });

  it('reports what cannot be judged by a filter, and compares numbers by their text', async () => {
    const world = await World.with({ 'bad.json': BROKEN, 'good.json': bag() });
    const { outcomes } = await run(
      world,
      {},
      {
        filter: whereFilter([
          ['max_loop_iterations', '100'],
          ['distributed_mode', 'false'],
        ]),
      },
    );
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['quarantined', 'migrated']);
    expect((await run(world, {}, { filter: whereFilter([['nothing', 'like it']]) })).outcomes).toHaveLength(1);
  });
});

function workflowOf({ source }: World, id: string): string {
  const { state_data: data } = JSON.parse(readFileSync(id.startsWith('/') ? id : join(source, id), 'utf8')) as {
    state_data: { workflowId: string };
  };
  return data.workflowId;
}

describe('the end of a run', () => {
  it.each([1, 4])(
    'finishes the documents in hand when asked to stop, and counts the rest: concurrency %i',
    async (concurrency) => {
      const world = await World.with(handful());
      const stop = new AbortController();
      const first = await run(
        world,
        {},
        {
          concurrency,
          stop: stop.signal,
          onOutcome: () => {
            stop.abort();
          },
        },
      );
      expect(first).toMatchObject({ complete: false, stoppedBy: 'signal' });
      expect(first.totals.notStarted).toBeGreaterThan(0);
      expect(first.totals.failed).toBe(0);
      for (const { outcome, code, reason } of first.outcomes)
        if (outcome === 'not-started')
          expect([code, reason]).toEqual(['RUN_STOPPED', expect.stringContaining('run it again')]);
      const rest = await run(world);
      expect(rest.totals.migrated + first.totals.migrated).toBe(HANDFUL_MIGRATED);
      expect((await runVerify(world)).every(({ outcome }) => outcome === 'verified')).toBe(true);
    },
  );

  it('ends NDJSON properly when asked to stop in its middle: the rest is copied as it is', async () => {
    const lines = bags(['pre', 'foreign', 'bare', 'pre', 'bare', 'run-step']);
    const world = await World.with({ 'a.ndjson': raggedLines(lines) });
    const stop = new AbortController();
    const { totals } = await run(
      world,
      {},
      {
        stop: stop.signal,
        onOutcome: ({ outcome }) => {
          if (outcome === 'unchanged') stop.abort();
        },
      },
    );
    expect(totals.documents).toBe(6);
    expect(totals.notStarted).toBeGreaterThanOrEqual(3);
    const text = readFileSync(join(world.source, 'a.ndjson'));
    expect(lines.slice(-totals.notStarted).every((line) => text.includes(line))).toBe(true);
    expect(text.includes(lines[0]!)).toBe(false);
    await run(world);
    await runRollback(world);
    expect(readFileSync(join(world.source, 'a.ndjson')).equals(raggedLines(lines))).toBe(true);
  });

  it('does not begin when it is stopped before it begins', async () => {
    const world = await World.with(handful());
    const before = digests(await world.documents());
    const { totals, complete } = await run(world, {}, { stop: AbortSignal.abort() });
    expect({ totals, complete }).toMatchObject({ complete: false, totals: { migrated: 0, failed: 0 } });
    expect(digests(await world.documents())).toEqual(before);
  });

  it('reports a listing that breaks off, and finishes what was listed before', async () => {
    const world = await World.with({ 'a.json': bag(1) });
    const objects = faultyStore(world.objects, ({ operation }) => (operation === 'list' ? FAULTS.denied : undefined));
    const { totals, outcomes } = await run(world, { objects });
    expect(totals).toMatchObject({ documents: 2, migrated: 1, failed: 1 });
    expect(outcomes[1]).toMatchObject({ id: 's3://docs/', outcome: 'failed', code: 'STORE_DENIED' });
  });

  it('throws what is wrong with a source once the documents before it are done', async () => {
    const world = await World.with({ 'a.json': bag(1) });
    const sources = [...sourcesOf(world), new FilesSource(join(world.directory, 'nowhere'), nodeDisk)];
    expect(await codeOf(run(world, {}, { sources }))).toBe('SOURCE_NOT_FOUND');
    expect(statusOf(await world.summary()).totals).toMatchObject({ migrated: 1, unsettled: 0 });
  });

  it('throws what the listener throws, and only then; what was committed stays committed', async () => {
    const world = await World.with(handful());
    const disaster = new Error('the listener is broken');
    await expect(
      run(
        world,
        {},
        {
          concurrency: 4,
          onOutcome: () => {
            throw disaster;
          },
        },
      ),
    ).rejects.toBe(disaster);
    const { totals } = statusOf(await world.summary());
    expect(totals).toMatchObject({ failed: 0, unsettled: 0 });
    expect(totals.migrated).toBeGreaterThan(0);
    expect((await run(world)).totals.failed).toBe(0);
  });

  it('keeps the documents in hand few, however many containers there are', async () => {
    let inHand = 0;
    let most = 0;
    const container = (id: string): SourceContainer => ({
      id,
      version: undefined,
      tail: new Uint8Array(),
      replace: () => Promise.reject(new Error('nothing to replace')),
      async *documents() {
        for (let line = 1; line <= 40; line++) {
          most = Math.max(most, ++inHand);
          yield await Promise.resolve({ id: `${id}#L${line}`, line, bytes: Buffer.from('{}') });
        }
      },
    });
    const many = Array.from({ length: 30 }, (_, index) => container(`${index}`));
    const source: DocumentSource = {
      id: 'many',
      container,
      async *containers() {
        yield* await Promise.resolve(many);
      },
    };
    const { totals } = await run(
      await World.with({}),
      {},
      {
        sources: [source],
        apply: false,
        concurrency: 8,
        onOutcome: () => {
          inHand--;
        },
      },
    );
    expect(totals).toMatchObject({ documents: 1200, unchanged: 1200 });
    expect(most).toBeLessThanOrEqual(4 * 8);
  });
});
