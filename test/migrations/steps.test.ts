import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { NEWEST_VERSION, pathBetween, pathTo } from '../../migrations/index.js';
import type { Target } from '../../migrations/index.js';
import { LEAN_SCHEMA } from '../../schemas/generated/validator-loaders.js';
import type { BagVersion, Migration } from '../../src/bag/migration.js';
import { CONTROL } from '../bag/bag-text.js';
import { hydrate, migrate } from '../bag/migrate.js';
import type { MigrationRun } from '../bag/migrate.js';
import { makePlace } from '../bag/place.js';
import type { Place } from '../bag/place.js';
import { spelledMembers } from '../bag/spelled-members.js';

const CONFIG = { nodes: [{ id: 'a' }] };
const MAP = [{ id: 0 }];
const PATHS = {
  workflow_config: 'workflow_config_s3_path',
  partition_map: 'partition_map_s3_path',
  segment_manifest: 'segment_manifest_s3_path',
};
const [CONFIG_PATH, MAP_PATH, MANIFEST_PATH] = Object.values(PATHS) as [string, string, string];

type Members = Readonly<Record<string, unknown>>;

/** A bag that migrates, with its control members first. */
const bag = (members: Members): Members => ({ ...CONTROL, ...members });
const both = (members: Members = {}): Members =>
  bag({ workflow_config: CONFIG, a: 1, partition_map: MAP, b: 2, ...members });

/** By name: a bag, and the names of its members after a migration, the control members left out. */
type Case = readonly [target: Target, bag: Members, names: readonly string[]];

const VERSION = 'state_bag_version';

const CASES: Readonly<Record<string, Case>> = {
  'init markers go, whatever they hold': [
    'lean',
    both({ _is_init: false, _status: null }),
    [VERSION, CONFIG_PATH, 'a', MAP_PATH, MANIFEST_PATH, 'b'],
  ],
  'config and map are replaced by paths in their places': [
    'lean',
    both(),
    [VERSION, CONFIG_PATH, 'a', MAP_PATH, MANIFEST_PATH, 'b'],
  ],
  'paths that are there are corrected in place': [
    'lean',
    bag({ [CONFIG_PATH]: null, [MAP_PATH]: 's3://local/old', a: 1, workflow_config: CONFIG, partition_map: MAP }),
    [VERSION, CONFIG_PATH, MAP_PATH, MANIFEST_PATH, 'a'],
  ],
  'a null config is taken out and gets no path': [
    'lean',
    bag({ a: 1, workflow_config: null, partition_map: MAP }),
    ['a', VERSION, MAP_PATH, MANIFEST_PATH],
  ],
  'an empty path without a value becomes null': [
    'lean',
    bag({ [CONFIG_PATH]: '', a: 1, partition_map: MAP }),
    [VERSION, CONFIG_PATH, 'a', MAP_PATH, MANIFEST_PATH],
  ],
  'the path of the manifest is next to that of the config when there is no map': [
    'lean',
    bag({ workflow_config: CONFIG, a: 1 }),
    [VERSION, CONFIG_PATH, MANIFEST_PATH, 'a'],
  ],
  'the path of the manifest stays where it is': [
    'lean',
    both({ [MANIFEST_PATH]: null }),
    [VERSION, CONFIG_PATH, 'a', MAP_PATH, 'b', MANIFEST_PATH],
  ],
  'the stamp stays where one is': [
    'lean',
    both({ [VERSION]: 1 }),
    [CONFIG_PATH, 'a', MAP_PATH, MANIFEST_PATH, 'b', VERSION],
  ],
  'an inline manifest that repeats the map becomes pointers in its place': [
    'lean',
    both({ segment_manifest: [{ segment_config: MAP[0] }], c: 3 }),
    [VERSION, CONFIG_PATH, 'a', MAP_PATH, MANIFEST_PATH, 'b', 'segment_manifest', 'c'],
  ],
  'the bridge form keeps the old names': [
    'bridge',
    both({ _is_init: true, _status: 'STARTED' }),
    ['workflow_config', 'a', 'partition_map', 'b'],
  ],
  'the bridge form keeps a null': [
    'bridge',
    bag({ workflow_config: null, a: 1, partition_map: MAP }),
    ['workflow_config', 'a', 'partition_map'],
  ],
};

