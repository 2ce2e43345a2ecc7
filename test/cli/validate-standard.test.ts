import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { leanBag, without } from '../validate/lean-bag.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

interface Verdict {
  readonly schemas: readonly string[];
  readonly valid: boolean;
  readonly issues: readonly {
    readonly rule: string;
    readonly pointer: string;
    readonly message: string;
    readonly hint?: string;
  }[];
}

async function judge(
  text: string | Uint8Array,
  ...args: readonly string[]
): Promise<Verdict & { readonly code: number }> {
  const { code, out } = await statebag(scratch.dir, ['validate', '-', '--json', ...args], { stdin: text });
  return { code, ...(JSON.parse(out) as { documents: [Verdict] }).documents[0] };
}

const put = (name: string, data: string | Uint8Array) => {
  mkdirSync(join(scratch.dir, name, '..'), { recursive: true });
  writeFileSync(join(scratch.dir, name), data);
};
const validate = (...args: readonly string[]) => statebag(scratch.dir, ['validate', ...args]);

const lean = JSON.stringify(leanBag);
const unstamped = without(leanBag, 'state_bag_version');
const fat = smallBag();
const fatOver = smallBag({ current_state: 'x'.repeat(300_000) });
const leanOver = JSON.stringify({ ...leanBag, current_state: 'x'.repeat(300_000) });

describe('without --schema, validate', () => {
  it.each([
    ['a fat bag', fat],
    ['a fat bag in an envelope', `{"Payload":${fat}}`],
    [
      'a fat bag that is text in an envelope',
      JSON.stringify({ Payload: JSON.stringify({ state_data: JSON.parse(fat) as object }) }),
    ],
    [
      'a bag with pointers under the old names',
      smallBag({ workflow_config: { __s3_pointer__: true, bucket: 'b', key: 'k' }, partition_map: null }),
    ],
    ['a lean bag that lost its stamp', JSON.stringify(unstamped)],
    [
      'an unstamped bag with paths and an inline program',
      JSON.stringify({ ...unstamped, workflow_config: { nodes: [] } }),
    ],
    ['a stamped bag with an inline program', JSON.stringify({ ...leanBag, partition_map: [] })],
    ['a bag of another version', JSON.stringify({ ...leanBag, state_bag_version: 1 })],
    ['a bag whose stamp is text', JSON.stringify({ ...leanBag, state_bag_version: '2' })],
    ['a fat bag with a lean one inside', JSON.stringify({ ...(JSON.parse(fat) as object), bag: leanBag })],
  ])('refuses %s and says what to do', async (_, text) => {
    const { code, schemas, valid, issues } = await judge(text);
    expect([code, valid, new Set(schemas)]).toEqual([1, false, new Set(['state-bag.v2'])]);
    expect(issues.some(({ hint }) => hint?.includes('statebag migrate'))).toBe(true);
  });

  it('names the two ways to admit old bags, in the hint on an old bag and not on a lean one that went fat', async () => {
    const [old, gone] = [await judge(fat), await judge(JSON.stringify({ ...leanBag, workflow_config: {} }))];
    expect(old.issues[0]!.hint).toMatch(/`statebag migrate`.*`--schema fat`.*`--schema auto`/);
    expect(JSON.stringify(gone.issues)).not.toContain('--schema');
  });

  it.each([
    ['a manifest', '{"version":1,"segments":[]}', /segment-manifest\.v1.*--schema auto/],
    ['a pointer', '"s3://bucket/key"', /pointers\.v1.*--schema auto/],
    ['an object of another kind', '{"hello":1}', /--schema auto/],
    ['a list of bags', `[${lean}]`, /--schema auto/],
    ['an empty object', '{}', /--schema auto/],
    ['null', 'null', /--schema auto/],
  ])('refuses %s, which is not a bag, with one issue', async (_, text, hint) => {
    const { code, issues } = await judge(text);
    expect([code, issues]).toEqual([
      1,
      [expect.objectContaining({ rule: 'NOT_A_BAG', hint: expect.stringMatching(hint) as string })],
    ]);
  });

  it('gives the same verdict for a file, a line of NDJSON and compressed bytes', async () => {
    put('a/bag.json', fat);
    put('b/bags.ndjson', `${lean}\n${fat}\n`);
    put('c/bags.ndjson.gz', gzipSync(`${lean}\n${fat}\n`));
    for (const [source, totals] of [
      ['a', '1 documents, 0 valid, 1 invalid'],
      ['b', '2 documents, 1 valid, 1 invalid'],
      ['c', '2 documents, 1 valid, 1 invalid'],
      ['a/bag.json', '1 documents, 0 valid, 1 invalid'],
    ] as const) {
      expect(await validate(source)).toMatchObject({ code: 1, out: expect.stringContaining(totals) as string });
    }
  });

  it('takes a fat bag for one that must fail under --expect invalid, and a lean bag for the error', async () => {
    put('fat.json', fat);
    put('lean.json', lean);
    expect((await validate('fat.json', '--expect', 'invalid')).code).toBe(0);
    expect(await validate('lean.json', '--expect', 'invalid')).toMatchObject({
      code: 1,
      out: expect.stringContaining('EXPECTED_INVALID') as string,
    });
  });

  it('follows the pointers of a fat bag too when it has a store', async () => {
    const { issues } = await judge(
      smallBag({ partition_map_s3_path: 's3://local/nowhere.json' }),
      '--store',
      'store',
      '--allow-prefix',
      's3://local/',
    );
    expect(issues.map(({ rule }) => rule)).toEqual(expect.arrayContaining(['not', 'POINTER_DANGLING']));
  });
});

