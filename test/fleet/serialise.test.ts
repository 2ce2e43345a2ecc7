import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Raw, Shared } from '../../examples/fleet/json-value.js';
import type { JsonValue } from '../../examples/fleet/json-value.js';
import { compactSize, serialise, serialiseBytes } from '../../examples/fleet/serialise.js';
import { isOneLine, STYLES } from '../../examples/fleet/spelling.js';
import { ConfigError } from 'statebag-shim';

const jsonValue = fc.jsonValue({ stringUnit: 'binary' }) as fc.Arbitrary<JsonValue>;

/** `JSON.stringify` makes 0 of -0; ours keeps it. */
function withoutNegativeZero(value: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}

describe('serialise', () => {
  it.each(STYLES)('in style %s parses back to the same value', (style) => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        expect(JSON.parse(serialise(value, style))).toEqual(value);
      }),
    );
  });

  it.each(STYLES)('in style %s spells a shared value as if it stood there itself', (style) => {
    fc.assert(
      fc.property(jsonValue, (value) => {
        const shared = new Shared(value);
        const [plain, once] = [
          { a: [value], b: value },
          { a: [shared], b: shared },
        ];
        expect(serialise(once, style)).toBe(serialise(plain, style));
        expect(serialise(once, style)).toBe(serialise(plain, style));
      }),
    );
  });

  it('agrees with JSON.stringify in the JavaScript styles', () => {
    fc.assert(
      fc.property(jsonValue, (any) => {
        const value = withoutNegativeZero(any);
        expect(serialise(value, 'compact')).toBe(JSON.stringify(value));
        expect(serialise(value, 'pretty')).toBe(JSON.stringify(value, null, 2));
        expect(serialise(value, 'crlf')).toBe(JSON.stringify(value, null, 2).replaceAll('\n', '\r\n'));
      }),
    );
  });

  it('spells text and separators as Python does', () => {
    const value = { name: '검토 ✔ "a"\u007f', emoji: '🚀', list: [true, null, []] };
    expect(serialise(value, 'python')).toBe(
      '{"name": "\\uac80\\ud1a0 \\u2714 \\"a\\"\\u007f", "emoji": "\\ud83d\\ude80", "list": [true, null, []]}',
    );
    expect(serialise(value, 'python-utf8')).toBe(
      '{"name": "검토 ✔ \\"a\\"\u007f", "emoji": "🚀", "list": [true, null, []]}',
    );
  });

  it('spells numbers as Python does', () => {
    const numbers = [1e16, 1e21, 1.5e300, 5e-324, 1e-7, 0.00001, 0.0001, 0.1, -1e-5, 12345678, -0, NaN, -Infinity];
    expect(serialise(numbers, 'python')).toBe(
      '[1e+16, 1e+21, 1.5e+300, 5e-324, 1e-07, 1e-05, 0.0001, 0.1, -1e-05, 12345678, -0.0, NaN, -Infinity]',
    );
  });

  it('refuses numbers that JSON does not have in the JavaScript styles', () => {
    expect(() => serialise([NaN], 'compact')).toThrow(ConfigError);
  });

  it('writes raw tokens as they stand, as values and as keys', () => {
    const value = new Map<string | Raw, JsonValue>([
      ['a', new Raw('1.0')],
      [new Raw('"\\u0061"'), new Raw('9007199254740993')],
      ['s', new Raw('"\\ud800"')],
    ]);
    for (const style of STYLES)
      expect(serialise(value, style).replace(/\s/g, '')).toBe('{"a":1.0,"\\u0061":9007199254740993,"s":"\\ud800"}');
  });

  it('keeps the order of a Map, number-like keys and __proto__ included', () => {
    const value = new Map<string, JsonValue>([
      ['10', 1],
      ['9', 2],
      ['__proto__', { x: 3 }],
    ]);
    expect(serialise(value, 'compact')).toBe('{"10":1,"9":2,"__proto__":{"x":3}}');
  });

  it('indents from the depth it is told', () => {
    expect(serialiseBytes({ a: 1 }, 'pretty', 2).toString()).toBe('{\n      "a": 1\n    }');
  });

  it('keeps one-line styles on one line', () => {
    const value = { text: 'two\nlines', list: [1, { a: [] }] };
    for (const style of STYLES) expect(serialise(value, style).includes('\n')).toBe(!isOneLine(style));
  });

  it('measures in bytes of compact UTF-8', () => {
    expect(compactSize({ a: '검토' })).toBe(Buffer.byteLength('{"a":"검토"}'));
  });
});
