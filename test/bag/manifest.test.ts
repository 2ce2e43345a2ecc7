import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import type { ByteValue } from '../../src/bag/byte-reader.js';
import {
  buildManifest,
  detectManifestEntries,
  holdsPrograms,
  manifestEntryAt,
  manifestPointers,
  repeatsMap,
} from '../../src/bag/manifest.js';
import type { ManifestForm } from '../../src/bag/manifest.js';
import { objectReader } from '../../src/bag/object-reader.js';
import { validateAgainst } from '../../src/bag/validate/validate-against.js';
import { BagError } from 'statebag-shim';
import { jsonText } from '../json/json-text.js';

const read = (text: string): ByteValue => readDocument(Buffer.from(text));

function manifestOf(map: string, form?: ManifestForm): string {
  return Buffer.from(buildManifest(byteReader, read(map), form)).toString();
}

function codeOf(map: string): string {
  try {
    return manifestOf(map);
  } catch (error) {
    if (error instanceof BagError) return error.code;
    throw error;
  }
}

describe('a manifest', () => {
  it('holds each element with the bytes it has in the map', () => {
    const odd =
      '{ "id" : 1.0,"type":"norm\\u0061l", "nodes":[{"t":1e+16,"z":-0.0,"n":NaN,"big":9007199254740993,"s":"\\/\\ud800é"}]\n}';
    expect(manifestOf(`[\n ${odd} ,{"id":7,"type":"llm"}]`)).toBe(
      `[{"segment_id":0,"segment_type":"norm\\u0061l","segment_config":${odd},"dependencies":[],"execution_order":0,"type":"norm\\u0061l"},` +
        '{"segment_id":1,"segment_type":"llm","segment_config":{"id":7,"type":"llm"},"dependencies":[],"execution_order":1,"type":"llm"}]',
    );
  });

  it('takes the program out of a nested entry, with its dependencies, and counts anew', () => {
    const map =
      '[{"segment_id":9,"execution_order":4,"segment_config":{"id":3,"type":"llm"},"dependencies":[ 1.0 ],"type":"hitp"},{"segment_config":{"id":4,"type":"llm"},"dependencies":null}]';
    expect(manifestOf(map)).toBe(
      '[{"segment_id":0,"segment_type":"hitp","segment_config":{"id":3,"type":"llm"},"dependencies":[ 1.0 ],"execution_order":0,"type":"hitp"},' +
        '{"segment_id":1,"segment_type":"llm","segment_config":{"id":4,"type":"llm"},"dependencies":[],"execution_order":1,"type":"llm"}]',
    );
  });

  it('has a null type where the element has none, or has null', () => {
    const types = JSON.parse(
      manifestOf('[{"id":0},{"id":1,"type":null},{"segment_config":{"type":"llm"},"type":null}]'),
    ) as readonly Record<string, unknown>[];
    expect(types.map(({ segment_type, type }) => [segment_type, type])).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ]);
  });

  it('counts past nulls', () => {
    const ids = JSON.parse(manifestOf('[null,{"id":"a"},null,null,{"id":"b"}]')) as readonly {
      segment_id: number;
      segment_config: { id: string };
    }[];
    expect(ids.map(({ segment_id, segment_config }) => [segment_id, segment_config.id])).toEqual([
      [0, 'a'],
      [1, 'b'],
    ]);
  });

  it('of a dict is in numeric order', () => {
    const keys = Array.from({ length: 12 }, (_, index) => index).reverse();
    const dict = `{${keys.map((key) => `"${key}":{"id":${key}}`).join()}}`;
    const ids = (JSON.parse(manifestOf(dict)) as readonly { segment_config: { id: number } }[]).map(
      ({ segment_config }) => segment_config.id,
    );
    expect(ids).toEqual([...keys].reverse());
  });

  it('may be wrapped in an envelope', () => {
    expect(manifestOf('[{"id":0}]', 'envelope')).toBe(
      `{"version":1,"total_segments":1,"segments":${manifestOf('[{"id":0}]')}}`,
    );
    expect(manifestOf('[]', 'envelope')).toBe('{"version":1,"total_segments":0,"segments":[]}');
  });

  it('keeps the maps inside the branches of a group', () => {
    const group =
      '{"id":2,"type":"parallel_group","branches":[{"branch_id":"B0","partition_map":[{"id":0,"partition_map":[]}]}]}';
    expect(manifestOf(`[${group}]`)).toContain(`"segment_config":${group}`);
  });

  it.each([
    ['a dict with a gap', '{"0":{},"2":{}}', 'MAP_NOT_POSITIONAL'],
    ['a dict that counts from 1', '{"1":{}}', 'MAP_NOT_POSITIONAL'],
    ['a dict with a leading zero', '{"00":{}}', 'MAP_NOT_POSITIONAL'],
    ['a dict with a name among its keys', '{"0":{},"length":{}}', 'MAP_NOT_POSITIONAL'],
    ['a dict with __proto__ for a key', '{"0":{},"__proto__":{}}', 'MAP_NOT_POSITIONAL'],
    ['a dict with a null', '{"0":null}', 'SEGMENT_INVALID'],
    ['a list with text', '[{"id":0},"b"]', 'SEGMENT_INVALID'],
    ['a list of lists', '[[]]', 'SEGMENT_INVALID'],
    ['a program that is null', '[{"segment_config":null}]', 'SEGMENT_INVALID'],
    ['a program that is text', '[{"segment_config":"s3://b/k"}]', 'SEGMENT_INVALID'],
    ['user data', '[{"partition_id":0,"items":[]}]', 'MAP_IS_USER_DATA'],
    ['a number', '3', 'MAP_INVALID'],
    ['text', '"map"', 'MAP_INVALID'],
    ['null', 'null', 'MAP_INVALID'],
  ])('is not made of %s', (_, map, code) => {
    expect(codeOf(map)).toBe(code);
    expect(() => buildManifest(objectReader, JSON.parse(map))).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('satisfies its schema in either form, and both readers make the same one', () => {
    const element = fc
      .tuple(fc.nat(), fc.constantFrom('"normal"', 'null'), jsonText)
      .map(([id, type, extra]) => `{"id":${id},"type":${type},"nodes":[],"x":${extra}}`);
    const nested = element.map((program) => `{"segment_config":${program},"dependencies":[]}`);
    const map = fc
      .array(fc.oneof(element, nested, fc.constant('null')), { maxLength: 4 })
      .map((items) => `[${items.join()}]`);
    fc.assert(
      fc.property(map, fc.constantFrom<ManifestForm>('list', 'envelope'), (text, form) => {
        const compact = JSON.stringify(JSON.parse(text));
        const manifest = manifestOf(compact, form);
        expect(validateAgainst('segment-manifest.v1', JSON.parse(manifestOf(text, form)))).toEqual([]);
        expect(Buffer.from(buildManifest(objectReader, JSON.parse(compact), form)).toString()).toBe(manifest);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a list of pointers', () => {
  it('names each segment, its type and the manifest', () => {
    const pointers = manifestPointers(
      byteReader,
      read('[{"id":4,"type":"llm"},null,{"segment_config":{"type":"hitp"}},{"type":7}]'),
      's3://b/k',
    );
    expect(pointers).toEqual(
      ['llm', 'hitp', null].map((segment_type, index) => ({
        segment_index: index,
        segment_id: index,
        segment_type,
        manifest_s3_path: 's3://b/k',
        total_segments: 3,
      })),
    );
    expect(pointers).toEqual(
      manifestPointers(
        objectReader,
        [{ id: 4, type: 'llm' }, null, { segment_config: { type: 'hitp' } }, { type: 7 }],
        's3://b/k',
      ),
    );
  });
});

describe('what was read from the place of a manifest', () => {
  it.each([
    ['a list of entries', '[{"segment_id":0,"segment_config":{}}]'],
    ['a list of bare programs', '[{"id":0,"nodes":[]}]'],
    ['a list with nulls', '[null,{"segment_id":0}]'],
    ['a dict with the keys of a list', '{"0":{"segment_config":{}},"1":{"nodes":[]}}'],
  ])('is one: %s', (_, text) => {
    const document = read(text);
    expect(detectManifestEntries(byteReader, document)).toBe(document);
    expect(detectManifestEntries(objectReader, JSON.parse(text))).toBeDefined();
  });

  it('is one in an envelope', () => {
    const document = read('{"manifest_id":"m","segments":[{"segment_id":0}]}');
    expect(Buffer.from(byteReader.bytes(detectManifestEntries(byteReader, document)!)).toString()).toBe(
      '[{"segment_id":0}]',
    );
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
  ])('is none: %s', (text) => {
    const entries = detectManifestEntries(byteReader, read(text));
    expect(entries === undefined || byteReader.names(entries).length === 0).toBe(true);
    const parsed = detectManifestEntries<unknown>(objectReader, JSON.parse(text));
    expect(parsed === undefined || objectReader.names(parsed).length === 0).toBe(true);
  });

  it('is read by position, but for an envelope with an id, where entries may be missing', () => {
    const at = (text: string, index: number) => {
      const document = read(text);
      const found = manifestEntryAt(byteReader, document, detectManifestEntries(byteReader, document)!, index);
      return found && Buffer.from(byteReader.bytes(found)).toString();
    };
    const [zero, two] = ['{"segment_id":0}', '{"segment_id":2}'];
    expect(at(`[${zero},${two}]`, 1)).toBe(two);
    expect(at(`{"segments":[${zero},${two}]}`, 1)).toBe(two);
    expect([0, 1, 2, 3].map((index) => at(`{"manifest_id":"m","segments":[${zero},${two}]}`, index))).toEqual([
      zero,
      undefined,
      two,
      undefined,
    ]);
    expect(at('{"manifest_id":"m","segments":[{"nodes":[]},{"nodes":[1]}]}', 1)).toBe('{"nodes":[1]}');
  });
});

describe('an inline manifest', () => {
  const repeats = (manifest: string, map: string) => {
    const answer = repeatsMap(byteReader, read(manifest), read(map), () => undefined);
    expect(repeatsMap(objectReader, JSON.parse(manifest), JSON.parse(map), () => undefined)).toBe(answer);
    return answer;
  };
  const map = '[{"id":0},{"id":1}]';

  it('repeats its map when it holds the same programs and nothing else', () => {
    expect(repeats('[{"segment_id":0,"segment_config":{"id":0},"type":"x"},{"segment_config":{"id":1}}]', map)).toBe(
      true,
    );
    expect(repeats('[null,{"segment_config":{"id":0}},{"segment_config":{"id":1}}]', map)).toBe(true);
  });

  it.each([
    ['fewer programs', '[{"segment_config":{"id":0}}]'],
    ['another order', '[{"segment_config":{"id":1}},{"segment_config":{"id":0}}]'],
    ["a member of somebody's own", '[{"segment_config":{"id":0},"status":"skipped"},{"segment_config":{"id":1}}]'],
    ['entries that are programs', map],
    ['a dict', '{"0":{"segment_config":{"id":0}},"1":{"segment_config":{"id":1}}}'],
    ['nulls for programs', '[{"segment_config":null},{"segment_config":null}]'],
  ])('does not repeat its map with %s', (_, manifest) => {
    expect(repeats(manifest, map)).toBe(false);
  });

  it('holds programs when every entry does', () => {
    expect(
      ['[{"segment_config":{}}]', '[{"segment_config":{}},{"segment_id":1}]', '[]', 'null', '{}'].map((text) =>
        holdsPrograms(byteReader, read(text)),
      ),
    ).toEqual([true, false, false, false, false]);
  });
});
