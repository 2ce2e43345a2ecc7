import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildLeanBag, StateBagError } from 'statebag-shim';
import type { ManifestForm } from 'statebag-shim';
import { memoryBlobStore } from 'statebag-shim/memory';
import { jsonText } from '../json/json-text.js';
import { statebag } from '../cli/terminal.js';
import { ask, askBoth } from './ask.js';
import { CONTROL } from './bag-text.js';
import { migrate, migrateOne, namedBlobs } from './migrate.js';
import { BUCKET, makePlace, STORE } from './place.js';

const CONFIG = { nodes: [{ id: 'a' }] };

/** A bag with a map that is given as text. */
function bagWith(map: string, members: object = {}): Buffer {
  const bag = JSON.stringify({ ...CONTROL, workflow_config: CONFIG, partition_map: 'HERE', ...members });
  return Buffer.from(bag.replace('"HERE"', () => map));
}

/** The manifests that a migration writes of maps, or the codes with which it refuses them, in one run. */
async function manifestsOf(maps: readonly string[], form: ManifestForm = 'list'): Promise<readonly string[]> {
  const place = makePlace();
  const bags = new Map(maps.map((map, index) => [`map-${index}`, bagWith(map)]));
  const { of } = await migrate(place, Object.fromEntries(bags), 'lean', ['--manifest', form]);
  return [...bags].map(([name, bag]) => {
    const { code, bytes } = of[name]!;
    return code ?? namedBlobs(place, bytes, bag).find(({ kind }) => kind === 'manifests')!.text;
  });
}

async function manifestOf(map: string, form?: ManifestForm): Promise<string> {
  return (await manifestsOf([map], form))[0]!;
}

/** The manifest that the library writes of a parsed map, or its code. */
async function builtOf(map: string, manifest: ManifestForm = 'list'): Promise<string> {
  const store = memoryBlobStore({ bucket: BUCKET });
  const input = {
    ownerId: 'olive',
    workflowId: 'press',
    workflowConfig: CONFIG,
    partitionMap: JSON.parse(map) as unknown,
  };
  try {
    const { segment_manifest_s3_path: path } = await buildLeanBag(input, store, { manifest });
    const key = String(path).slice(`s3://${BUCKET}/`.length);
    return Buffer.from(await store.get({ bucket: BUCKET, key })).toString();
  } catch (error) {
    if (error instanceof StateBagError) return error.code;
    throw error;
  }
}

