import { expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { STYLES } from '../../examples/fleet/spelling.js';
import type { Style } from '../../examples/fleet/spelling.js';
import { VARIANT_NAMES } from '../../examples/fleet/variants/index.js';
import { statusOf } from '../../src/batch/status.js';
import { corpusBuckets, corpusWorld } from './corpus.js';
import { EffectLog, loggedDisk, loggedStore } from './effects.js';
import { run, runRollback, runVerify } from './workbench.js';
import { danglingPointers, digests, World } from './world.js';

/**
 * One bag of every variant, as files; those on one line also as lines and as objects. What they point to lies where
 * they say.
 */
async function everyVariant(style: Style, seed: number): Promise<World> {
  const fleet = [
    ...makeFleet({ seed, bags: VARIANT_NAMES.length, workflows: 5, size: 'small', style, mix: VARIANT_NAMES }),
  ];
  const world = await World.with(Object.fromEntries(fleet.map(({ name, bytes }) => [name, bytes])));
  for (const { bucket, key, bytes } of fleet.flatMap(({ objects }) => objects))
    await world.objects.put({ bucket, key }, bytes);
  if (style === 'pretty' || style === 'crlf') return world;
  await world.write('all.ndjson', Buffer.concat(fleet.flatMap(({ bytes }) => [bytes, Buffer.from('\n')])));
  for (const { name, bytes } of fleet) await world.write(`s3://docs/${name}`, bytes);
  return world;
}

it.each(STYLES.flatMap((style) => [[style, 'lean'] as const, [style, 'bridge'] as const]))(
  'gives every variant back to the byte: %s to %s',
  async (style, target) => {
    const world = await everyVariant(style, 11);
    const originals = digests(await world.documents());
    const first = await run(world, {}, { target, concurrency: 8 });
    expect(first.outcomes.filter(({ outcome }) => outcome === 'failed' || outcome === 'quarantined')).toEqual([]);
    expect(first.totals.migrated).toBeGreaterThan(VARIANT_NAMES.length / 2);
    expect(await danglingPointers(world)).toEqual([]);
    const verified = await runVerify(world, {}, target);
    expect(verified.map(({ id, outcome, reason }) => (outcome === 'verified' ? outcome : `${id} ${reason}`))).toEqual(
      Array(first.totals.migrated).fill('verified'),
    );

    const log = new EffectLog();
    const second = await run(world, { disk: loggedDisk(log), objects: loggedStore(log, world.objects) }, { target });
    expect(second.totals).toMatchObject({ migrated: 0, unchanged: first.totals.documents, failed: 0, quarantined: 0 });
    expect(log.effects.filter(({ kind }) => kind !== 'append')).toEqual([]);

    await runRollback(world);
    expect(digests(await world.documents())).toEqual(originals);
    expect(statusOf(await world.summary()).totals).toMatchObject({ rolledBack: first.totals.migrated, unsettled: 0 });
  },
);

const corpus = process.env.STATEBAG_CORPUS;

if (corpus !== undefined) {
  it.each(['lean', 'bridge'] as const)(
    'gives the legacy corpus back to the byte: %s',
    { timeout: 120_000 },
    async (target) => {
      const world = await corpusWorld(corpus);
      const originals = digests(await world.documents());
      const allowBuckets = corpusBuckets(corpus);
      const first = await run(world, { allowBuckets }, { target, concurrency: 8 });
      expect(first.totals.failed).toBe(0);
      expect(first.totals.migrated).toBeGreaterThan(50);
      expect(await danglingPointers(world)).toEqual([]);
      const verified = await runVerify(world, { allowBuckets }, target);
      expect(verified.filter(({ outcome }) => outcome !== 'verified')).toEqual([]);
      expect(verified).toHaveLength(first.totals.migrated);
      const second = await run(world, { allowBuckets }, { target });
      expect(second.totals).toMatchObject({ migrated: 0, quarantined: first.totals.quarantined });
      await runRollback(world, { allowBuckets });
      expect(digests(await world.documents())).toEqual(originals);
    },
  );
}