describe('a program next to a bag', () => {
  it.each([
    ['Payload', { workflow_config: { nodes: [1] }, Payload: leanBag }],
    ['text under state_data', { workflow_config: { nodes: [1] }, state_data: JSON.stringify(leanBag) }],
    ['bag, two levels down', { Payload: { workflow_config: { nodes: [1] }, bag: leanBag } }],
  ])('does not pass for a lean document: %s', async (_, document) => {
    const { code, issues } = await judge(JSON.stringify(document));
    expect([code, issues.map(({ pointer }) => pointer)]).toEqual([
      1,
      [expect.stringMatching(/^(\/Payload)?\/workflow_config$/)],
    ]);
  });

  it('may be the map of a branch, which is an argument of the call', async () => {
    expect((await judge(JSON.stringify({ branch_id: 'b', partition_map: [], bag: leanBag }))).code).toBe(0);
  });
});

describe('--schema', () => {
  it.each([
    ['auto', 'a fat bag', 'state-bag.fat', fat],
    ['auto', 'a lean bag', 'state-bag.v2', lean],
    ['auto', 'a manifest', 'segment-manifest.v1', '{"version":1,"segments":[]}'],
    ['fat', 'a fat bag', 'state-bag.fat', fat],
    ['state-bag.fat', 'a fat bag', 'state-bag.fat', fat],
    ['https://statebag-shim.dev/schemas/state-bag.fat.json', 'a fat bag', 'state-bag.fat', fat],
    ['lean', 'a lean bag', 'state-bag.v2', lean],
    ['state-bag.v2', 'a lean bag', 'state-bag.v2', lean],
    ['state-bag', 'a lean bag', 'state-bag.v2', lean],
  ])('%s accepts %s by the schema %s', async (schema, _, name, text) => {
    const schemas = [name];
    expect(await judge(text, '--schema', schema)).toMatchObject({ code: 0, schemas, issues: [] });
  });

  it.each([
    ['lean', 'a fat bag', 'not', fat],
    ['state-bag.v2', 'a fat bag', 'not', fat],
    ['state-bag', 'a fat bag', 'not', fat],
    ['auto', 'an object of another kind', 'SCHEMA_UNKNOWN', '{"hello":1}'],
    ['fat', 'an object of another kind', 'NOT_A_BAG', '{"hello":1}'],
    ['fat', 'a manifest', 'NOT_A_BAG', '{"version":1,"segments":[]}'],
  ])('%s refuses %s by the rule %s', async (schema, _, rule, text) => {
    const { code, issues } = await judge(text, '--schema', schema);
    expect([code, issues[0]!.rule]).toEqual([1, rule]);
  });

  it.each([
    ['its own path', { ...unstamped, workflow_config: { nodes: [] } }],
    [
      'the content address of the manifest only',
      { ...(JSON.parse(fat) as object), segment_manifest_s3_path: leanBag.segment_manifest_s3_path },
    ],
    ['its own path, as a merge leaves it', { ...unstamped, partition_map: [{ id: 0 }] }],
  ])('auto takes an inline program next to %s for a lean bag that went fat', async (_, bag) => {
    expect(await judge(JSON.stringify(bag), '--schema', 'auto')).toMatchObject({ code: 1, schemas: ['state-bag.v2'] });
    expect(await judge(JSON.stringify({ Payload: bag }), '--schema', 'auto')).toMatchObject({
      code: 1,
      schemas: ['state-bag.v2'],
    });
  });

  it.each(['{}', '""', 'null', '"{}"', '"[]"'])(
    'auto takes the empty value %s next to its path for an old bag',
    async (spelled) => {
      for (const name of ['workflow_config', 'partition_map']) {
        const text = JSON.stringify({ ...unstamped, [name]: JSON.parse(spelled) as unknown });
        expect(await judge(text, '--schema', 'auto')).toMatchObject({ code: 0, schemas: ['state-bag.fat'] });
      }
    },
  );

  it('auto takes the empty list next to the path of a map for an old bag, and refuses it for a config', async () => {
    for (const [name, code] of [
      ['partition_map', 0],
      ['workflow_config', 1],
    ] as const) {
      const text = JSON.stringify({ ...unstamped, [name]: [] });
      expect(await judge(text, '--schema', 'auto')).toMatchObject({ code, schemas: ['state-bag.fat'] });
    }
  });

  it('auto refuses the empty value {} in a bag with the stamp of a lean bag', async () => {
    const text = JSON.stringify({ ...leanBag, workflow_config: {} });
    expect(await judge(text, '--schema', 'auto')).toMatchObject({ code: 1, schemas: ['state-bag.v2'] });
  });

  it('fat refuses a list with elements for a config', async () => {
    const text = JSON.stringify({ ...unstamped, workflow_config: [{}] });
    expect(await judge(text, '--schema', 'fat')).toMatchObject({ code: 1, schemas: ['state-bag.fat'] });
  });

  it('auto takes the pointers of the bridge form next to the address of a manifest for an old bag', async () => {
    const pointer = { __s3_pointer__: true, bucket: 'b', key: 'k' };
    const bag = {
      ...without(unstamped, 'workflow_config_s3_path', 'partition_map_s3_path'),
      workflow_config: pointer,
      partition_map: [],
    };
    expect(await judge(JSON.stringify(bag), '--schema', 'auto')).toMatchObject({ code: 0, schemas: ['state-bag.fat'] });
  });
});

