import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StateBagShim } from 'statebag-shim';
import { fatBag, makeConfig, without } from './bags.js';
import type { Json } from './bags.js';
import { observed } from './observed.js';
import { putObject, testShim, testStore } from './shims.js';

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** A bag whose one program holds a value. */
const withProgram = (value: unknown): Json =>
  fatBag({ partition_map: [{ id: 0, type: 'normal', nodes: [], value }], segment_to_run: 0 });

describe('a program that the shim gives', () => {
  test('has the text of the original and shares no object with it', async () => {
    const { shim } = testShim();
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        const bag = withProgram(value);
        const { value: copy } = await shim.read(bag).segmentConfig();
        expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
        if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value);
      }),
    );
  });

  test('is not the one that the next reader gets', async () => {
    const { shim } = testShim();
    const lean = await shim.write(withProgram({ deep: [1] }));
    const first = (await shim.read(lean).segmentConfig()) as unknown as { value: { deep: number[] } };
    first.value.deep.push(2);
    expect(await shim.read(lean).segmentConfig()).toMatchObject({ value: { deep: [1] } });
  });

  test('keeps a member named __proto__ a member', async () => {
    const value = JSON.parse('{"__proto__":{"a":1},"b":2}') as object;
    const { value: copy } = await testShim().shim.read(withProgram(value)).segmentConfig();
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"a":1},"b":2}');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });
});

describe('a config that was stored before', () => {
  const config = (value: unknown): Json => ({ ...makeConfig(), value });

  /** The key names the digest of the very text that is stored. */
  async function expectStored(shim: StateBagShim, value: unknown): Promise<void> {
    const lean = (await shim.write(fatBag({ workflow_config: config(value) }))) as Json;
    const digest = createHash('sha256')
      .update(JSON.stringify(config(value)))
      .digest('hex');
    expect(lean.workflow_config_s3_path).toBe(`s3://bags/workflow-configs/acme/invoices/${digest}/config.json`);
  }

  test('is known again exactly when its text is the same', async () => {
    await fc.assert(
      fc.asyncProperty(json, json, async (one, other) => {
        const { shim, calls } = testShim();
        await expectStored(shim, one);
        const before = calls.length;
        await expectStored(shim, JSON.parse(JSON.stringify(one)));
        expect(calls).toHaveLength(before);
        await expectStored(shim, other);
        expect(calls.length === before).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
      { numRuns: 50 },
    );
  });

  test.each<[string, unknown, unknown]>([
    ['another order of members', { b: 2, a: 1 }, { a: 1, b: 2 }],
    ['another last character of a long text', { text: `${'x'.repeat(100_000)}y` }, { text: `${'x'.repeat(100_000)}z` }],
    ['one item more', [1, 2, 3], [1, 2]],
    ['a member more', { a: 1, b: undefined }, { a: 1 }],
    ['a list for an object', [], {}],
    ['an object for a list', {}, []],
    ['a date', { at: new Date(0) }, { at: {} }],
    ['a map', { at: new Map() }, { at: {} }],
    ['undefined in a list', [1, undefined, 3], [1, null, 3]],
    ['a function', { toJSON: () => 1 }, {}],
  ])('is stored under the digest of its own text when it has %s', async (_, live, copy) => {
    const { shim } = testShim();
    await expectStored(shim, copy);
    await expectStored(shim, live);
  });

  test('stays in the bag when it is nested too deep, and no stack overflows', async () => {
    const deep = JSON.parse('['.repeat(3_000) + ']'.repeat(3_000)) as unknown;
    const { shim } = testShim();
    for (const bag of [fatBag({ workflow_config: config(deep) }), fatBag({ workflow_config: config(deep) })]) {
      const messages = await observed('fail-open', async () => {
        expect(((await shim.write(bag)) as Json).workflow_config).toBe(bag.workflow_config);
      });
      expect(messages).toMatchObject([{ code: 'JSON_TOO_DEEP' }]);
    }
  });
});

describe('the difference that the mode shadow reports', () => {
  /** The program of the map in the bag, and another one in the manifest at its content address. */
  async function differenceBetween(inline: string, stored: string): Promise<string | undefined> {
    const store = testStore();
    const program = (value: string) => `{"id":0,"type":"normal","nodes":[],"value":${value}}`;
    const manifest = `[{"segment_id":0,"segment_config":${program(stored)}}]`;
    const digest = createHash('sha256').update(manifest).digest('hex');
    const key = `workflow-manifests/acme/invoices/${digest}/segment_manifest.json`;
    const event = {
      ...without(fatBag({ segment_to_run: 0, total_segments: 1 }), 'workflow_config', 'partition_map'),
      partition_map_s3_path: await putObject(
        store,
        'workflow-partitions/acme/invoices/partition_map.json',
        `[${program(inline)}]`,
      ),
      segment_manifest_s3_path: await putObject(store, key, manifest),
    };
    const { shim } = testShim({ mode: 'shadow' }, store);
    const messages = await observed('shadow-mismatch', () => shim.wrap<Json>((got) => got)(event));
    expect(messages.length).toBeLessThan(2);
    return messages[0] && (messages[0].difference ?? 'none');
  }

  test('is none between programs that differ only in the order of members', async () => {
    expect(await differenceBetween('{"a":1,"b":{"c":[1,2],"d":null}}', '{"b":{"d":null,"c":[1,2]},"a":1}')).toBe(
      undefined,
    );
  });

  test.each([
    ['{"a":{"b":1}}', '{"a":{"b":2}}', '/a/b'],
    ['{"a":[1,2]}', '{"a":[1]}', '/a/1'],
    ['{"x/y":1}', '{"x/y":null}', '/x~1y'],
    ['{"x~y":1}', '{}', '/x~0y'],
    ['{"n":9007199254740992}', '{"n":9007199254740994}', '/n'],
    ['{"n":-0}', '{"n":0}', '/n'],
    ['{"n":1}', '{"n":"1"}', '/n'],
    ['[]', '{}', ''],
    ['1', '2', ''],
  ])('between %s and %s is named as a JSON pointer', async (inline, stored, place) => {
    expect(await differenceBetween(inline, stored)).toBe(`/value${place}`);
  });

  test('is found between any two programs whose sorted texts differ', async () => {
    await fc.assert(
      fc.asyncProperty(json, json, async (one, other) => {
        const place = await differenceBetween(JSON.stringify(one), JSON.stringify(other));
        expect(place === undefined).toBe(sorted(one) === sorted(other));
      }),
      { numRuns: 50 },
    );
  });
});

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
