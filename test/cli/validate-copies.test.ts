import { describe, expect, it } from 'vitest';
import { leanBag, without } from '../validate/lean-bag.js';
import { stateBagMatchers } from 'statebag-shim/matchers';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

interface Verdict {
  readonly code: number;
  readonly rules: readonly string[];
  readonly pointers: readonly string[];
}

async function judge(text: string, schema = 'lean'): Promise<Verdict> {
  const { code, out } = await statebag(scratch.dir, ['validate', '-', '--json', '--schema', schema], { stdin: text });
  const { issues } = (JSON.parse(out) as { documents: [{ issues: { rule: string; pointer: string }[] }] }).documents[0];
  return { code, rules: issues.map(({ rule }) => rule), pointers: issues.map(({ pointer }) => pointer) };
}

const matches = (value: unknown) => stateBagMatchers.toBeLeanStateBag(value).pass;
const control = without(
  leanBag,
  'state_bag_version',
  'workflow_config_s3_path',
  'partition_map_s3_path',
  'segment_manifest_s3_path',
);
const fat = { ...control, workflow_config: { nodes: [1] }, partition_map: [{ segment_id: 0, nodes: [1] }] };
const foreign = { ...fat, ownerId: 'another' };
const program = { workflow_config: { nodes: [1] } };
const wrapped = (value: unknown, depth: number, name: string): unknown =>
  depth === 0 ? value : { [name]: wrapped(value, depth - 1, name) };

const STRAY: readonly (readonly [string, unknown, string])[] = [
  ['a fat copy under its `bag`', { ...leanBag, bag: fat }, '/bag/workflow_config'],
  ['a fat copy under its `Payload`', { ...leanBag, Payload: fat }, '/Payload/workflow_config'],
  ['a fat copy that is JSON text', { ...leanBag, bag: JSON.stringify(fat) }, '/bag/workflow_config'],
  [
    'a fat copy in an envelope under its `bag`',
    { ...leanBag, bag: { state_data: fat } },
    '/bag/state_data/workflow_config',
  ],
  [
    'a fat copy under the `bag` of a lean copy',
    { ...leanBag, bag: { ...leanBag, Payload: fat } },
    '/bag/Payload/workflow_config',
  ],
  ['a fat bag of another owner under its `bag`', { ...leanBag, bag: foreign }, '/bag/workflow_config'],
  ['a copy that lost its stamp', { ...leanBag, bag: { ...leanBag, state_bag_version: undefined } }, '/bag'],
  ['a fat bag next to it under the name of another wrapper', { state_data: leanBag, bag: fat }, '/bag/workflow_config'],
  [
    'a fat bag next to it further out',
    { Payload: { state_data: leanBag }, bag: JSON.stringify({ state_data: fat }) },
    '/bag/state_data/workflow_config',
  ],
  ['a program next to it under the name of a wrapper', { Payload: leanBag, state_data: program }, '/state_data'],
  [
    'a fat bag in nine wrappers',
    { ...leanBag, state_data: wrapped(fat, 8, 'state_data') as object },
    '/state_data'.repeat(9),
  ],
  [
    'a fat bag in seventy wrappers',
    { ...leanBag, state_data: wrapped(fat, 69, 'bag') as object },
    `/state_data${'/bag'.repeat(64)}`,
  ],
];

describe('a lean bag is not lean with another bag that is not', () => {
  it.each(STRAY)('%s', async (_name, document, pointer) => {
    for (const schema of ['lean', 'auto']) {
      const { code, rules, pointers } = await judge(JSON.stringify(document), schema);
      expect([code, rules]).toEqual([1, ['STRAY_BAG']]);
      expect(pointers[0]!.startsWith(pointer)).toBe(true);
    }
    expect([matches(document), matches(JSON.stringify(document))]).toEqual([false, false]);
  });

  it.each<[string, unknown]>([
    ['a lean copy under its `bag`', { ...leanBag, bag: leanBag }],
    [
      'lean copies under every wrapper',
      { Payload: leanBag, state_data: JSON.stringify(leanBag), bag: { ...leanBag, bag: leanBag } },
    ],
    ['user data under its `bag`', { ...leanBag, bag: { partition_map: [1], items: 3 }, Payload: 'text' }],
    ['a fat bag under another name', { ...leanBag, result: fat }],
  ])('and it is lean with %s', async (_name, document) => {
    expect([await judge(JSON.stringify(document)), matches(document)]).toEqual([
      { code: 0, rules: [], pointers: [] },
      true,
    ]);
  });

  it('and a fat bag with a fat copy passes where old bags are expected', async () => {
    const text = JSON.stringify({ ...fat, bag: fat });
    expect([(await judge(text, 'fat')).code, (await judge(text, 'auto')).code]).toEqual([0, 0]);
  });
});

describe('a decisive member that a document has twice', () => {
  const [lean, old] = [JSON.stringify(leanBag), JSON.stringify(fat)];
  it.each([
    ['bag', `{"bag":${old},"bag":${lean}}`, '/bag'],
    ['state_data, the last one null', `${lean.slice(0, -1)},"state_data":${old},"state_data":null}`, '/state_data'],
    [
      'workflow_config_s3_path',
      `{"bag":${lean.slice(0, -1)},"workflow_config_s3_path":${JSON.stringify(leanBag.workflow_config_s3_path)}}}`,
      '/bag/workflow_config_s3_path',
    ],
    ['bag, once escaped', `{"b\\u0061g":${old},"bag":${lean}}`, '/bag'],
    ['bag, in a JSON string', JSON.stringify({ Payload: `{"bag":${old},"bag":${lean}}` }), '/Payload/bag'],
  ])('is an error: %s', async (_name, text, pointer) => {
    expect(await judge(text)).toEqual({ code: 1, rules: ['DUPLICATE_MEMBER'], pointers: [pointer] });
    expect(matches(text)).toBe(false);
  });
});

describe('a fat bag in JSON text with numbers of Python', () => {
  const text = JSON.stringify(fat).replace('"nodes":[1]', '"nodes":[NaN]');
  it.each([
    ['NaN', JSON.stringify({ ...leanBag, state_data: text })],
    ['-Infinity', JSON.stringify({ ...leanBag, state_data: text.replace('NaN', '-Infinity') })],
    ['an escaped NaN', JSON.stringify({ ...leanBag, state_data: text }).replace('NaN', '\\u004eaN')],
  ])('is found behind a lean one: %s', async (_name, document) => {
    const { code, pointers } = await judge(document);
    expect([code, pointers.includes('/state_data/workflow_config')]).toEqual([1, true]);
    expect(matches(document)).toBe(false);
  });
});

describe('--schema auto holds every bag to the limit', () => {
  it.each([
    ['a marked pointer', { __s3_offloaded: true, __s3_path: 's3://b/k' }],
    ['a journal line', { kind: 'run', run: 'x', at: '2026-01-01T00:00:00Z' }],
    ['a manifest', { segments: [] }],
  ])('also one with the members of %s', async (_name, members) => {
    const { code, rules } = await judge(
      JSON.stringify({ ...control, ...members, padding: 'x'.repeat(300_000) }),
      'auto',
    );
    expect([code, rules.includes('maxBytes')]).toEqual([1, true]);
  });

  it('and no document without one', async () => {
    expect((await judge(JSON.stringify({ segments: [], padding: 'x'.repeat(300_000) }), 'auto')).rules).not.toContain(
      'maxBytes',
    );
  });
});