describe.each<Target>(['lean', 'bridge'])('a migration to %s', (target) => {
  const cases = Object.entries(CASES).filter(([, [one]]) => one === target);
  const documents = Object.fromEntries(
    cases.map(([name, [, members]]) => [name, Buffer.from(JSON.stringify(members))] as const),
  );
  let place: Place;
  let run: MigrationRun;
  let twice: MigrationRun['of'];

  beforeAll(async () => {
    place = makePlace();
    run = await migrate(place, documents, target);
    twice = await run.again();
  });

  const after = (name: string) => JSON.parse(run.of[name]!.bytes.toString()) as Members;

  it.each(cases)('puts each member in its place: %s', (name, [, , names]) => {
    expect(run.of[name]!.outcome).toBe('migrated');
    expect(Object.keys(after(name)).filter((member) => !(member in CONTROL))).toEqual(names);
  });

  it.each(cases)('leads to what it took out: %s', (name, [, before]) => {
    const members = after(name);
    if (target === 'lean') {
      expect(members[VERSION]).toBe(2);
      for (const [member, path] of Object.entries(PATHS))
        if (before[member] !== undefined && before[member] !== null)
          expect(members[path]).toMatch(/^s3:\/\/local\/workflow-\w+\/olive\/press\/[0-9a-f]{64}\/\w+\.json$/);
      return;
    }
    for (const field of ['workflow_config', 'partition_map'] as const) {
      const content = before[field];
      if (content === null) expect(members[field]).toBeNull();
      else
        expect(members[field]).toEqual({
          __s3_pointer__: true,
          bucket: 'local',
          key: expect.stringMatching(/\/olive\/press\/[0-9a-f]{64}\//) as string,
          size_bytes: JSON.stringify(content).length,
          checksum: createHash('md5').update(JSON.stringify(content)).digest('hex').slice(0, 8),
          field_name: field,
          created_at: CONTROL.start_time,
        });
    }
  });

  it.each(cases)('changes nothing when it is done twice: %s', (name) => {
    expect(twice[name]).toMatchObject({ outcome: 'unchanged', bytes: run.of[name]!.bytes });
  });

  it.each(cases)('is filled in again with the same members: %s', async (name, [, before]) => {
    const back = spelledMembers(await hydrate(place, run.of[name]!.bytes));
    const values = Object.fromEntries(back.map((member) => [member.name, member.value]));
    for (const field of ['workflow_config', 'partition_map', 'a'] as const) {
      // A null leads to nothing; what an initialiser left behind does not come back.
      const value = before[field] ?? undefined;
      expect(values[field]).toBe(
        value === undefined ? (target === 'bridge' ? 'null' : undefined) : JSON.stringify(value),
      );
    }
    expect([values._is_init, values._status, values[VERSION]]).toEqual([undefined, undefined, undefined]);
  });
});

describe('the path of migrations', () => {
  it('leads from version 1 to each target by one migration', () => {
    const paths = [pathTo('lean'), pathTo('bridge')].map((path) => path.map(({ id, from, to }) => [id, from, to]));
    expect(paths).toEqual([[['lean-v2', 1, 2]], [['bridge', 1, 'bridge']]]);
  });

  it('is empty from a version to itself', () => {
    expect([pathBetween(1, 1), pathBetween(2, 2), pathBetween('bridge', 'bridge')]).toEqual([[], [], []]);
  });

  it.each([
    [2, 'bridge', 1],
    ['bridge', 2, 1],
    [2, 1, 1],
    [2, 3, 3],
  ] as const)('from version %s to version %s is an internal error when no migration makes it', (from, to, unmade) => {
    expect(() => pathBetween(from, to)).toThrow(
      expect.objectContaining({
        name: 'InternalError',
        code: 'MIGRATION_PATH_MISSING',
        message: expect.stringContaining(`from version ${from} of the bag to version ${unmade};`) as string,
      }) as Error,
    );
  });

  const made = (id: string, from: BagVersion, to: BagVersion): Migration => ({
    id,
    from,
    to,
    up: () => undefined,
    down: () => undefined,
  });
  const chain = [made('a', 1, 2), made('b', 2, 3)];

  it.each([
    [
      'a migration has a wrong from',
      [made('a', 1, 2), made('b', 4, 3)],
      'MIGRATION_PATH_MISSING',
      'from version 1 of the bag to version 4',
    ],
    [
      'migrations make a circle',
      [made('b', 2, 3), made('c', 3, 2)],
      'MIGRATION_PATH_MISSING',
      'from version 1 of the bag to version 3',
    ],
    [
      'two migrations make one version',
      [...chain, made('c', 2, 3)],
      'MIGRATION_PATH_AMBIGUOUS',
      'b and c both make version 3',
    ],
  ] as const)('from version 1 to version 3 is an internal error when %s', (_, migrations, code, message) => {
    expect(() => pathBetween(1, 3, migrations)).toThrow(
      expect.objectContaining({
        name: 'InternalError',
        code,
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });

  it('has the migrations in the order of up, in whatever order they are listed', () => {
    const listed = [...chain].reverse();
    expect(pathBetween(1, 3, listed).map(({ id }) => id)).toEqual(['a', 'b']);
    expect(pathBetween(2, 3, listed).map(({ id }) => id)).toEqual(['b']);
  });

  it('ends at the version of the newest schema of lean bags', () => {
    expect(`state-bag.v${NEWEST_VERSION}`).toBe(LEAN_SCHEMA);
  });
});