describe('a manifest', () => {
  it('holds each element with the bytes it has in the map', async () => {
    const odd =
      '{ "id" : 1.0,"type":"norm\\u0061l", "nodes":[{"t":1e+16,"z":-0.0,"n":NaN,"big":9007199254740993,"s":"\\/\\ud800é"}]\n}';
    expect(await manifestOf(`[\n ${odd} ,{"id":7,"type":"llm"}]`)).toBe(
      `[{"segment_id":0,"segment_type":"norm\\u0061l","segment_config":${odd},"dependencies":[],"execution_order":0,"type":"norm\\u0061l"},` +
        '{"segment_id":1,"segment_type":"llm","segment_config":{"id":7,"type":"llm"},"dependencies":[],"execution_order":1,"type":"llm"}]',
    );
  });

  it('takes the program out of a nested entry, with its dependencies, and counts anew', async () => {
    const map =
      '[{"segment_id":9,"execution_order":4,"segment_config":{"id":3,"type":"llm"},"dependencies":[ 1.0 ],"type":"hitp"},{"segment_config":{"id":4,"type":"llm"},"dependencies":null}]';
    expect(await manifestOf(map)).toBe(
      '[{"segment_id":0,"segment_type":"hitp","segment_config":{"id":3,"type":"llm"},"dependencies":[ 1.0 ],"execution_order":0,"type":"hitp"},' +
        '{"segment_id":1,"segment_type":"llm","segment_config":{"id":4,"type":"llm"},"dependencies":[],"execution_order":1,"type":"llm"}]',
    );
  });

  it('has a null type where the element has none, or has null', async () => {
    const map = '[{"id":0},{"id":1,"type":null},{"segment_config":{"type":"llm"},"type":null}]';
    for (const text of [await manifestOf(map), await builtOf(map)]) {
      const types = JSON.parse(text) as readonly Record<string, unknown>[];
      expect(types.map(({ segment_type, type }) => [segment_type, type])).toEqual([
        [null, null],
        [null, null],
        [null, null],
      ]);
    }
  });

  it('of a dict is in numeric order', async () => {
    const keys = Array.from({ length: 12 }, (_, index) => index).reverse();
    const dict = `{${keys.map((key) => `"${key}":{"id":${key}}`).join()}}`;
    const ids = (JSON.parse(await manifestOf(dict)) as readonly { segment_config: { id: number } }[]).map(
      ({ segment_config }) => segment_config.id,
    );
    expect(ids).toEqual([...keys].reverse());
  });

  it('may be wrapped in an envelope', async () => {
    expect(await manifestOf('[{"id":0}]', 'envelope')).toBe(
      '{"version":1,"total_segments":1,"segments":[{"segment_id":0,"segment_type":null,"segment_config":{"id":0},"dependencies":[],"execution_order":0,"type":null}]}',
    );
  });

  it('keeps the maps inside the branches of a group', async () => {
    const group =
      '{"id":2,"type":"parallel_group","branches":[{"branch_id":"B0","partition_map":[{"id":0,"partition_map":[]}]}]}';
    expect(await manifestOf(`[${group}]`)).toContain(`"segment_config":${group}`);
  });

  const refused = [
    ['a dict with a gap', '{"0":{},"2":{}}', 'MAP_NOT_POSITIONAL'],
    ['a dict that counts from 1', '{"1":{}}', 'MAP_NOT_POSITIONAL'],
    ['a dict with a leading zero', '{"00":{}}', 'MAP_NOT_POSITIONAL'],
    ['a dict with a name among its keys', '{"0":{},"length":{}}', 'MAP_NOT_POSITIONAL'],
    ['a dict with __proto__ for a key', '{"0":{},"__proto__":{}}', 'MAP_NOT_POSITIONAL'],
    ['a list with a null', '[null,{"id":"a"},null,null,{"id":"b"}]', 'MAP_HAS_NULLS'],
    ['a dict with a null', '{"0":null}', 'MAP_HAS_NULLS'],
    [
      'a group with a null in the map of a branch',
      '[{"id":0},{"id":1,"branches":[{},{"partition_map":[{"id":0},null]}]}]',
      'MAP_HAS_NULLS',
    ],
    [
      'a group whose branch has a group with a null',
      '[{"branches":[{"partition_map":{"0":{"segment_config":{"branches":[{"partition_map":[null]}]}}}}]}]',
      'MAP_HAS_NULLS',
    ],
    [
      'a group with JSON text for the map of a branch, whose null is spelled with escapes',
      String.raw`[{"branches":[{"partition_map":"[{\"id\":0},\u006eull]"}]}]`,
      'MAP_HAS_NULLS',
    ],
    [
      'such a group whose branch has a group like it, with a backslash that is spelled with an escape',
      String.raw`[{"branches":[{"partition_map":"[{\"branches\":[{\"partition_map\":\"[\u005cu006eull]\"}]}]"}]}]`,
      'MAP_HAS_NULLS',
    ],
    ['a list with text', '[{"id":0},"b"]', 'SEGMENT_INVALID'],
    ['a list of lists', '[[]]', 'SEGMENT_INVALID'],
    ['a program that is null', '[{"segment_config":null}]', 'SEGMENT_INVALID'],
    ['a program that is text', '[{"segment_config":"words"}]', 'SEGMENT_INVALID'],
    ['user data', '[{"partition_id":0,"items":[]}]', 'MAP_IS_USER_DATA'],
    ['a number', '3', 'MAP_INVALID'],
    ['text', '"map"', 'MAP_INVALID'],
  ] as const;

  it.each(refused)('is not made of %s', async (_, map, code) => {
    expect(await manifestOf(map)).toBe(code);
    expect(await builtOf(map)).toBe(code);
  });

  it('satisfies its schema in either form, and the library makes it of a parsed map', async () => {
    const element = fc
      .tuple(fc.nat(), fc.constantFrom('"normal"', 'null'), jsonText)
      .map(([id, type, extra]) => `{"id":${id},"type":${type},"nodes":[],"x":${extra}}`);
    const nested = element.map((program) => `{"segment_config":${program},"dependencies":[]}`);
    const map = fc
      .tuple(element, fc.array(fc.oneof(element, nested), { maxLength: 3 }))
      .map(([first, rest]) => `[${[first, ...rest].join()}]`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(map, { minLength: 25, maxLength: 25 }),
        fc.constantFrom<ManifestForm>('list', 'envelope'),
        async (maps, form) => {
          const compact = maps.map((text) => JSON.stringify(JSON.parse(text)));
          const written = await manifestsOf([...maps, ...compact], form);
          const { dir } = makePlace();
          // The others may have a member twice, which validate refuses in every document.
          for (const [index, text] of written.slice(maps.length).entries())
            writeFileSync(join(dir, `${index}.json`), text);
          const { code, err } = await statebag(dir, ['validate', dir, '--schema', 'segment-manifest.v1']);
          expect([code, err]).toEqual([0, '']);
          for (const [index, text] of compact.entries())
            expect(await builtOf(text, form)).toBe(written[maps.length + index]);
        },
      ),
      { numRuns: 2, endOnFailure: true },
    );
  });
});

