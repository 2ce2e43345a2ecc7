import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InternalError } from 'statebag-shim';
import { applySplices, invertSplices, type Splice } from '../../src/json/index.js';
import { textOf, thrownBy, utf8 } from './json-text.js';

function splice(start: number, end: number, insert: string): Splice {
  return { start, end, insert: utf8(insert) };
}

describe('applySplices', () => {
  const bytes = utf8('0123456789');

  it('replaces, inserts and cuts', () => {
    expect(textOf(applySplices(bytes, [splice(0, 1, 'ab'), splice(4, 4, '--'), splice(8, 10, '')]))).toBe(
      'ab123--4567',
    );
  });

  it('takes splices that touch, in their order', () => {
    expect(
      textOf(applySplices(bytes, [splice(2, 4, ''), splice(4, 4, 'x'), splice(4, 4, 'y'), splice(4, 5, 'z')])),
    ).toBe('01xyz56789');
  });

  it('gives a new array even when there is nothing to do', () => {
    const same = applySplices(bytes, []);
    expect(same).toEqual(bytes);
    expect(same.buffer).not.toBe(bytes.buffer);
  });

  it.each([
    ['out of order', [splice(4, 5, ''), splice(1, 2, '')]],
    ['overlapping', [splice(1, 5, ''), splice(4, 6, '')]],
    ['turned round', [splice(5, 4, '')]],
    ['past the end', [splice(9, 11, '')]],
    ['before the beginning', [splice(-1, 1, '')]],
    ['at no number', [splice(Number.NaN, 3, '')]],
  ])('refuses splices %s', (_what, splices) => {
    for (const run of [applySplices, invertSplices]) {
      const error = thrownBy(() => run(bytes, splices));
      expect(error).toBeInstanceOf(InternalError);
      expect(error).toMatchObject({ code: 'SPLICE_ORDER' });
    }
  });
});

describe('invertSplices', () => {
  const piece = fc.record({
    skip: fc.nat({ max: 6 }),
    cut: fc.nat({ max: 6 }),
    insert: fc.uint8Array({ maxLength: 6 }),
  });

  /** Splices made from distances, kept to what fits into the bytes. */
  function placed(length: number, pieces: readonly { skip: number; cut: number; insert: Uint8Array }[]): Splice[] {
    let at = 0;
    return pieces.map(({ skip, cut, insert }) => {
      const start = Math.min(at + skip, length);
      at = Math.min(start + cut, length);
      return { start, end: at, insert };
    });
  }

  it('gives back the original exactly', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(piece, { maxLength: 8 }), (bytes, pieces) => {
        const splices = placed(bytes.length, pieces);
        const inverse = invertSplices(bytes, splices);
        const result = applySplices(bytes, splices);
        expect(applySplices(result, inverse)).toEqual(bytes);
        expect(applySplices(applySplices(result, inverse), invertSplices(result, inverse))).toEqual(result);
      }),
      { numRuns: 400 },
    );
  });

  it('carries views of what was cut, not copies', () => {
    const bytes = utf8('abcdef');
    expect(invertSplices(bytes, [splice(1, 3, '')])[0]?.insert.buffer).toBe(bytes.buffer);
  });
});
