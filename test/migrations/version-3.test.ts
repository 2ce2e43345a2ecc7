import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { pathBetween, pathFor } from '../../migrations/index.js';
import { Bag } from '../../src/bag/bag.js';
import { ByteDraft } from '../../src/bag/edit.js';
import { DEFAULT_LAYOUT } from '../../src/bag/keys.js';
import { migrateDown } from '../../src/bag/migration.js';
import type { BagVersion, Migration } from '../../src/bag/migration.js';
import { planSite } from '../../src/bag/plan.js';
import { rewriteBytes } from '../../src/bag/rewrite.js';
import { loadSources } from '../../src/bag/sources.js';
import { readDocument } from '../../src/bag/value.js';
import { applySplices } from '../../src/json/index.js';
import { hydrate, migrate } from '../bag/migrate.js';
import type { MigrationRun } from '../bag/migrate.js';
import { BUCKET, makePlace } from '../bag/place.js';
import type { Place } from '../bag/place.js';
import { sha256 } from '../batch/world.js';

/*
 * A made-up version 3 of the bag: one migration, one schema, one fixture folder. The list of migrations has one more,
 * and the gate before a commit validates against the new schema. All else is the product.
 */

vi.mock(import('../../migrations/list.js'), async (importOriginal) => {
  const { MIGRATIONS, TARGETS } = await importOriginal();
  const { leanV3 } = await import('./version-3/lean-v3.js');
  return { MIGRATIONS: [leanV3, ...MIGRATIONS], TARGETS: { ...TARGETS, lean: 3 } };
});

vi.mock(import('../../src/validate/state-bag.js'), async (importOriginal) => {
  const original = await importOriginal();
  return {
    ...original,
    assertStateBag: (bag: unknown) => {
      if (!isVersion3(bag)) throw new Error(JSON.stringify(isVersion3.errors));
    },
  };
});

const file = (name: string) => readFileSync(new URL(`./version-3/${name}`, import.meta.url));
const isVersion3 = new Ajv2020().compile(JSON.parse(file('state-bag.v3.json').toString()) as object);

/** One bag in its three versions. */
const VERSIONS = {
  1: file('fixture/version-1.json'),
  2: file('fixture/version-2.json'),
  3: file('fixture/version-3.json'),
} as const;
type Version = keyof typeof VERSIONS;

const bagOf = (bytes: Uint8Array) => new Bag(readDocument(bytes));
const changed = (bytes: Uint8Array, members: object) =>
  bagOf(Buffer.from(JSON.stringify({ ...(JSON.parse(Buffer.from(bytes).toString()) as object), ...members })));
const ids = (path: readonly Migration[]) => path.map(({ id }) => id);

describe('with a version 3 in the list of migrations', () => {
  const paths: readonly (readonly [from: BagVersion, to: BagVersion, path: readonly string[]])[] = [
    [1, 2, ['lean-v2']],
    [1, 3, ['lean-v2', 'lean-v3']],
    [2, 3, ['lean-v3']],
    [3, 3, []],
    [1, 'bridge', ['bridge']],
  ];

  it.each(paths)('the path from version %s to version %s is found', (from, to, path) => {
    expect(ids(pathBetween(from, to))).toEqual(path);
  });

  it('a fat bag needs both migrations, a lean bag the last one, a bag of version 3 none', () => {
    const bags = [bagOf(VERSIONS[1]), bagOf(VERSIONS[2]), bagOf(VERSIONS[3])];
    expect(bags.map((bag) => [bag.version, ids(pathFor(bag, 'lean'))])).toEqual([
      [1, ['lean-v2', 'lean-v3']],
      [2, ['lean-v3']],
      [3, []],
    ]);
  });

  it.each([1, 2.5, '3', null])('a lean bag with the stamp %j counts as version 2', (stamp) => {
    const bag = changed(VERSIONS[2], { state_bag_version: stamp });
    expect([bag.version, ids(pathFor(bag, 'lean'))]).toEqual([2, ['lean-v3']]);
  });

  it('a bag of a later version than the target stays as it is', () => {
    const bag = changed(VERSIONS[3], { state_bag_version: 4 });
    expect([bag.version, pathFor(bag, 'lean')]).toEqual([4, []]);
  });

  it('down runs the migrations of a path backwards', () => {
    const order: string[] = [];
    const path = pathBetween(1, 3).map((migration): Migration => ({
      ...migration,
      down: () => order.push(migration.id),
    }));
    migrateDown(new ByteDraft(readDocument(VERSIONS[3])), path, {});
    expect(order).toEqual(['lean-v3', 'lean-v2']);
  });

  it('a bag of version 3 with an inline config needs both migrations again', () => {
    const bag = changed(VERSIONS[3], { workflow_config: { nodes: [] } });
    expect([bag.version, ids(pathFor(bag, 'lean'))]).toEqual([1, ['lean-v2', 'lean-v3']]);
  });

  it('a bag of the newest era and a lean bag on its way to bridge stay as they are', () => {
    expect(pathFor(changed(VERSIONS[2], { manifest_id: 'm' }), 'lean')).toEqual([]);
    expect(pathFor(bagOf(VERSIONS[2]), 'bridge')).toEqual([]);
  });
});

