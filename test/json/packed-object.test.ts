import { describe, expect, it } from 'vitest';
import { LEAF, lastMember, scanJson } from '../../src/json/index.js';
import type { JsonNode } from '../../src/json/index.js';
import { utf8 } from './json-text.js';

/** White space behind a document, enough to have its members kept as places. */
const WIDE = ' '.repeat(4096);

const scanned = (text: string, after: string): JsonNode => scanJson(utf8(text + after), { anyMember: LEAF });

describe.each([
  ['short', ''],
  ['long', WIDE],
])('in a %s document a search for a member', (_length, after) => {
  it.each([
    ['plain', '{"a":1,"type":2}', 'type', 2],
    ['escaped, read as what it spells', String.raw`{"\u0074ype":1}`, 'type', 1],
    ['not ASCII', '{"größe":1}', 'größe', 1],
    ['beyond the first plane', '{"😀":1}', '😀', 1],
    ['the empty one', '{"":1}', '', 1],
    ['__proto__', '{"__proto__":1}', '__proto__', 1],
    ['there twice, where the last one counts', '{"a":1,"a":2}', 'a', 2],
    ['there twice in two spellings', String.raw`{"a":1,"\u0061":2}`, 'a', 2],
  ])('finds a name that is %s', (_, text, name, value) => {
    const node = scanned(text, after);
    const member = lastMember(node, name)!;
    expect(member).toMatchObject({ name, value: { kind: 'number' } });
    expect(Buffer.from(utf8(text)).toString('latin1', member.value.start, member.value.end)).toBe(String(value));
  });

  it.each([
    ['one that is longer', '{"types":1}', 'type'],
    ['one that is shorter', '{"typ":1}', 'type'],
    ['one whose bytes look like its letters', '{"é":1}', 'Ã©'],
    ['one in the value of another', '{"a":"type"}', 'type'],
    ['one that escapes to something else', String.raw`{"\u0074ypo":1}`, 'type'],
    ['none at all', '{}', 'type'],
  ])('does not take for it %s', (_, text, name) => {
    expect(lastMember(scanned(text, after), name)).toBeUndefined();
  });

  it('meets all members in order, each one once', () => {
    const node = scanned('{"a":1,"b":[2],"a":{"c":3}}', after);
    expect(node.members!.map(({ name, value }) => [name, value.kind])).toEqual([
      ['a', 'number'],
      ['b', 'array'],
      ['a', 'object'],
    ]);
    expect(node.members).toBe(node.members);
  });
});
