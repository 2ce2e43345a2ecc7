import { describe, expect, it } from 'vitest';
import { BagError, InternalError } from 'statebag-shim';
import { decodeString, lastMember, LEAF, scanJson, sliceNode, toPlainValue } from '../../src/json/index.js';
import type { JsonNode } from '../../src/json/index.js';
import { textOf, thrownBy, utf8 } from './json-text.js';

describe('lastMember', () => {
  it('is the last of a name, as legacy readers see it', () => {
    const bytes = utf8('{"a":1,"b":2,"\\u0061":3}');
    const root = scanJson(bytes, { anyMember: LEAF });
    expect(textOf(sliceNode(bytes, lastMember(root, 'a')!.value))).toBe('3');
    expect(textOf(sliceNode(bytes, lastMember(root, 'b')!.value))).toBe('2');
    expect(lastMember(root, 'c')).toBeUndefined();
    expect(lastMember(root, 'constructor')).toBeUndefined();
  });

  it('is nothing for what is no object', () => {
    expect(lastMember(scanJson(utf8('[1]')), 'a')).toBeUndefined();
  });

  it('does not take members that were not recorded for absent ones', () => {
    const error = thrownBy(() => lastMember(scanJson(utf8('{"a":1}')), 'a'));
    expect(error).toBeInstanceOf(InternalError);
    expect(error).toMatchObject({ code: 'MEMBERS_NOT_RECORDED' });
  });
});

describe('decodeString', () => {
  it.each([
    ['"plain"', 'plain'],
    ['""', ''],
    ['"한😀"', '한😀'],
    ['"\\u00e9\\n\\"\\\\\\/"', 'é\n"\\/'],
    ['"\\ud83d\\ude00"', '😀'],
    ['"\\ud800x"', '\ud800x'],
    ['"\ufeffbom stays"', '\ufeffbom stays'],
  ])('of %s', (text, expected) => {
    const bytes = utf8(` ${text} `);
    expect(decodeString(bytes, scanJson(bytes))).toBe(expected);
  });

  it('is for strings only', () => {
    const bytes = utf8('12');
    expect(thrownBy(() => decodeString(bytes, scanJson(bytes)))).toMatchObject({
      name: 'InternalError',
      code: 'WRONG_KIND',
    });
  });
});

describe('sliceNode', () => {
  it('is a view of the value and not a copy', () => {
    const bytes = utf8(' [1] ');
    const slice = sliceNode(bytes, scanJson(bytes));
    expect(textOf(slice)).toBe('[1]');
    expect(slice.buffer).toBe(bytes.buffer);
  });
});

describe('toPlainValue', () => {
  it('is what JSON.parse gives', () => {
    const bytes = utf8(' {"a":[1,"x\\n",null,true],"b":{"c":1.50}} ');
    expect(toPlainValue(bytes, scanJson(bytes))).toEqual({ a: [1, 'x\n', null, true], b: { c: 1.5 } });
  });

  it('keeps __proto__ an own property', () => {
    const bytes = utf8('{"__proto__":{"admin":true}}');
    const value = toPlainValue(bytes, scanJson(bytes)) as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(value).not.toHaveProperty('admin');
  });

  it.each(['NaN', '{"a":[1,Infinity]}', '[-Infinity]'])('refuses %s with its place', (text) => {
    const bytes = utf8(`\n  ${text}`);
    const error = thrownBy(() => toPlainValue(bytes, scanJson(bytes)));
    expect(error).toBeInstanceOf(BagError);
    expect(error).toMatchObject({ code: 'JSON_NONFINITE', context: { offset: 3, line: 2, column: 3 } });
  });
});

/** White space after a document, which makes it one of more than 4 KiB. */
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
