import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BagError } from 'statebag-shim';
import {
  EVERYTHING,
  expandNode,
  LEAF,
  MAX_DEPTH,
  MAX_DOCUMENT_BYTES,
  scanJson,
  type Shape,
} from '../../src/json/index.js';
import { rebuild, textOf, thrownBy, utf8 } from './json-text.js';

describe('a scan records what its shape asks for', () => {
  const text = '{"id": 7, "bag": {"workflow_config": {"nodes": [1]}, "x": [2]}, "list": [{"a": 1}, 3]}';
  const bytes = utf8(text);

  it('nothing without a shape', () => {
    expect(scanJson(bytes)).toEqual({ kind: 'object', start: 0, end: text.length });
  });

  it('all members of an object of which it names one, with the ranges of keys and values', () => {
    const root = scanJson(bytes, { members: { bag: LEAF } });
    expect(root.members?.map(({ name }) => name)).toEqual(['id', 'bag', 'list']);
    const [id, bag] = root.members ?? [];
    expect(id).toEqual({ name: 'id', keyStart: 1, keyEnd: 5, value: { kind: 'number', start: 7, end: 8 } });
    expect(textOf(bytes.subarray(bag!.value.start, bag!.value.end))).toBe(
      '{"workflow_config": {"nodes": [1]}, "x": [2]}',
    );
    expect(bag?.value).not.toHaveProperty('members');
  });

  it('the shape of a named member rather than that of any member', () => {
    const root = scanJson(bytes, { members: { bag: LEAF }, anyMember: { anyMember: LEAF, items: LEAF } });
    expect(root.members?.[1]?.value).not.toHaveProperty('members');
    expect(root.members?.[2]?.value.items?.map((item) => item.kind)).toEqual(['object', 'number']);
  });

  it('elements only of arrays and members only of objects', () => {
    expect(scanJson(utf8('[1]'), { anyMember: LEAF })).toEqual({ kind: 'array', start: 0, end: 3 });
    expect(scanJson(utf8('{"a":1}'), { items: LEAF })).toEqual({ kind: 'object', start: 0, end: 7 });
  });

  it('empty lists for empty containers', () => {
    expect(scanJson(utf8('{}'), EVERYTHING).members).toEqual([]);
    expect(scanJson(utf8('[ ]'), EVERYTHING).items).toEqual([]);
  });

  it('an envelope inside an envelope, by a shape that refers to itself', () => {
    const members: { state_data?: Shape } = {};
    const envelope: Shape = { members };
    members.state_data = envelope;
    const root = scanJson(utf8('{"state_data":{"state_data":{"state_data":{"x":1}}}}'), envelope);
    const third = root.members?.[0]?.value.members?.[0]?.value.members?.[0]?.value;
    expect(third?.members?.map(({ name }) => name)).toEqual(['x']);
  });

  it('duplicates in document order', () => {
    const root = scanJson(utf8('{"a":1,"b":2,"a":3}'), { anyMember: LEAF });
    expect(root.members?.map(({ name, value }) => [name, value.start])).toEqual([
      ['a', 5],
      ['b', 11],
      ['a', 17],
    ]);
  });

  it('names as they read, however they are spelled', () => {
    const root = scanJson(utf8('{"work\\u0066low_config":{"x":1},"\\ud55c\\n\\ud800":2}'), {
      members: { workflow_config: { anyMember: LEAF } },
    });
    expect(root.members?.map(({ name }) => name)).toEqual(['workflow_config', '한\n\ud800']);
    expect(root.members?.[0]?.value.members).toHaveLength(1);
  });

  it('__proto__ and constructor as ordinary names', () => {
    const proto = Object.fromEntries([['__proto__', { anyMember: LEAF }]]) as Record<string, Shape>;
    const bytesOfProto = utf8('{"__proto__":{"a":1},"constructor":{"a":1}}');
    const named = scanJson(bytesOfProto, { members: proto });
    expect(named.members?.map(({ value }) => value.members?.length)).toEqual([1, undefined]);
    const unnamed = scanJson(bytesOfProto, { members: {} });
    expect(unnamed.members?.map(({ name, value }) => [name, value.members])).toEqual([
      ['__proto__', undefined],
      ['constructor', undefined],
    ]);
  });

  it('different names of one length and hash neighbourhood apart', () => {
    const names = Array.from({ length: 5000 }, (_, index) => `k${index % 1250}_${'é'.repeat(index % 20)}`);
    const bytesOfNames = utf8(`{${names.map((name) => `"${name}":0`).join(',')}}`);
    expect(scanJson(bytesOfNames, EVERYTHING).members?.map(({ name }) => name)).toEqual(names);
  });

  it('with offsets of the given view, when it is a part of a larger buffer', () => {
    const large = Buffer.from('####{"a":"b"}####');
    const root = scanJson(large.subarray(4, 13), EVERYTHING);
    expect(root).toMatchObject({ start: 0, end: 9, members: [{ keyStart: 1, value: { start: 5, end: 8 } }] });
    expect(() => scanJson(large.subarray(4, 12))).toThrow(BagError);
  });
});

