import { describe, expect, it } from 'vitest';
import { InternalError } from 'statebag-shim';
import { applySplices, LEAF, type MemberEdit, type NewMember, scanJson, spliceMembers } from '../../src/json/index.js';
import { textOf, thrownBy, utf8 } from './json-text.js';

const keep: MemberEdit = { kind: 'keep' };
const remove: MemberEdit = { kind: 'remove' };

function member(name: string, json: string): NewMember {
  return { name, json: utf8(json) };
}

function replace(...members: NewMember[]): MemberEdit {
  return { kind: 'replace', members };
}

function edited(text: string, edits: readonly MemberEdit[], append: readonly NewMember[] = []): string {
  const bytes = utf8(text);
  const object = scanJson(bytes, { anyMember: LEAF });
  return textOf(applySplices(bytes, spliceMembers(bytes, object, edits, append)));
}

const compact = '{"a":1,"b":[2],"c":3}';
const python = '{"a": 1, "b": [2], "c": 3}';
const pretty = '{\n  "a": 1,\n  "b": [2],\n  "c": 3\n}\n';
const crlf = '{\r\n\t"a" : 1,\r\n\t"b" : [2],\r\n\t"c" : 3\r\n}\r\n';

describe('spliceMembers replaces', () => {
  it('only the value when the name stays, and leaves the spelling of the key', () => {
    const bytes = utf8('{ "\\u0061" : 1 }');
    const object = scanJson(bytes, { anyMember: LEAF });
    expect(spliceMembers(bytes, object, [replace(member('a', '"x"'))], [])).toEqual([
      { start: 13, end: 14, insert: utf8('"x"') },
    ]);
  });

  it.each([
    [compact, '{"a":1,"x":9,"y":{},"c":3}'],
    [python, '{"a": 1, "x": 9, "y": {}, "c": 3}'],
    [pretty, '{\n  "a": 1,\n  "x": 9,\n  "y": {},\n  "c": 3\n}\n'],
    [crlf, '{\r\n\t"a" : 1,\r\n\t"x" : 9,\r\n\t"y" : {},\r\n\t"c" : 3\r\n}\r\n'],
  ])('one member by two in the style of %j', (text, expected) => {
    expect(edited(text, [keep, replace(member('x', '9'), member('y', '{}')), keep])).toBe(expected);
  });

  it('by nothing, which is to remove', () => {
    expect(edited(compact, [replace(), keep, replace()])).toBe('{"b":[2]}');
  });

  it('with names escaped', () => {
    expect(edited('{"a":1}', [replace(member('q"\\\n한', '1'))])).toBe('{"q\\"\\\\\\n한":1}');
  });
});

describe('spliceMembers removes', () => {
  it.each([
    ['the first', [remove, keep, keep], '{"b":[2],"c":3}', '{\r\n\t"b" : [2],\r\n\t"c" : 3\r\n}\r\n'],
    ['one between', [keep, remove, keep], '{"a":1,"c":3}', '{\r\n\t"a" : 1,\r\n\t"c" : 3\r\n}\r\n'],
    ['the last', [keep, keep, remove], '{"a":1,"b":[2]}', '{\r\n\t"a" : 1,\r\n\t"b" : [2]\r\n}\r\n'],
    ['the first two', [remove, remove, keep], '{"c":3}', '{\r\n\t"c" : 3\r\n}\r\n'],
    ['the last two', [keep, remove, remove], '{"a":1}', '{\r\n\t"a" : 1\r\n}\r\n'],
    ['the outer two', [remove, keep, remove], '{"b":[2]}', '{\r\n\t"b" : [2]\r\n}\r\n'],
    ['all', [remove, remove, remove], '{}', '{}\r\n'],
  ])('%s', (_what, edits, expected, expectedCrlf) => {
    expect(edited(compact, edits)).toBe(expected);
    expect(edited(crlf, edits)).toBe(expectedCrlf);
  });

  it('one of two duplicates and leaves the other', () => {
    expect(edited('{"a":1, "a":2, "a":3}', [keep, remove, keep])).toBe('{"a":1, "a":3}');
  });

  it('a member whose comma stands in a line of its own', () => {
    expect(edited('{"a":1\n,"b":2\n,"c":3}', [keep, remove, keep])).toBe('{"a":1\n,"c":3}');
    expect(edited('{"a":1\n,"b":2\n,"c":3}', [keep, keep, remove])).toBe('{"a":1\n,"b":2}');
  });
});

describe('spliceMembers appends', () => {
  it.each([
    [compact, '{"a":1,"b":[2],"c":3,"x":9,"y":0}'],
    [python, '{"a": 1, "b": [2], "c": 3, "x": 9, "y": 0}'],
    [pretty, '{\n  "a": 1,\n  "b": [2],\n  "c": 3,\n  "x": 9,\n  "y": 0\n}\n'],
    [crlf, '{\r\n\t"a" : 1,\r\n\t"b" : [2],\r\n\t"c" : 3,\r\n\t"x" : 9,\r\n\t"y" : 0\r\n}\r\n'],
  ])('in the style of %j', (text, expected) => {
    expect(edited(text, [keep, keep, keep], [member('x', '9'), member('y', '0')])).toBe(expected);
  });

  it.each([
    ['{}', '{"x":9}'],
    ['{ }', '{"x":9 }'],
    ['{\n}', '{"x":9\n}'],
  ])('into the empty object %j', (text, expected) => {
    expect(edited(text, [], [member('x', '9')])).toBe(expected);
  });

  it.each([
    ['{"a":1}', '{"a":1,"x":9}'],
    ['{"a": 1}', '{"a": 1, "x": 9}'],
    ['{ "a": 1 }', '{ "a": 1, "x": 9 }'],
    ['{\n    "a": 1\n}', '{\n    "a": 1,\n    "x": 9\n}'],
  ])('to the single member of %j in its style', (text, expected) => {
    expect(edited(text, [keep], [member('x', '9')])).toBe(expected);
  });

  it('in the place of members removed at the end, with their comma', () => {
    expect(edited(pretty, [keep, remove, remove], [member('x', '9')])).toBe('{\n  "a": 1,\n  "x": 9\n}\n');
    expect(edited(pretty, [remove, remove, remove], [member('x', '9')])).toBe('{\n  "x": 9\n}\n');
  });

  it('without imitating white space that is no style', () => {
    const wide = ' '.repeat(10_000);
    expect(edited(`{"a":${wide}1,${wide}"b":2}`, [keep, keep], [member('x', '9')])).toBe(
      `{"a":${wide}1,${wide}"b":2,"x":9}`,
    );
    expect(edited(`{${wide}"a":1}`, [keep], [member('x', '9')])).toBe(`{${wide}"a":1,"x":9}`);
  });
});

describe('spliceMembers refuses', () => {
  const bytes = utf8('{"a":1}');

  it.each([
    ['edits that are not one to one', scanJson(bytes, { anyMember: LEAF }), 'EDITS_MISMATCH'],
    ['an object whose members were not recorded', scanJson(bytes), 'MEMBERS_NOT_RECORDED'],
    ['what is no object', scanJson(utf8('[]')), 'WRONG_KIND'],
  ])('%s', (_what, object, code) => {
    const error = thrownBy(() => spliceMembers(bytes, object, [], []));
    expect(error).toBeInstanceOf(InternalError);
    expect(error).toMatchObject({ code });
  });
});