/** A bag whose inline manifest, given as text, lies next to a map; and what a migration leaves of the manifest. */
async function inlineAfter(manifest: string, map: string): Promise<unknown> {
  const bag = bagWith(map, { segment_manifest: 'MANIFEST' })
    .toString()
    .replace('"MANIFEST"', () => manifest);
  const { bytes, outcome } = await migrateOne(makePlace(), Buffer.from(bag));
  expect(outcome).toBe('migrated');
  return (JSON.parse(bytes.toString()) as { readonly segment_manifest: unknown }).segment_manifest;
}

describe('a list of pointers', () => {
  it('names each segment, its type and the manifest', async () => {
    const map = '[{"id":4,"type":"llm"},{"segment_config":{"type":"hitp"}},{"type":"7"}]';
    const manifest =
      '[{"segment_config":{"id":4,"type":"llm"}},{"segment_config":{"type":"hitp"}},{"segment_config":{"type":"7"}}]';
    const pointers = (await inlineAfter(manifest, map)) as readonly { readonly manifest_s3_path: string }[];
    const path = pointers[0]!.manifest_s3_path;
    expect(path).toMatch(/^s3:\/\/local\/workflow-manifests\/olive\/press\/[0-9a-f]{64}\/segment_manifest\.json$/);
    expect(pointers).toEqual(
      ['llm', 'hitp', '7'].map((segment_type, index) => ({
        segment_index: index,
        segment_id: index,
        segment_type,
        manifest_s3_path: path,
        total_segments: 3,
      })),
    );
  });
});

