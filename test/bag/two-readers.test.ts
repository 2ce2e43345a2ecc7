import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStateBagShim } from 'statebag-shim';
import { ask } from './ask.js';
import { CONTROL, KNOWN_MEMBERS, envelope, fatBag } from './bag-text.js';
import { contentOf } from './blob-content.js';
import { inspect } from './inspect.js';
import type { Reading } from './inspect.js';
import { migrateOne } from './migrate.js';
import { makePlace } from './place.js';
import type { Place } from './place.js';
import { readFixtures } from './read-fixtures.js';

type Json = Readonly<Record<string, unknown>>;

const parse = (text: Uint8Array): unknown => JSON.parse(Buffer.from(text).toString());
const compact = (text: string) => JSON.stringify(JSON.parse(text));
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/** A shim that makes bags lean, whatever their size. */
function shimOf({ store }: Place) {
  return createStateBagShim({ store, mode: 'rewrite', budget: false });
}

/** The innermost bag of a document that `envelope` made. */
function bagIn(value: unknown): Json {
  const document = (typeof value === 'string' ? JSON.parse(value) : value) as Json;
  const inner = document.Payload ?? document.state_data ?? document.bag;
  return inner === undefined ? document : bagIn(inner);
}

const strict = readFixtures().filter(({ input }) => !/NaN|Infinity/.test(input.toString()));
const rows = strict.map((fixture) => [fixture.name, fixture] as const);

const CONTENT = {
  config: { nodes: [{ id: 'a' }, { id: 'b' }], edges: [{ source: 'a', target: 'b' }] },
  map: [
    { id: 0, nodes: [{ id: 'a' }], type: 'normal' },
    { id: 7, nodes: [{ id: 'b' }], type: 'llm' },
  ],
};
const MANIFEST = CONTENT.map.map((program, index) => ({
  segment_id: index,
  segment_type: program.type,
  segment_config: program,
  dependencies: [],
  execution_order: index,
  type: program.type,
}));

/** The paths of a lean bag of the usual workflow, with what they lead to. */
function paths(ids = 'olive/press') {
  return {
    workflow_config_s3_path: [`workflow-configs/${ids}/{sha256}/config.json`, CONTENT.config],
    partition_map_s3_path: [`workflow-partitions/${ids}/{sha256}/partition_map.json`, CONTENT.map],
    segment_manifest_s3_path: [`workflow-manifests/${ids}/{sha256}/segment_manifest.json`, MANIFEST],
  };
}

/** Fixtures of which an object becomes something else than the text does, and what. */
const OTHERWISE: Readonly<Record<string, unknown>> = {
  // The command holds a stored bag to the schema; the caller of the library answers for what it writes.
  'empty-values-that-lead-nowhere-are-quarantined': { ...CONTROL, state_bag_version: 2 },
  'a-bag-with-nothing-that-leads-to-a-program-is-quarantined': {
    ...CONTROL,
    state_bag_version: 2,
    segment_manifest_s3_path: null,
  },
  'missing-ids-are-an-underscore': { state_bag_version: 2, ...paths('_/_'), total_segments: 1 },
  // The library repairs what a merge lost.
  'a-lean-bag-that-lost-its-manifest-path-in-a-merge-is-left-to-its-readers': {
    ...CONTROL,
    state_bag_version: 2,
    partition_map_s3_path: paths().partition_map_s3_path,
    segment_manifest_s3_path: paths().segment_manifest_s3_path,
    current_state: {},
  },
  // A result with one bag in another goes on as one bag, with the newer members.
  'a-merge-nested-a-newer-bag-in-an-older-one': {
    state_data: {
      ...CONTROL,
      segment_to_run: 1,
      state_bag_version: 2,
      ...paths(),
      next_action: 'CONTINUE',
      current_state: { n: 2 },
    },
  },
  // Only in text is 7.0 another number than 7.
  'an-inline-manifest-with-another-program-stays-whole': {
    ...CONTROL,
    state_bag_version: 2,
    ...paths(),
    segment_manifest: CONTENT.map.map(({ type }, index) => ({
      segment_index: index,
      segment_id: index,
      segment_type: type,
      manifest_s3_path: paths().segment_manifest_s3_path,
      total_segments: 2,
    })),
  },
};

/** Pointers that are refused are refused by the library as by the command. */
const REFUSED: readonly string[] = [
  'a-pointer-that-leads-to-a-pointer-is-quarantined',
  'a-wrong-checksum-stops-the-migration',
];