describe('the bounds of a scan', () => {
  it(`let ${MAX_DEPTH} levels pass and refuse one more, recorded or not`, () => {
    const nested = (levels: number): Uint8Array => utf8('['.repeat(levels) + ']'.repeat(levels));
    for (const shape of [LEAF, EVERYTHING]) {
      expect(scanJson(nested(MAX_DEPTH), shape).end).toBe(2 * MAX_DEPTH);
      expect(thrownBy(() => scanJson(nested(MAX_DEPTH + 1), shape))).toMatchObject({
        code: 'JSON_TOO_DEEP',
        message: 'nested deeper than 4096 levels at line 1, column 4097',
        context: { offset: MAX_DEPTH },
      });
    }
  });

  it('count the containers that are recorded and those that are skipped together', () => {
    const bytes = utf8('{"a":{"b":[[[]]]}}');
    const shape: Shape = { members: { a: { anyMember: LEAF } } };
    expect(scanJson(bytes, shape, { maxDepth: 5 }).end).toBe(bytes.length);
    expect(thrownBy(() => scanJson(bytes, shape, { maxDepth: 4 }))).toMatchObject({
      code: 'JSON_TOO_DEEP',
      context: { offset: 12 },
    });
    expect(scanJson(utf8('1'), LEAF, { maxDepth: 0 }).kind).toBe('number');
    expect(() => scanJson(utf8('[]'), LEAF, { maxDepth: 0 })).toThrow(/deeper than 0 levels/);
  });

  it('may be set higher', () => {
    const bytes = utf8('{"a":'.repeat(60_000) + '1' + '}'.repeat(60_000));
    expect(scanJson(bytes, LEAF, { maxDepth: 60_000 }).end).toBe(bytes.length);
    expect(scanJson(bytes, EVERYTHING, { maxDepth: 60_000 }).members).toHaveLength(1);
  });

  it('refuse a document too large before looking into it', () => {
    const bytes = new Uint8Array(MAX_DOCUMENT_BYTES + 1);
    expect(thrownBy(() => scanJson(bytes))).toMatchObject({
      code: 'JSON_TOO_LARGE',
      context: { bytes: MAX_DOCUMENT_BYTES + 1, limit: MAX_DOCUMENT_BYTES },
    });
  });

  it('leave a scan usable after one that failed half-way', () => {
    for (const text of ['[[[[', '{"a":{"b":', '['.repeat(5000)])
      expect(() => scanJson(utf8(text), EVERYTHING)).toThrow(BagError);
    expect(scanJson(utf8('{"a":[1]}'), EVERYTHING).members?.[0]?.value.items).toHaveLength(1);
  });
});

describe('expandNode', () => {
  const bytes = utf8('  {"a": {"b": [1, {"c": 2}]}, "d": NaN}  ');

  it('fills the members of an object one level deep, in the same node', () => {
    const root = scanJson(bytes);
    expect(expandNode(bytes, root)).toBe(root);
    expect(root.members?.map(({ name }) => name)).toEqual(['a', 'd']);
    expect(root.members?.[0]?.value).not.toHaveProperty('members');
  });

  it('fills the elements of an array', () => {
    const root = scanJson(bytes, { members: { a: { anyMember: LEAF } } });
    const list = root.members![0]!.value.members![0]!.value;
    expect(expandNode(bytes, list).items?.map(({ kind }) => kind)).toEqual(['number', 'object']);
  });

  it('leaves filled nodes and other kinds as they are', () => {
    const root = scanJson(bytes, { anyMember: LEAF });
    const members = root.members;
    expect(expandNode(bytes, root).members).toBe(members);
    const token = root.members![1]!.value;
    expect(expandNode(bytes, token)).toEqual({ kind: 'nonfinite', start: 35, end: 38 });
  });

  it('goes as deep as the scan was allowed to', () => {
    const deep = utf8('['.repeat(10_000) + ']'.repeat(10_000));
    expect(expandNode(deep, scanJson(deep, LEAF, { maxDepth: 10_000 })).items).toHaveLength(1);
  });
});

const corpus = process.env.STATEBAG_CORPUS;
if (corpus !== undefined) {
  describe('over the corpus of old bags', () => {
    const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));

    it.each(files)('%s is read, or refused, as JSON.parse does', (name) => {
      const bytes = readFileSync(join(corpus, name));
      const expected = parsedOf(bytes);
      if (expected === undefined) expect(() => scanJson(bytes)).toThrow(BagError);
      else
        expect(JSON.stringify(rebuild(bytes, scanJson(bytes, EVERYTHING))) === JSON.stringify(expected.value)).toBe(
          true,
        );
    });
  });
}

/** Python's tokens, outside strings, read as null: what JSON.stringify makes of them. */
function parsedOf(bytes: Uint8Array): { readonly value: unknown } | undefined {
  const tokens = /"(?:[^"\\]|\\.)*"|NaN|-?Infinity/gs;
  try {
    return { value: JSON.parse(textOf(bytes).replace(tokens, (token) => (token.startsWith('"') ? token : 'null'))) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
