import { describe, expect, it } from 'vitest';
import { BagError, InternalError } from 'statebag-shim';
import { decodeString, lastMember, LEAF, scanJson, sliceNode, toPlainValue } from '../../src/json/index.js';
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
