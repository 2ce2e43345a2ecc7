import { describe, expect, it } from 'vitest';
import { BagError } from 'statebag-shim';
import { EVERYTHING, scanJson } from '../../src/json/index.js';
import { rebuild, thrownBy, utf8 } from './json-text.js';

/** Both parsers take these, and see the same value. */
const ACCEPTED: readonly (readonly [what: string, text: string])[] = [
  ['an empty object', '{}'],
  ['an empty array', '[]'],
  ['an object with blanks inside', '{ \t\r\n }'],
  ['an array with blanks inside', '[ \t\r\n ]'],
  ['a lone string', '"text"'],
  ['a lone empty string', '""'],
  ['a lone number', '42'],
  ['a lone true', 'true'],
  ['a lone false', 'false'],
  ['a lone null', 'null'],
  ['white space around the value', ' \r\n\t1 \r\n\t'],
  ['a last line break', '{"a":1}\n'],
  ['CRLF line breaks', '{\r\n  "a": 1,\r\n  "b": 2\r\n}\r\n'],
  ['CR line breaks', '{\r"a": 1\r}'],
  ['blanks around every token', ' { "a" : [ 1 , 2 ] , "b" : { } } '],
  ['zero', '0'],
  ['minus zero', '-0'],
  ['minus zero with a fraction', '-0.0'],
  ['zero with an exponent', '0e1'],
  ['a signed exponent', '1e+16'],
  ['a capital exponent', '1E-7'],
  ['leading zeros in an exponent', '1e007'],
  ['a fraction with an exponent', '-12.340E+05'],
  ['an integer above 2^53', '9007199254740993'],
  ['an integer of 60 digits', '9'.repeat(60)],
  ['a number too large for a double', '[1e400]'],
  ['a number too small for a double', '[1e-400]'],
  ['every short escape', '"\\" \\\\ \\/ \\b \\f \\n \\r \\t"'],
  ['an escaped unit in small letters', '"\\u00e9"'],
  ['an escaped unit in capitals', '"\\u00E9\\uABCD\\uFFFF"'],
  ['an escaped NUL', '"\\u0000"'],
  ['an escaped surrogate pair', '"\\ud83d\\ude00"'],
  ['an escaped lone high surrogate', '"\\ud800"'],
  ['an escaped lone low surrogate', '"\\udfff"'],
  ['escaped surrogates the wrong way round', '"\\ude00\\ud83d"'],
  ['a high surrogate before an ordinary escape', '"\\ud83d\\n"'],
  ['DEL in a string', '"\u007f"'],
  ['U+2028 and U+2029 in a string', '"\u2028\u2029"'],
  ['two-byte characters', '"é"'],
  ['three-byte characters', '"한글"'],
  ['four-byte characters', '"😀"'],
  ['the last code point', '"\u{10ffff}"'],
  ['a noncharacter', '"\uffff"'],
  ['a byte order mark inside a string', '"\ufeff"'],
  ['structure inside a string', '"{\\"a\\":[1,2]}//"'],
  ['a backslash before the closing quote', '"\\\\"'],
  [
    'a quote of each position in a word',
    '["","a","ab","abc","abcd","abcde","abcdef","abcdefg","abcdefgh","abcdefghi"]',
  ],
  [
    'an escape at each position in a word',
    '["\\n","a\\n","ab\\n","abc\\n","abcd\\n","abcde\\n","abcdef\\n","abcdefg\\n"]',
  ],
  ['an empty name', '{"":0}'],
  ['a name twice', '{"a":1,"a":2}'],
  ['a name twice in two spellings', '{"a":1,"\\u0061":2}'],
  ['__proto__ as a name', '{"__proto__":{"a":1},"constructor":2,"hasOwnProperty":3}'],
  ['names that look like indexes', '{"2":1,"10":2,"1":3}'],
  ['an array of arrays', '[[],[[]],[[],[]]]'],
  ['an object of objects', '{"a":{"b":{"c":{}}},"d":{}}'],
  ['every kind in one array', '[{},[],"",0,true,false,null]'],
  ['200 levels', '['.repeat(200) + ']'.repeat(200)],
  ['900 levels of objects', '{"a":'.repeat(900) + '1' + '}'.repeat(900)],
];

