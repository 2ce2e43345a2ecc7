import { migrateDown } from '../../src/bag/hydrate.js';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildLeanBag, validateLeanBag } from 'statebag-shim';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { pathBetween, pathFor } from '../../migrations/index.js';
import { Bag } from '../../src/bag/bag.js';
import { ByteDraft } from '../../src/bag/edit.js';
import { DEFAULT_LAYOUT } from '../../src/bag/keys.js';
import type { BagVersion, Migration } from '../../src/bag/migration.js';
import { planBag } from '../../src/bag/plan.js';
import { rewriteBytes } from '../../src/bag/plan.js';
import { loadSources } from '../../src/bag/sources.js';
import { readDocument } from '../../src/bag/value.js';
import { applySplices } from '../../src/json/index.js';
import { ADAPTER_NAMES, finishedBy, useAdapters } from '../adapter/adapters.js';
import { fatBag } from '../adapter/bags.js';
import type { Json } from '../adapter/bags.js';
import { hydrate, migrate } from '../bag/migrate.js';
import type { MigrationRun } from '../bag/migrate.js';
import { BUCKET, STORE, makePlace } from '../bag/place.js';
import type { Place } from '../bag/place.js';
import { sha256 } from '../batch/world.js';
import { statebag } from '../cli/terminal.js';

/*
 * A made-up version 3 of the bag: one migration, one schema, one fixture folder, and one line in the list of
 * migrations. All else is the product. Its generator makes the modules of the schemas from a copy of them that has one
 * schema more.
 */

vi.mock(import('../../migrations/list.js'), async (importOriginal) => {
  const { MIGRATIONS } = await importOriginal();
  const { leanV3 } = await import('./version-3/lean-v3.js');
  return { MIGRATIONS: [...MIGRATIONS, leanV3] };
});

const generated = await vi.hoisted(async () => {
  const { execFileSync } = await import('node:child_process');
  const { cpSync, mkdtempSync, readdirSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const { fileURLToPath } = await import('node:url');
  const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const folder = mkdtempSync(`${tmpdir()}/statebag-version-3-`);
  const schemas = readdirSync(pathOf('../../schemas')).filter((name) => name.endsWith('.json'));
  for (const name of schemas) cpSync(pathOf(`../../schemas/${name}`), `${folder}/${name}`);
  cpSync(pathOf('./version-3/state-bag.v3.json'), `${folder}/state-bag.v3.json`);
  const script = pathOf('../../schemas/generate.mjs');
  execFileSync(process.execPath, [script, '--schemas', folder, '--out', `${folder}/generated`]);
  return { load: (name: string): Promise<never> => import(`${folder}/generated/${name}.ts`) as Promise<never> };
});

vi.mock(import('../../schemas/generated/lean-bag.js'), () => generated.load('lean-bag'));
vi.mock(import('../../schemas/generated/offload-rules.js'), () => generated.load('offload-rules'));
vi.mock(import('../../schemas/generated/validators.js'), () => generated.load('validators'));
vi.mock(import('../../schemas/generated/validator-loaders.js'), () => generated.load('validator-loaders'));

const file = (name: string) => readFileSync(new URL(`./version-3/${name}`, import.meta.url));

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
    const bag = bagOf(VERSIONS[from]);
    const addressing = { layout: DEFAULT_LAYOUT, bucket: BUCKET, prefix: '', digest: sha256 };
    const sources = await loadSources(bag, place.store);
    const plan = planBag(bag, sources, { target: 'lean', manifestForm: 'list', addressing });
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
    const issues = Object.values(VERSIONS).map((bytes) => validateLeanBag(JSON.parse(text(bytes))).length);
    expect(issues.map((count) => count === 0)).toEqual([false, false, true]);
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

describe('a version 3 in the list of migrations and among the schemas', () => {
  const place = makePlace();
  const adapter = useAdapters();
  const command = (args: readonly string[], bytes: Uint8Array) => {
    writeFileSync(join(place.dir, 'bag.json'), bytes);
    return statebag(place.dir, args);
  };

  it.each([
    [2, 1, false],
    [3, 0, true],
  ] as const)('can-contract on a bag of version %i exits with %i', async (version, code, canContract) => {
    const done = await command(['can-contract', 'bag.json', '--json'], VERSIONS[version]);
    expect([done.code, JSON.parse(done.out)]).toMatchObject([
      code,
      { canContract, documents: canContract ? [] : [{ generation: 'lean', code: 'BAG_OUTDATED' }] },
    ]);
  });

  it('validate accepts a bag of version 3 and says that a bag of version 2 is to be migrated', async () => {
    const args = ['validate', 'bag.json', '--json'];
    expect((await command(args, VERSIONS[3])).code).toBe(0);
    const { code, out } = await command(args, VERSIONS[2]);
    expect(code).toBe(1);
    expect(out).toContain('this schema is that of version 3.');
  });

  it('inspect says of a bag with the stamp 3 and an inline config that it is stamped but fat', async () => {
    const bag = {
      ...(JSON.parse(VERSIONS[3].toString()) as Json),
      workflow_config: { nodes: [{ id: 'a' }], edges: [] },
    };
    const { out } = await command(
      ['inspect', 'bag.json', '--json', '--store', STORE],
      Buffer.from(JSON.stringify(bag)),
    );
    expect(out).toContain('STAMPED_BUT_FAT');
  });

  it('buildLeanBag makes a bag of version 3', async () => {
    const { store } = makePlace();
    const { workflow_config: workflowConfig } = fatBag();
    const input = { ownerId: 'acme', workflowId: 'invoices', workflowConfig: workflowConfig as Json };
    const bag: Json = await buildLeanBag(input, store);
    expect(bag).toMatchObject({
      state_bag_version: 3,
      execution_id: expect.stringMatching(/^acme#auto#invoices#/) as string,
    });
    expect(bag).not.toHaveProperty('idempotency_key');
  });

  it.each(ADAPTER_NAMES)('a shim over %s returns a fat bag and a bag of version 2 as version 3', async (name) => {
    const { idempotency_key: key } = fatBag();
    const third = (await finishedBy(await adapter(name), fatBag())) as Json;
    expect(third).toMatchObject({ state_bag_version: 3, execution_id: key });
    const { execution_id: id, ...rest } = third;
    const second = { ...rest, state_bag_version: 2, idempotency_key: id };
    expect(await finishedBy(await adapter(name), second)).toEqual(third);
    expect(await finishedBy(await adapter(name), third)).toEqual(third);
  });
});
