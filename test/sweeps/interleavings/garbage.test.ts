import { rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DEFAULT_LAYOUT } from '../../../src/bag/keys.js';
import { blobKeysOf } from '../../../src/run/blob-keys.js';
import { BLOBS } from '../../batch/scratch.js';
import { run, runRollback } from '../../batch/workbench.js';
import { SUBJECTS } from './pair-world.js';
import type { PairWorld } from './pair-world.js';
import { expectNoViolations, LEAN, TIMEOUT } from './pairs.js';
import type { Role } from './schedules.js';

const DAY = 24 * 3_600_000;
const NOW = Date.parse('2026-02-01T00:00:00Z');

/** Blobs that a migration wrote two years ago. It was rolled back, so nothing points to them. */
async function forgotten(world: PairWorld): Promise<void> {
  await run(world);
  await runRollback(world);
  rmSync(world.journal, { recursive: true });
}

const COLLECTION: Role = {
  name: 'gc',
  work: ({ gc, workbench }, world) => {
    const { objects, table } = world.ports;
    return gc.collect({
      sources: workbench.sourcesOf(world, undefined, objects, table),
      journals: [],
      objects,
      bucket: BLOBS,
      prefix: '',
      keys: blobKeysOf(DEFAULT_LAYOUT),
      ttl: 30 * DAY,
      concurrency: 1,
      allowEmpty: true,
      apply: true,
      now: () => Date.now(),
    });
  },
};

const { file, object, row } = SUBJECTS;

const CASES = [
  ...[file, object, row].map((subject) => ({ subject, roles: [LEAN, COLLECTION] as const })),
  ...[file, object, row].map((subject) => ({ subject, roles: [COLLECTION, LEAN] as const })),
].map((one) => ({ ...one, names: one.roles.map(({ name }) => name).join(', ') }));

const SWEEP = {
  earlier: forgotten,
  runs: [LEAN],
  areBlobsShared: true,
  blobTime: NOW - 800 * DAY,
  isMigrated: true,
} as const;

it.each(CASES)(
  '$names: no blob is deleted that $subject.name points to',
  TIMEOUT,
  async ({ subject, roles, names }) => {
    const deleted = new Set<number>();
    await expectNoViolations(`${names}, ${subject.name}`, {
      ...SWEEP,
      subject,
      roles,
      check: ({ processes }) => {
        const { ending } = processes.find(({ name }) => name === COLLECTION.name)!;
        deleted.add((ending as { readonly value: { readonly deleted: number } }).value.deleted);
        return Promise.resolve([]);
      },
    });
    // The race is one: before the migration gc deletes every blob, and after it none.
    expect([Math.min(...deleted), Math.max(...deleted)]).toEqual([0, 3]);
  },
);

it.each([file, object, row])(
  'gc next to a migration that is killed and run again deletes no blob that $name points to',
  TIMEOUT,
  async (subject) => {
    const roles = [COLLECTION, LEAN] as const;
    await expectNoViolations(`gc, migrate killed, ${subject.name}`, { ...SWEEP, subject, roles, kill: true });
  },
);