/** Both parsers refuse these. */
const REFUSED: readonly (readonly [what: string, text: string, code: string])[] = [
  ['nothing', '', 'JSON_EMPTY'],
  ['white space only', ' \r\n\t', 'JSON_EMPTY'],
  ['a byte order mark', '\ufeff{}', 'JSON_BOM'],
  ['a byte order mark and nothing else', '\ufeff', 'JSON_BOM'],
  ...syntax(
    ['an open object', '{'],
    ['an open array', '['],
    ['an object open after a name', '{"a"'],
    ['an object open after a colon', '{"a":'],
    ['an object open after a value', '{"a":1'],
    ['an object open after a comma', '{"a":1,'],
    ['an array open after a value', '[1'],
    ['an array open after a comma', '[1,'],
    ['a closing brace alone', '}'],
    ['a closing bracket alone', ']'],
    ['an object closed as an array', '{"a":1]'],
    ['an array closed as an object', '[1}'],
    ['an empty object closed as an array', '{]'],
    ['an empty array closed as an object', '[}'],
    ['a comma after the last element', '[1,]'],
    ['a comma after the last member', '{"a":1,}'],
    ['a comma before the first element', '[,1]'],
    ['a comma before the first member', '{,"a":1}'],
    ['two commas', '[1,,2]'],
    ['a comma alone', '[,]'],
    ['no comma between elements', '[1 2]'],
    ['no comma between members', '{"a":1 "b":2}'],
    ['no colon', '{"a" 1}'],
    ['two colons', '{"a"::1}'],
    ['a comma for a colon', '{"a",1}'],
    ['a colon in an array', '["a":1]'],
    ['a name without quotes', '{a:1}'],
    ['a number as a name', '{1:1}'],
    ['a name in single quotes', "{'a':1}"],
    ['a value in single quotes', "['a']"],
    ['a member without a value', '{"a":}'],
    ['a member without a name', '{:1}'],
    ['two documents', '{}{}'],
    ['a closing brace too many', '{}}'],
    ['a closing bracket too many', '[]]'],
    ['text after the document', '{} x'],
    ['a comma after the document', '1,'],
    ['a line comment', '{} // x'],
    ['a block comment', '[/* x */]'],
    ['a hash comment', '# x\n1'],
    ['a leading zero', '01'],
    ['a leading zero after a minus', '-01'],
    ['two zeros', '00'],
    ['a point without a fraction', '1.'],
    ['a point without a fraction before an exponent', '1.e5'],
    ['a fraction without an integer', '.5'],
    ['a minus alone', '-'],
    ['a minus before a point', '-.5'],
    ['two minuses', '--1'],
    ['a plus', '+1'],
    ['an exponent without digits', '1e'],
    ['a signed exponent without digits', '1e+'],
    ['an exponent with a point', '1e1.5'],
    ['two exponents', '1e1e1'],
    ['two points', '1.2.3'],
    ['a hexadecimal number', '0x10'],
    ['a number with underscores', '1_000'],
    ['a number ending in a letter', '[1a]'],
    ['a big integer suffix', '1n'],
    ['a fullwidth digit', '１'],
    ['a capital True', 'True'],
    ['a capital NULL', 'NULL'],
    ['None', 'None'],
    ['undefined', 'undefined'],
    ['a word cut short', 'tru'],
    ['a word cut short in an array', '[nul]'],
    ['a word too long', 'truex'],
    ['a word misspelled', 'falze'],
    ['a small nan', 'nan'],
    ['minus NaN', '-NaN'],
    ['plus Infinity', '+Infinity'],
    ['a shortened infinity', '[Inf]'],
    ['a shortened minus infinity', '[-Inf]'],
    ['an infinity cut short by the end', '-Infinit'],
    ['an open string', '"abc'],
    ['an open long string', `"${'abcdefgh'.repeat(4)}`],
    ['a quote alone', '"'],
    ['a string open after a backslash', '"\\'],
    ['a string open in an escaped unit', '"\\u12'],
    ['a backslash before the last quote', '["\\"]'],
    ['an unknown escape', '"\\x41"'],
    ['an escaped single quote', '"\\\'"'],
    ['a capital U escape', '"\\U0041"'],
    ['an escaped unit with a wrong digit', '"\\u00g0"'],
    ['an escaped unit of three digits', '"\\u123"'],
    ['an octal escape', '"\\012"'],
    ['an escaped line break', '"\\\n"'],
    ['a raw line break in a string', '"a\nb"'],
    ['a raw tab in a string', '"a\tb"'],
    ['a raw NUL in a string', '"a\0b"'],
    ['a raw control character in a long string', `"${'abcdefgh'.repeat(4)}\u001f"`],
    ['a raw line break in a name', '{"a\n":1}'],
    ['a NUL after the document', '{}\0'],
    ['a form feed as white space', '[\f1]'],
    ['a no-break space as white space', '[\u00a01]'],
    ['U+2028 as white space', '\u20281'],
    ['a byte order mark after the beginning', ' \ufeff{}'],
    ['a semicolon for a comma', '[1;2]'],
    ['parentheses', '(1)'],
    ['an assignment', 'a=1'],
    ['a template', '`a`'],
  ),
];

