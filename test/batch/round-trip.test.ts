import { expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { STYLES } from '../../examples/fleet/spelling.js';
import type { Style } from '../../examples/fleet/spelling.js';
import { QUARANTINED, VARIANT_NAMES } from '../../examples/fleet/variants/index.js';
import type { Target } from '../../migrations/index.js';
import { faultyDisk } from '../fakes/faulty-disk.js';
import { CommandWorld, run, runRollback, runVerify, journalStatus } from './command-world.js';
import { corpusBuckets, corpusWorld } from './corpus.js';
import { danglingPointers, digests } from './scratch.js';

/**
 * One bag of every variant that a migration to the target takes, as files. Bags on one line are also lines of a file,
 * and those of one style also objects. What they point to is stored where they say.
 */
async function everyVariant(style: Style, target: Target, seed: number): Promise<CommandWorld> {
  const mix = VARIANT_NAMES.filter((name) => QUARANTINED[target][name] === undefined);
  const fleet = [...makeFleet({ seed, bags: mix.length, workflows: 5, size: 'small', style, mix })];
  const isOnOneLine = style !== 'pretty' && style !== 'crlf';
  // Requests take most of the time, and objects are read by the same code in every style.
  const isInObjects = style === 'compact';
  const world = await CommandWorld.with(Object.fromEntries(fleet.map(({ name, bytes }) => [name, bytes])), {
    s3: isInObjects,
  });
  for (const { bucket, key, bytes } of fleet.flatMap(({ objects }) => objects))
    await world.objects.put({ bucket, key }, bytes);
  if (!isOnOneLine) return world;
  await world.write('all.ndjson', Buffer.concat(fleet.flatMap(({ bytes }) => [bytes, Buffer.from('\n')])));
  if (!isInObjects) return world;
  for (const { name, bytes } of fleet) await world.write(`s3://docs/${name}`, bytes);
  return world;
}

it.each(STYLES.flatMap((style) => [[style, 'lean'] as const, [style, 'bridge'] as const]))(
  'rollback restores every byte of every variant that migrate changed: %s to %s',
  async (style, target) => {
    const world = await everyVariant(style, target, 11);
    const originals = digests(await world.documents());
    const first = await run(world, { target, concurrency: 8 });
    expect(first.outcomes.filter(({ outcome }) => outcome === 'failed' || outcome === 'quarantined')).toEqual([]);
    expect(first.totals.migrated).toBeGreaterThan(VARIANT_NAMES.length / 2);
    expect(await danglingPointers(world)).toEqual([]);
    const verified = await runVerify(world);
    expect(verified.map(({ id, outcome, reason }) => (outcome === 'verified' ? outcome : `${id} ${reason}`))).toEqual(
      Array(first.totals.migrated).fill('verified'),
    );

    const disk = faultyDisk(world.directory);
    const second = await run(world, { target, concurrency: 8 });
    expect(second.totals).toMatchObject({ migrated: 0, unchanged: first.totals.documents, failed: 0, quarantined: 0 });
    // The journal is opened and locked, and nothing is appended.
    expect(disk.calls.filter(({ path }) => !path.endsWith('.tmp')).map(({ kind }) => kind)).toEqual(['append']);
    disk.mend();

    await runRollback(world);
    expect(digests(await world.documents())).toEqual(originals);
    expect((await journalStatus(world)).totals).toMatchObject({ rolledBack: first.totals.migrated, unsettled: 0 });
  },
);

const corpus = process.env.STATEBAG_CORPUS;

if (corpus !== undefined) {
  it.each(['lean', 'bridge'] as const)(
    'rollback restores every byte of the legacy corpus: %s',
    { timeout: 120_000 },
    async (target) => {
      const world = await corpusWorld(corpus);
      const originals = digests(await world.documents());
      const args = corpusBuckets(corpus).flatMap((bucket) => ['--allow-bucket', bucket]);
      const first = await run(world, { target, concurrency: 8, args });
      expect(first.totals.failed).toBe(0);
      expect(first.totals.migrated).toBeGreaterThan(50);
      expect(await danglingPointers(world)).toEqual([]);
      const verified = await runVerify(world);
      expect(verified.filter(({ outcome }) => outcome !== 'verified')).toEqual([]);
      expect(verified).toHaveLength(first.totals.migrated!);
      const second = await run(world, { target, args });
      expect(second.totals).toMatchObject({ migrated: 0, quarantined: first.totals.quarantined });
      await runRollback(world);
      expect(digests(await world.documents())).toEqual(originals);
    },
  );
}