describe('what was read from the place of a manifest', () => {
  const event = { ...CONTROL, segment_manifest_s3_path: 's3://local/m.json' };
  it.each([
    ['a list of entries', '[{"segment_id":0,"segment_config":{"id":"x"}}]'],
    ['a list of bare programs', '[{"id":"x","nodes":[]}]'],
    ['a list with nulls', '[null,{"segment_id":0,"id":"x"}]'],
    ['a dict with the keys of a list', '{"0":{"segment_config":{"id":"x"}},"1":{"nodes":[]}}'],
  ])('is one: %s', async (_, text) => {
    const said = 'manifest 0 x';
    expect(await ask(event, { 'local/m.json': text })).toMatchObject({ library: said, command: said });
  });

  it('is one in an envelope', async () => {
    const said = 'manifest 0 x';
    const text = '{"manifest_id":"m","segments":[{"segment_id":0,"segment_config":{"id":"x"}}]}';
    expect(await ask(event, { 'local/m.json': text })).toMatchObject({ library: said, command: said });
  });

  it.each([
    '{}',
    '{"segments":{}}',
    '{"segments":null}',
    '{"segments":[1]}',
    '{"manifest_id":"m","committed":true}',
    '{"DestinationBucket":"b"}',
    '[1]',
    '["a"]',
    '[{"Key":"a"}]',
    '[[]]',
    'null',
    '"x"',
    '7',
    '{"0":1}',
    '{"1":{"nodes":[]}}',
  ])('is none: %s', async (text) => {
    const said = 'SEGMENT_NOT_FOUND';
    expect(await ask(event, { 'local/m.json': text })).toMatchObject({ library: said, command: said });
  });

  it('is read by position, but for an envelope with an id, where entries may be missing', async () => {
    const at = async (text: string, index: number) => {
      const place = makePlace({ 'local/m.json': text });
      const { library, command } = await askBoth(JSON.stringify({ ...event, segment_to_run: index }), place);
      expect(command).toEqual(library);
      return library.program ?? library.said;
    };
    const [zero, two] = [
      { segment_id: 0, id: 'zero' },
      { segment_id: 2, id: 'two' },
    ];
    const entries = JSON.stringify([zero, two]);
    expect(await at(entries, 1)).toEqual(two);
    expect(await at(`{"segments":${entries}}`, 1)).toEqual(two);
    const byId = `{"manifest_id":"m","segments":${entries}}`;
    expect([await at(byId, 0), await at(byId, 1), await at(byId, 2), await at(byId, 3)]).toEqual([
      zero,
      'SEGMENT_OUT_OF_RANGE',
      two,
      'SEGMENT_OUT_OF_RANGE',
    ]);
    expect(await at('{"manifest_id":"m","segments":[{"nodes":[]},{"nodes":[1]}]}', 1)).toEqual({ nodes: [1] });
  });
});

describe('an inline manifest', () => {
  const map = '[{"id":0},{"id":1}]';
  const repeats = async (manifest: string) =>
    JSON.stringify(await inlineAfter(manifest, map)) !== JSON.stringify(JSON.parse(manifest));

  it('repeats its map when it holds the same programs and nothing else', async () => {
    expect(await repeats('[{"segment_id":0,"segment_config":{"id":0},"type":"x"},{"segment_config":{"id":1}}]')).toBe(
      true,
    );
  });

  it.each([
    ['fewer programs', '[{"segment_config":{"id":0}}]'],
    ['another order', '[{"segment_config":{"id":1}},{"segment_config":{"id":0}}]'],
    ["a member of somebody's own", '[{"segment_config":{"id":0},"status":"skipped"},{"segment_config":{"id":1}}]'],
    ['entries that are programs', map],
  ])('does not repeat its map with %s', async (_, manifest) => {
    expect(await repeats(manifest)).toBe(false);
  });

  it.each([
    ['a null', '[null,{"segment_config":{"id":0}},{"segment_config":{"id":1}}]'],
    ['nulls for programs', '[{"segment_config":null},{"segment_config":null}]'],
    ['text for an entry', '["a"]'],
    ['an empty path', '[{"manifest_s3_path":""}]'],
  ])('with %s is refused by the schema before anything is stored', async (_, manifest) => {
    const place = makePlace();
    const { outcome, code } = await migrateOne(
      place,
      bagWith(map, { segment_manifest: JSON.parse(manifest) as unknown }),
    );
    expect([outcome, code]).toEqual(['quarantined', 'BAG_INVALID']);
    expect(existsSync(join(place.dir, STORE))).toBe(false);
  });

  it('that is a dict is refused by the schema', async () => {
    const manifest = { 0: { segment_config: { id: 0 } }, 1: { segment_config: { id: 1 } } };
    const { outcome, code } = await migrateOne(makePlace(), bagWith(map, { segment_manifest: manifest }));
    expect([outcome, code]).toEqual(['quarantined', 'BAG_INVALID']);
  });

  it('holds programs when every entry does', async () => {
    const said = async (manifest: unknown) => {
      const answers = await ask({ ...CONTROL, segment_manifest: manifest });
      return [answers.library, answers.command];
    };
    expect(await said([{ segment_config: { id: 'x' } }])).toEqual(['manifest 0 x', 'manifest 0 x']);
    for (const manifest of [[{ segment_config: { id: 'x' } }, { segment_id: 1 }], [], null, {}])
      expect(await said(manifest)).toEqual(['SEGMENT_NOT_FOUND', 'SEGMENT_NOT_FOUND']);
  });
});
