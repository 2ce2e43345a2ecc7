import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leanBag } from '../validate/lean-bag.js';
import { stateBagMatchers } from 'statebag-shim/matchers';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const lean = JSON.stringify(leanBag);
/** A lean bag with further members, as text, so that a name may be there twice. */
const leanWith = (members: string) => `${lean.slice(0, -1)},${members}}`;

interface Issue {
  readonly rule: string;
  readonly line: number;
  readonly column: number;
  readonly pointer: string;
}

/** As the one plain file of a hook, which is judged on the quick path first. */
async function judge(text: string, ...args: string[]): Promise<{ readonly code: number; readonly issues: Issue[] }> {
  writeFileSync(join(scratch.dir, 'a.json'), text);
  const { code, out } = await statebag(scratch.dir, ['validate', 'a.json', '--json', ...args]);
  return { code, issues: (JSON.parse(out) as { documents: [{ issues: Issue[] }] }).documents[0].issues };
}

const found = ({ code, issues }: Awaited<ReturnType<typeof judge>>) => [
  code,
  issues.map(({ rule, pointer, line, column }) => [rule, pointer, line, column]),
];
const twice = (pointer: string, column: number, line = 1) => [1, [['DUPLICATE_MEMBER', pointer, line, column]]];

describe('validate refuses a member that an object has twice', () => {
  it.each([
    ['in the bag', leanWith('"note":1,"note":2'), '/note', '"note":2'],
    ['in user data', leanWith('"result":{"list":[0,{"a":1,"b":2,"a":1}]}'), '/result/list/1/a', '"a":1}'],
    ['next to the bag', `{"note":1,"note":2,"bag":${lean}}`, '/note', '"note":2'],
    ['spelled in two ways', leanWith('"note":1,"n\\u006fte":2'), '/note', '"n\\u006fte"'],
    ['three times, at the second', leanWith('"note":1,"note":2,"note":3'), '/note', '"note":2'],
    ['with a colon in its name and in strings', leanWith('"x":"a:b","a:b":":","a:b":""'), '/a:b', '"a:b":""'],
    ['named __proto__', leanWith('"note":{"__proto__":1,"__proto__":2}'), '/note/__proto__', '"__proto__":2'],
    ['named with a slash', leanWith('"a/b~":1,"a/b~":1'), '/a~1b~0', '"a/b~":1}'],
  ])('%s', async (_, text, pointer, place) => {
    expect(found(await judge(text))).toEqual(twice(pointer, text.indexOf(place) + 1));
    expect(stateBagMatchers.toBeLeanStateBag(text).pass).toBe(false);
  });

  it('in the JSON text of a wrapper, at the string', async () => {
    const text = JSON.stringify({ Payload: leanWith('"result":{"a":1,"a":2}') });
    expect(found(await judge(text))).toEqual(twice('/Payload/result/a', 2));
    const deep = JSON.stringify({ Payload: text });
    expect(found(await judge(deep))).toEqual(twice('/Payload/Payload/result/a', 2));
  });

  it('in the JSON text of a program, and in the program itself', async () => {
    const config = '{"nodes":[{"id":"a","id":"b"}]}';
    const bag = JSON.parse(smallBag()) as object;
    const asText = JSON.stringify({ ...bag, workflow_config: config });
    expect((await judge(asText, '--schema', 'fat')).issues).toContainEqual(
      expect.objectContaining({ rule: 'DUPLICATE_MEMBER', pointer: '/workflow_config/nodes/0/id' }),
    );
    const inline = JSON.stringify({ ...bag, workflow_config: {} }).replace(
      '"workflow_config":{}',
      `"workflow_config":${config}`,
    );
    expect((await judge(inline, '--schema', 'fat')).issues).toContainEqual(
      expect.objectContaining({ rule: 'DUPLICATE_MEMBER', pointer: '/workflow_config/nodes/0/id' }),
    );
  });

  it('on the line of the second one, in a document of several lines', async () => {
    const text = `{\n"a": {"x": 1},\n  "a": 2,\n"bag": ${lean}}`;
    expect(found(await judge(text))).toEqual(twice('/a', 3, 3));
  });

  it('whatever the schema, a schema of the user too', async () => {
    writeFileSync(join(scratch.dir, 's.json'), '{}');
    const text = '{"segments":[{"a":1,"a":2}]}';
    for (const schema of ['auto', './s.json', 'segment-manifest.v1']) {
      const { code, issues } = await judge(text, '--schema', schema);
      expect([code, issues.map(({ rule }) => rule)]).toEqual([1, expect.arrayContaining(['DUPLICATE_MEMBER'])]);
    }
  });

  it('a hundred times at most, and says that there are more', async () => {
    const { code, issues } = await judge(leanWith(`"list":[${Array(150).fill('{"a":1,"a":2}').join(',')}]`));
    expect([code, issues.length, issues.at(-1)?.rule]).toEqual([1, 101, 'more']);
  });
});

it.each([
  ['different objects have a member of one name', leanWith('"a":{"x":1,"b":{"x":1}},"c":[{"x":1},{"x":1}]')],
  ['names differ in case or by a space', leanWith('"note":1,"Note":2,"note ":3')],
  ['a name is met again as a value', leanWith('"note":"note","list":["note","note","list"]')],
  ['text of user data is JSON with a member twice', leanWith('"note":"{\\"a\\":1,\\"a\\":2}"')],
  ['text under the name of a wrapper is not JSON', leanWith('"Payload":"{\\"a\\":1,\\"a\\":2"')],
])('validate finds no duplicate when %s', async (_, text) => {
  expect(await judge(text)).toEqual({ code: 0, issues: [] });
});

describe('validate refuses a mixed pointer', () => {
  const pointer = (key: string) =>
    `{"__s3_pointer__":true,"bucket":"b","key":"${key}","size_bytes":1,"checksum":"","field_name":"x","created_at":"2026-01-01T00:00:00Z","own":1}`;
  const members = `state-members/o/w/${'a'.repeat(64)}/x.json`;

  it.each([
    ['to state-members, in a lean bag', leanWith(`"x":${pointer(members)}`), 'lean', '/x'],
    ['to state-members, in user data', leanWith(`"result":[{"x":${pointer(members)}}]`), 'lean', '/result/0/x'],
    ['in JSON text of user data', leanWith(`"note":${JSON.stringify(`{"x":${pointer(members)}}`)}`), 'lean', '/note/x'],
    [
      'under partition_map of another object',
      `{"segments":[],"partition_map":${pointer('k')}}`,
      'auto',
      '/partition_map',
    ],
    ['in a document without a bag', `{"segments":[],"data":{"x":${pointer(members)}}}`, 'auto', '/data/x'],
  ])('%s', async (_, text, schema, place) => {
    const { code, issues } = await judge(text, '--schema', schema);
    expect([code, issues]).toEqual([
      1,
      expect.arrayContaining([expect.objectContaining({ rule: 'POINTER_MIXED', pointer: place })]),
    ]);
  });
});
