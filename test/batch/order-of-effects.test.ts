import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bags } from './bags.js';
import { EffectLog, loggedDisk } from './effects.js';
import type { Effect } from './effects.js';
import { run } from './workbench.js';
import { World } from './world.js';
import { JOURNAL_FILE } from '../../src/sources/own-files.js';

interface Order {
  readonly journal: string;
  /** All effects in order, from the first one. */
  readonly effects: readonly Effect[];
  /** Positions of the renames of new bytes over documents. */
  readonly swaps: readonly number[];
}

async function migrated(): Promise<Order> {
  const [one, two] = bags(['pre', 'bare']);
  const world = await World.with({ 'a.json': one!, 'b.json': two! });
  const log = new EffectLog();
  const { outcomes } = await run(world, { disk: loggedDisk(log) });
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['migrated', 'migrated']);
  const { effects } = log;
  const swaps = effects.flatMap(({ kind }, at) => (kind === 'rename' ? [at] : []));
  expect(swaps).toHaveLength(2);
  return { journal: join(world.journal, JOURNAL_FILE), effects, swaps };
}

/** Bytes of a file that are written before a position, up to the last sync of the file. */
function syncedBefore(effects: readonly Effect[], path: string, at: number): string {
  const before = effects.slice(0, at).filter((effect) => effect.path === path);
  const synced = before.slice(0, before.findLastIndex(({ kind }) => kind === 'sync') + 1);
  return Buffer.concat(synced.flatMap(({ bytes }) => bytes ?? [])).toString();
}

it('a document is replaced only after its intent in the journal is synced', async () => {
  const { journal, effects, swaps } = await migrated();
  const intents = swaps.map(
    (at) =>
      syncedBefore(effects, journal, at)
        .split('\n')
        .filter((line) => line.includes('"kind":"intent"')).length,
  );
  expect(intents).toEqual([1, 2]);
});

it('a document is replaced only by bytes that are synced', async () => {
  const { effects, swaps } = await migrated();
  for (const at of swaps) {
    // One document after the other: the last file that was made is the one that is renamed.
    const { path } = effects.slice(0, at).findLast(({ kind }) => kind === 'create')!;
    const written = effects.slice(0, at).filter((effect) => effect.path === path && effect.kind === 'write');
    const bytes = Buffer.concat(written.flatMap((effect) => effect.bytes ?? [])).toString();
    expect(bytes).toContain('"state_bag_version":2');
    expect(syncedBefore(effects, path, at)).toBe(bytes);
  }
});
