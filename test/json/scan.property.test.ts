import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BagError } from 'statebag-shim';
import { EVERYTHING, expandNode, LEAF, scanJson, sliceNode, type JsonNode } from '../../src/json/index.js';
import { documentText, jsonText, rebuild, textOf, utf8 } from './json-text.js';

const RUNS = { numRuns: 500 };

/** A cut, an insertion or an exchange somewhere in a text. */
const mutation = fc.record({
  at: fc.nat(),
  cut: fc.nat({ max: 3 }),
  insert: fc.constantFrom(
    ...[
      '',
      '',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '\\u',
      '\\ud800',
      '0',
      '01',
      '-',
      '.',
      'e',
      'E+',
      '1.5',
      'tru',
    ],
    ...[
      'true',
      'null',
      ' ',
      '\n',
      '\t',
      '\u0000',
      '\u001f',
      '\u007f',
      '\u00a0',
      '\ufeff',
      'é',
      '😀',
      '/',
      "'",
      'N',
      '{}',
      '[1]',
    ],
  ),
});

function mutated(text: string, mutations: readonly { at: number; cut: number; insert: string }[]): string {
  return mutations.reduce((current, { at, cut, insert }) => {
    const place = at % (current.length + 1);
    return current.slice(0, place) + insert + current.slice(place + cut);
  }, text);
}

function isTakenBy(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof BagError || error instanceof TypeError) return false;
    throw error;
  }
}

function agree(bytes: Uint8Array): void {
  const expected = isTakenBy(() => JSON.parse(textOf(bytes)) as unknown);
  expect(isTakenBy(() => scanJson(bytes))).toBe(expected);
  expect(isTakenBy(() => scanJson(bytes, EVERYTHING))).toBe(expected);
}

describe('the scanner and JSON.parse', () => {
  it('take and refuse the same texts', () => {
    fc.assert(
      fc.property(documentText, fc.array(mutation, { minLength: 1, maxLength: 3 }), (text, mutations) => {
        agree(utf8(mutated(text, mutations)));
      }),
      RUNS,
    );
  });

  it('take and refuse the same bytes, well-formed UTF-8 or not', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(documentText, damage, (text, changes) => {
        const bytes = utf8(text);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        agree(bytes);
      }),
      RUNS,
    );
  });

  it('take and refuse the same texts cut short anywhere', () => {
    fc.assert(
      fc.property(documentText, fc.nat(), (text, length) => {
        agree(utf8(text).subarray(0, length % (text.length + 1)));
      }),
      RUNS,
    );
  });

  it('see the same values', () => {
    fc.assert(
      fc.property(documentText, (text) => {
        const bytes = utf8(text);
        expect(JSON.stringify(rebuild(bytes, scanJson(bytes, EVERYTHING)))).toBe(JSON.stringify(JSON.parse(text)));
      }),
      RUNS,
    );
  });
});

describe('the scanner and JSON.parse take and refuse the same strings and white space', () => {
  it('with a quote, a backslash, a control character or a longer character at every place of a string', () => {
    const stops = ['"', '\\n', '\\', '\\u00e9', '\\u00g9', '\\u00e', '\\x', '\n', '\u001f', '\u0000', '\u007f'];
    for (const stop of [...stops, 'é', '한', '😀', '\\ud83d\\ude00']) {
      for (let length = 0; length < 40; length += 1) agree(utf8(`["${'x'.repeat(length)}${stop}yz"]`));
    }
  });

  it('with every byte behind a backslash', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      agree(Uint8Array.of(0x22, 0x5c, byte, 0x61, 0x62, 0x63, 0x64, 0x22));
    }
  });

  it('with every byte as a hexadecimal digit, in the first and in the second of two escapes', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      for (const place of [3, 6, 9, 12]) {
        const bytes = utf8('"\\u00e9\\uABCD"');
        bytes[place] = byte;
        agree(bytes);
      }
    }
  });

  it('with runs of escapes of every length', () => {
    for (let count = 0; count < 9; count += 1) {
      for (const end of ['', ' ', 'x', '\\n', '\\"', '\\u12', '\\u123g']) {
        agree(utf8(`"${'\\ud55c'.repeat(count)}${end}"`));
      }
    }
  });

  it('with white space of every kind and length around each token', () => {
    const spaces = [' ', '\t', '\n', '\r', '  \n', `\r\n${' '.repeat(17)}\t`, '\u00a0', '\v'];
    for (const space of [...spaces, ...[7, 8, 23].map((length) => ' '.repeat(length))]) {
      agree(utf8(['', '{', '"a"', ':', '[', '1', ',', '"b"', ']', ',', '"c"', ':', '{', '}', '}'].join(space)));
    }
  });
});

describe('recorded ranges', () => {
  it('hold each value without the white space around it, and each key with its quotes', () => {
    fc.assert(
      fc.property(documentText, (text) => {
        const bytes = utf8(text);
        checkRanges(bytes, scanJson(bytes, EVERYTHING));
      }),
      RUNS,
    );
  });

  it('are the same whether recorded at once or expanded level by level', () => {
    fc.assert(
      fc.property(documentText, (text) => {
        const bytes = utf8(text);
        expect(expandAll(bytes, scanJson(bytes, LEAF))).toEqual(scanJson(bytes, EVERYTHING));
      }),
      RUNS,
    );
  });

  it("are right around Python's tokens", () => {
    const token = fc.constantFrom('NaN', 'Infinity', '-Infinity');
    fc.assert(
      fc.property(jsonText, token, jsonText, (before, word, after) => {
        const bytes = utf8(`[${before},{"t" : ${word} },${after}]`);
        const member = scanJson(bytes, EVERYTHING).items?.[1]?.members?.[0];
        expect(member?.value.kind).toBe('nonfinite');
        expect(textOf(sliceNode(bytes, member!.value))).toBe(word);
      }),
    );
  });
});

function checkRanges(bytes: Uint8Array, node: JsonNode): void {
  const text = textOf(sliceNode(bytes, node));
  expect(text).toBe(text.trim());
  expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(rebuild(bytes, node)));
  for (const { name, keyStart, keyEnd, value } of node.members ?? []) {
    expect(JSON.parse(textOf(bytes.subarray(keyStart, keyEnd)))).toBe(name);
    checkRanges(bytes, value);
  }
  for (const item of node.items ?? []) checkRanges(bytes, item);
}

function expandAll(bytes: Uint8Array, node: JsonNode): JsonNode {
  const filled = expandNode(bytes, node);
  for (const { value } of filled.members ?? []) expandAll(bytes, value);
  for (const item of filled.items ?? []) expandAll(bytes, item);
  return filled;
}