describe('one bag in three versions', () => {
  let place: Place;
  let run: MigrationRun;

  beforeAll(async () => {
    place = makePlace();
    run = await migrate(place, { fat: VERSIONS[1] });
  });

  /** The bag in another version, as a run makes it, and what its inverse makes of that. */
  async function rewrite(from: Version, to: Version) {
    const site = bagOf(VERSIONS[from]);
    const office = { layout: DEFAULT_LAYOUT, bucket: BUCKET, prefix: '', digest: sha256 };
    const sources = await loadSources(site, place.store);
    const plan = planSite(site, sources, { target: 'lean', manifestForm: 'list', office });
    const { bytes, inverse } = rewriteBytes(VERSIONS[from], [{ ...plan, migrations: pathBetween(from, to) }]);
    return { after: text(bytes), back: text(applySplices(bytes, inverse)) };
  }

  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

  it.each<readonly [Version, Version]>([
    [1, 2],
    [2, 3],
    [1, 3],
  ])('a rewrite from version %s to version %s is undone byte for byte by its inverse', async (from, to) => {
    expect(await rewrite(from, to)).toEqual({ after: text(VERSIONS[to]), back: text(VERSIONS[from]) });
  });

  it('down makes version 2 of version 3, byte for byte', () => {
    const bag = readDocument(VERSIONS[3]);
    const draft = new ByteDraft(bag);
    migrateDown(draft, pathBetween(2, 3), {});
    expect(text(applySplices(VERSIONS[3], draft.splices()))).toBe(text(VERSIONS[2]));
  });

  it('the schema of version 3 accepts version 3 only', () => {
    const accepted = Object.values(VERSIONS).map((bytes) => isVersion3(JSON.parse(text(bytes))));
    expect(accepted).toEqual([false, false, true]);
  });

  it('migrate makes version 3 of a fat and of a lean bag, and rollback restores their bytes', async () => {
    const lean = await migrate(place, { lean: VERSIONS[2] });
    expect([run.of.fat, lean.of.lean].map((one) => [one!.outcome, one!.bytes.toString()])).toEqual([
      ['migrated', text(VERSIONS[3])],
      ['migrated', text(VERSIONS[3])],
    ]);
    expect((await run.again()).fat!.outcome).toBe('unchanged');
    expect(text((await run.rollBack()).fat!)).toBe(text(VERSIONS[1]));
    expect(text((await lean.rollBack()).lean!)).toBe(text(VERSIONS[2]));
  });

  it('hydrate makes a fat bag of version 1 out of version 3', async () => {
    const before = JSON.parse(text(VERSIONS[1])) as Record<string, unknown>;
    const { segment_manifest_s3_path: path, ...filled } = JSON.parse(text(await hydrate(place, VERSIONS[3]))) as Record<
      string,
      unknown
    >;
    expect(path).toMatch(/^s3:\/\/local\/workflow-manifests\/olive\/press\/[0-9a-f]{64}\/segment_manifest\.json$/);
    const { _is_init: marker, ...rest } = before;
    expect([marker, filled]).toEqual([true, rest]);
  });
});