describe('a parsed bag', () => {
  it('becomes lean with its values at content addresses, and the caller keeps his object', async () => {
    await fc.assert(
      fc.asyncProperty(fatBag({ withTraces: true }), envelope, async ({ text, config, map }, { wrap }) => {
        const place = makePlace();
        // In a string, a bag is made lean only if its numbers are spelled as JavaScript spells them.
        const event: unknown = deepFreeze(JSON.parse(wrap(compact(text))));
        const before = JSON.stringify(event);
        const bag = bagIn(await shimOf(place).write(event));
        expect(JSON.stringify(event)).toBe(before);
        const others = (members: object) =>
          Object.entries(members).filter(([name]) => !KNOWN_MEMBERS.includes(name) || name === '__proto__');
        expect(others(bag)).toEqual(others(JSON.parse(compact(text)) as object));
        const offloaded = [
          [bag.workflow_config_s3_path, config, 'workflow-configs', 'config.json'],
          [bag.partition_map_s3_path, map, 'workflow-partitions', 'partition_map.json'],
        ] as const;
        for (const [uri, spelled, folder, file] of offloaded) {
          if (spelled === undefined) continue;
          const content = compact(spelled);
          const key = `${folder}/olive/press/${sha256(content)}/${file}`;
          expect(uri).toBe(`s3://local/${key}`);
          expect(Buffer.from(await place.store.get({ bucket: 'local', key })).toString()).toBe(content);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each(rows)('becomes lean as its text does, or is refused: %s', async (name, { input, objects, expected }) => {
    const place = makePlace(objects);
    const event = deepFreeze(parse(input));
    const { lean } = expected;
    if (REFUSED.includes(name)) {
      const code = 'code' in lean ? lean.code : 'none';
      await expect(shimOf(place).write(event)).rejects.toMatchObject({ code });
      return;
    }
    const written = await contentOf(await shimOf(place).write(event), place.store);
    if (name in OTHERWISE) expect(written).toEqual(OTHERWISE[name]);
    // What cannot be made lean is passed on as it came.
    else if ('code' in lean) expect(written).toEqual(await contentOf(parse(input), place.store));
    else {
      const stored = makePlace(objects);
      const { bytes } = await migrateOne(stored, input, 'lean');
      expect(bytes.toString()).toBe(lean.bytes.toString());
      expect(written).toEqual(await contentOf(parse(bytes), stored.store));
    }
  });
});

const SEEN = new URL('../fixtures/bag-readings.json', import.meta.url);

// `UPDATE=1` writes down what the code does now; whoever uses it reads the difference before it is committed.
if (process.env.UPDATE === '1') {
  const found: Record<string, Reading> = {};
  for (const { name, input } of readFixtures()) found[name] = await inspect(input);
  writeFileSync(SEEN, `${JSON.stringify(found, undefined, 2)}\n`);
}

const readings = JSON.parse(readFileSync(SEEN, 'utf8')) as Readonly<Record<string, Reading>>;

describe('a document', () => {
  it.each(readFixtures().map((fixture) => [fixture.name, fixture] as const))(
    'is seen as its text is seen: %s',
    async (name, { input }) => {
      expect(await inspect(input)).toEqual(readings[name]);
      if (/NaN|Infinity/.test(input.toString())) return;
      const { generation, envelope } = shimOf(makePlace()).read(parse(input));
      expect([generation, envelope]).toEqual([
        readings[name]!.generation,
        (readings[name]!.envelope ?? '').split('.').filter((level) => level !== ''),
      ]);
    },
  );
});

describe('stored text that JavaScript does not read', () => {
  it.each([
    ['a byte order mark', '\ufeff[{"id":"a"}]', 'POINTER_TARGET_INVALID'],
    ['a word of Python', '[{"id":"a"},{"id":NaN}]', 'map-pointer 0 a'],
    ['a torn object', '[{"nodes":[', 'POINTER_TARGET_INVALID'],
    ['nothing', '', 'POINTER_TARGET_INVALID'],
    ['what is not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'POINTER_TARGET_INVALID'],
  ])('is refused by the object reader: %s', async (_, content, command) => {
    const event = { ...CONTROL, partition_map: { bucket: 'local', key: 'm.json' } };
    expect(await ask(event, { 'local/m.json': content })).toMatchObject({ library: 'POINTER_TARGET_INVALID', command });
  });
});