function syntax(...cases: (readonly [string, string])[]): (readonly [string, string, string])[] {
  return cases.map(([what, text]) => [what, text, 'JSON_SYNTAX']);
}

describe('the scanner accepts what RFC 8259 accepts', () => {
  it.each(ACCEPTED)('%s', (_what, text) => {
    const bytes = utf8(text);
    expect(JSON.stringify(rebuild(bytes, scanJson(bytes, EVERYTHING)))).toBe(JSON.stringify(JSON.parse(text)));
    expect(scanJson(bytes).kind).toBe(scanJson(bytes, EVERYTHING).kind);
  });

  it.each(['NaN', 'Infinity', '-Infinity'])("%s, one of Python's tokens, as a value of its own kind", (token) => {
    const bytes = utf8(`{"a": [${token}]}`);
    const item = scanJson(bytes, EVERYTHING).members?.[0]?.value.items?.[0];
    expect(item).toEqual({ kind: 'nonfinite', start: 7, end: 7 + token.length });
    expect(scanJson(utf8(token)).kind).toBe('nonfinite');
  });
});

describe('the scanner refuses what RFC 8259 refuses', () => {
  it.each(REFUSED)('%s', (_what, text, code) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(thrownBy(() => scanJson(utf8(text)))).toMatchObject({ code });
    expect(thrownBy(() => scanJson(utf8(text), EVERYTHING))).toBeInstanceOf(BagError);
  });

  it('says the same of a document recorded in full and of one skipped', () => {
    for (const [, text] of REFUSED) {
      const recorded = thrownBy(() => scanJson(utf8(text), EVERYTHING)) as BagError;
      const skipped = thrownBy(() => scanJson(utf8(text))) as BagError;
      expect([recorded.message, recorded.context]).toEqual([skipped.message, skipped.context]);
    }
  });
});

describe('the scanner refuses malformed UTF-8 and says where', () => {
  const cases: readonly (readonly [what: string, bytes: readonly number[]])[] = [
    ['a continuation byte alone', [0x80]],
    ['a lead byte alone', [0xc3]],
    ['an overlong slash of two bytes', [0xc0, 0xaf]],
    ['an overlong slash of three bytes', [0xe0, 0x80, 0xaf]],
    ['an overlong slash of four bytes', [0xf0, 0x80, 0x80, 0xaf]],
    ['a raw high surrogate', [0xed, 0xa0, 0x80]],
    ['a raw low surrogate', [0xed, 0xbf, 0xbf]],
    ['a code point past the last', [0xf4, 0x90, 0x80, 0x80]],
    ['a byte that never occurs', [0xff]],
    ['three bytes of four', [0xf0, 0x9f, 0x98]],
    ['five continuation bytes', [0x80, 0x80, 0x80, 0x80, 0x80]],
    ['latin1', [0x63, 0x61, 0x66, 0xe9]],
  ];

  it.each(cases)('%s', (_what, malformed) => {
    const before = utf8('["한é😀",\n"');
    const bytes = Uint8Array.of(...before, ...malformed, ...utf8('"]'));
    const first = malformed.findIndex((byte) => byte >= 0x80);
    expect(thrownBy(() => scanJson(bytes))).toMatchObject({
      code: 'INVALID_UTF8',
      context: { offset: before.length + first, line: 2, column: 2 + first },
    });
  });

  it('at a block border of the search, and far behind it', () => {
    for (const length of [65_530, 65_534, 65_535, 65_536, 65_537, 200_001]) {
      const bytes = new Uint8Array(Buffer.concat([utf8(`"${'é'.repeat(length / 2)}`), Uint8Array.of(0xff, 0x22)]));
      const offset = bytes.length - 2;
      expect(thrownBy(() => scanJson(bytes))).toMatchObject({ code: 'INVALID_UTF8', context: { offset } });
    }
  });
});