describe('the 262,144 bytes of a payload', () => {
  it.each([
    ['auto', 'a fat bag', fatOver],
    ['fat', 'a fat bag', fatOver],
    ['state-bag.fat', 'a fat bag', fatOver],
    ['auto', 'a lean bag', leanOver],
    ['lean', 'a lean bag', leanOver],
    ['lean', 'a fat bag', fatOver],
    ['fat', 'a fat bag in an envelope', `{"Payload":${fatOver}}`],
    ['auto', 'a fat bag that is text', JSON.stringify({ Payload: fatOver })],
  ])('are the limit under --schema %s for %s', async (schema, _, text) => {
    const { code, issues } = await judge(text, '--schema', schema);
    expect([code, issues.map(({ rule }) => rule)]).toEqual([1, expect.arrayContaining(['maxBytes'])]);
  });

  it('are the limit for one plain file of a fat bag, and for an envelope that is large around a small bag', async () => {
    put('fat.json', fatOver);
    put('wide.json', JSON.stringify({ state_data: leanBag, other: 'x'.repeat(262_144) }));
    expect(await validate('fat.json', '--schema', 'fat')).toMatchObject({
      code: 1,
      out: expect.stringContaining('(maxBytes)') as string,
    });
    expect(await validate('wide.json')).toMatchObject({
      code: 1,
      out: expect.stringContaining('(maxBytes)') as string,
    });
  });

  it('are exact: 262,144 pass and 262,145 fail, in each generation', async () => {
    for (const [schema, text] of [
      ['fat', smallBag()],
      ['lean', lean],
    ] as const) {
      const padded = (bytes: number) => text.padEnd(bytes, ' ');
      expect((await judge(padded(262_144), '--schema', schema, '--headroom', '0')).code).toBe(0);
      expect((await judge(padded(262_145), '--schema', schema, '--headroom', '0')).code).toBe(1);
    }
  });

  it('do not hold for manifests, which are stored and never passed on', async () => {
    const manifest = JSON.stringify({
      version: 1,
      segments: [{ segment_id: 0, segment_config: { text: 'x'.repeat(300_000) } }],
    });
    expect((await judge(manifest, '--schema', 'auto')).code).toBe(0);
  });
});

describe('a source without documents', () => {
  it.each([
    ['an empty NDJSON file', 'empty.ndjson', ''],
    ['NDJSON of blank lines', 'blank.jsonl', '\n\n'],
    ['compressed nothing', 'empty.ndjson.gz', gzipSync('')],
  ])('is a mistake and not a success: %s', async (_, name, data) => {
    put(name, data);
    put(`dir/${name}`, data);
    put('lean.json', lean);
    for (const args of [[name], [name, '--expect', 'invalid'], ['dir'], ['lean.json', name], [`di*/*`]]) {
      expect(await validate(...args)).toMatchObject({
        code: 2,
        err: expect.stringContaining('SOURCE_EMPTY') as string,
      });
    }
  });
});

describe('a directory', () => {
  it('does not count what is the store', async () => {
    put('bags/a.json', lean);
    put('bags/store/local/x.bin', 'x');
    const { err } = await validate('bags', '--schema', 'lean', '--store', 'bags/store');
    expect(err).not.toContain('skipped');
  });
});
