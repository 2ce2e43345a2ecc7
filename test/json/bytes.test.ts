import { describe, expect, it } from 'vitest';
import { locateAll, scanJson } from '../../src/json/index.js';
import { thrownBy, utf8 } from './json-text.js';

describe('a place in a text', () => {
  it.each([
    ['the beginning', '', '{}', 1, 1],
    ['a place in the first line', '{"a"', ':1}', 1, 5],
    ['after LF', '{\n', '}', 2, 1],
    ['after CRLF', '{\r\n', '}', 2, 1],
    ['after CR', '{\r', '}', 2, 1],
    ['between CR and LF, still on the line they end', '{\r', '\n}', 1, 3],
    ['after mixed line breaks', '\n\r\n\r\r\n\n', 'x', 6, 1],
    ['after LF CR, which are two breaks', '\n\r', 'x', 3, 1],
    ['behind characters of two, three and four bytes', '"é한😀', '"', 1, 5],
    ['behind a combining mark, a character of its own', '"e\u0301', '"', 1, 4],
    ['in the third line behind wide characters', '한\n한\n  한', 'x', 3, 4],
    ['the end', '{}\n', '', 2, 1],
  ])('counts %s', (_what, before, after, line, column) => {
    expect(locateAll(utf8(before + after), [utf8(before).length])).toEqual([{ line, column }]);
  });

  it('takes an offset past the end as the end', () => {
    expect(locateAll(utf8('ab\nc'), [999])).toEqual([{ line: 2, column: 2 }]);
  });

  it('is given for many offsets in one pass, in the order asked for', () => {
    // Bytes, as line:column at the beginning of each character.
    const text = utf8('{"é":1,\r\n\r"한":\n\n[2]}');
    const places: readonly (readonly [offset: number, line: number, column: number])[] = [
      [0, 1, 1],
      [1, 1, 2],
      [2, 1, 3],
      [4, 1, 4],
      [5, 1, 5],
      [6, 1, 6],
      [7, 1, 7],
      [8, 1, 8],
      [9, 1, 9],
      [10, 2, 1],
      [11, 3, 1],
      [12, 3, 2],
      [15, 3, 3],
      [16, 3, 4],
      [17, 3, 5],
      [18, 4, 1],
      [19, 5, 1],
      [20, 5, 2],
      [21, 5, 3],
      [22, 5, 4],
      [23, 5, 5],
      [24, 5, 5],
    ];
    for (const step of [1, 5, 7, 17]) {
      const asked = places.map((_, at) => places[(at * step) % places.length]!);
      const found = locateAll(
        text,
        asked.map(([offset]) => offset),
      );
      expect(found).toEqual(asked.map(([, line, column]) => ({ line, column })));
    }
  });
});

describe('a refusal says what it met, what it expected and where', () => {
  it.each([
    ['{\n  "a": 1,\n  "workflow": }\n}', "unexpected '}' where a value was expected at line 3, column 15"],
    ['{"a":1,}', "unexpected '}' where a member name was expected at line 1, column 8"],
    ['[1 2]', "unexpected '2' where ',' or ']' was expected at line 1, column 4"],
    ['{"a":1 "b":2}', "unexpected '\"' where ',' or '}' was expected at line 1, column 8"],
    ['{"a" 1}', "unexpected '1' where ':' was expected at line 1, column 6"],
    ['{"a":None}', "unexpected 'None' where a value was expected at line 1, column 6"],
    ['{} {}', "unexpected '{' where the end of the document was expected at line 1, column 4"],
    ['{"a":', 'unexpected end of the document where a value was expected at line 1, column 6'],
    ['{"a":"한', 'unexpected end of the document where the closing quote of a string was expected at line 1, column 8'],
    ['[1.]', "unexpected ']' where a digit was expected at line 1, column 4"],
    [
      '["\\q"]',
      "unexpected 'q' where one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u was expected at line 1, column 4",
    ],
    ['["\\u00g0"]', "unexpected 'g' where a hexadecimal digit was expected at line 1, column 7"],
    ['["a\nb"]', 'unescaped control character U+000A in a string at line 1, column 4'],
    ['[한]', "unexpected '한' where a value was expected at line 1, column 2"],
    ['[\u00a01]', 'unexpected U+00A0 where a value was expected at line 1, column 2'],
    ['\ufeff{}', 'byte order mark at line 1, column 1'],
    ['\r\n', 'document is empty, it ends without a value at line 2, column 1'],
  ])('%j', (text, message) => {
    const error = thrownBy(() => scanJson(utf8(text)));
    expect(error).toMatchObject({ name: 'BagError', message, retryable: false });
  });

  it('with the offset in bytes and the column in characters', () => {
    expect(thrownBy(() => scanJson(utf8('["한",\r\n "é" x]')))).toMatchObject({
      code: 'JSON_SYNTAX',
      context: { offset: 15, line: 2, column: 6 },
    });
  });

  it('and shows no more than twenty letters of a word', () => {
    expect(() => scanJson(utf8('x'.repeat(1000)))).toThrow(`unexpected '${'x'.repeat(20)}' where`);
  });
});
