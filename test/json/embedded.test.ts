import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BagError, InternalError } from 'statebag-shim';
import {
  applySplices,
  invertSplices,
  LEAF,
  openEmbedded,
  scanJson,
  type Splice,
  translateSplices,
} from '../../src/json/index.js';
import { documentText, stringText, textOf, thrownBy, utf8 } from './json-text.js';

/** The only member's value in a document such as `{"Payload":"…"}`. */
function payloadOf(bytes: Uint8Array): Parameters<typeof openEmbedded>[1] {
  return scanJson(bytes, { anyMember: LEAF }).members![0]!.value;
}

/** A text spelled as a JSON string in one of many ways: `choices` decides each character's escape. */
function spelled(text: string, choices: readonly number[]): string {
  const units = Array.from(text, (character, index) => {
    const choice = choices.length === 0 ? 0 : choices[index % choices.length]!;
    const asUnits = character.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    return choice % 4 === 1 ? asUnits.join('') : JSON.stringify(character).slice(1, -1);
  });
  return `"${units.join('')}"`;
}

/** Splices between characters of a text, from pairs of numbers. */
function splicesOver(text: string, places: readonly number[], inserts: readonly string[]): Splice[] {
  const borders = [0];
  for (const character of text) borders.push(borders.at(-1)! + utf8(character).length);
  const sorted = places.map((place) => borders[place % borders.length]!).sort((a, b) => a - b);
  return inserts
    .slice(0, Math.floor(sorted.length / 2))
    .map((insert, index) => ({ start: sorted[2 * index]!, end: sorted[2 * index + 1]!, insert: utf8(insert) }));
}

describe('openEmbedded', () => {
  it('gives the document inside a string', () => {
    const bytes = utf8('{"Payload":"{\\"state_data\\": {\\"\\ud55c\\":\\"\\\\n\\ud83d\\ude00 é\\/\\"}}"}');
    const inner = openEmbedded(bytes, payloadOf(bytes));
    expect(textOf(inner)).toBe('{"state_data": {"한":"\\n😀 é/"}}');
    expect(scanJson(inner).kind).toBe('object');
  });

  it('gives what the string decodes to, in UTF-8', () => {
    fc.assert(
      fc.property(stringText({ loneSurrogates: false }), (quoted) => {
        const bytes = utf8(`{"Payload": ${quoted}}`);
        expect(textOf(openEmbedded(bytes, payloadOf(bytes)))).toBe(JSON.parse(quoted));
      }),
      { numRuns: 400 },
    );
  });

  it.each(['"\\ud800"', '"a\\udc00b"', '"\\ud83d\\n"', '"\\ud83d\\u0041"', '"\\ud83d\\ud83d\\ude00"', '"\\ud83d😀"'])(
    'refuses a lone surrogate: %s',
    (quoted) => {
      const bytes = utf8(`{\n"Payload":${quoted}}`);
      const error = thrownBy(() => openEmbedded(bytes, payloadOf(bytes)));
      expect(error).toBeInstanceOf(BagError);
      expect(error).toMatchObject({ code: 'EMBEDDED_NOT_UTF8', context: { offset: bytes.indexOf(0x5c), line: 2 } });
    },
  );

  it('lets a lone surrogate escaped within the inner document pass', () => {
    const bytes = utf8('{"Payload":"{\\"a\\":\\"\\\\ud800\\"}"}');
    expect(textOf(openEmbedded(bytes, payloadOf(bytes)))).toBe('{"a":"\\ud800"}');
  });

  it('is for strings only', () => {
    const bytes = utf8('{"Payload":{}}');
    expect(thrownBy(() => openEmbedded(bytes, payloadOf(bytes)))).toMatchObject({ code: 'WRONG_KIND' });
    expect(thrownBy(() => translateSplices(bytes, payloadOf(bytes), []))).toMatchObject({ code: 'WRONG_KIND' });
  });
});

describe('translateSplices', () => {
  it('keeps the spelling of what is not cut and escapes what is put in', () => {
    const bytes = utf8('{"Payload":"{\\u0022a\\":\\"\\ud55c\\/\\",\\"b\\":1}"}');
    const node = payloadOf(bytes);
    const at = textOf(openEmbedded(bytes, node)).indexOf('1');
    const inserted = utf8('"say \\"한\\"\n\u0001"');
    const start = utf8('{"a":"한/","b":').length;
    expect(at).toBeGreaterThan(0);
    const splices = translateSplices(bytes, node, [{ start, end: start + 1, insert: inserted }]);
    expect(textOf(applySplices(bytes, splices))).toBe(
      '{"Payload":"{\\u0022a\\":\\"\\ud55c\\/\\",\\"b\\":\\"say \\\\\\"한\\\\\\"\\n\\u0001\\"}"}',
    );
  });

  it('does to the inner document what the inner splices do, and can be undone', () => {
    const places = fc.array(fc.nat(), { maxLength: 8 });
    const inserts = fc.array(fc.constantFrom('', '"x"', '\\', '{"a":"\\n"}', '한😀', '\n\t\u0001'), { maxLength: 4 });
    fc.assert(
      fc.property(documentText, fc.array(fc.nat()), places, inserts, (text, choices, at, texts) => {
        const bytes = utf8(`{"Payload" : ${spelled(text, choices)} }`);
        const node = payloadOf(bytes);
        const splices = splicesOver(text, at, texts);
        const outer = translateSplices(bytes, node, splices);
        const result = applySplices(bytes, outer);
        const inner = openEmbedded(result, payloadOf(result));
        expect(textOf(inner)).toBe(textOf(applySplices(utf8(text), splices)));
        expect(applySplices(result, invertSplices(bytes, outer))).toEqual(bytes);
      }),
      { numRuns: 400 },
    );
  });

  it('composes for a string within a string', () => {
    fc.assert(
      fc.property(
        documentText,
        fc.array(fc.nat()),
        fc.array(fc.nat()),
        fc.array(fc.nat(), { maxLength: 4 }),
        (text, a, b, at) => {
          const middle = `{"Payload":${spelled(text, a)}}`;
          const bytes = utf8(`{"Payload":${spelled(middle, b)}}`);
          const node = payloadOf(bytes);
          const middleBytes = openEmbedded(bytes, node);
          const middleNode = payloadOf(middleBytes);
          const splices = splicesOver(text, at, ['"q\\"é"', '\\\n']);
          const result = applySplices(
            bytes,
            translateSplices(bytes, node, translateSplices(middleBytes, middleNode, splices)),
          );
          const resultMiddle = openEmbedded(result, payloadOf(result));
          expect(textOf(openEmbedded(resultMiddle, payloadOf(resultMiddle)))).toBe(
            textOf(applySplices(utf8(text), splices)),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    ['inside an escaped character', '"\\ud55c"', 1, 'SPLICE_IN_CHARACTER'],
    ['inside an escaped surrogate pair', '"\\ud83d\\ude00"', 3, 'SPLICE_IN_CHARACTER'],
    ['past the end of the inner document', '"\\u0061b"', 3, 'SPLICE_ORDER'],
    ['past the end of the outer string', '"ab"', 3, 'SPLICE_ORDER'],
  ])('refuses a splice %s', (_what, quoted, start, code) => {
    const bytes = utf8(`{"Payload":${quoted}}`);
    const error = thrownBy(() => translateSplices(bytes, payloadOf(bytes), [{ start, end: start, insert: utf8('') }]));
    expect(error).toBeInstanceOf(InternalError);
    expect(error).toMatchObject({ code });
  });
});
