import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filler, pad } from '../../examples/fleet/filler.js';
import type { JsonObject } from '../../examples/fleet/json-value.js';
import { seededRandom } from '../../examples/fleet/random.js';
import { compactSize, serialise } from '../../examples/fleet/serialise.js';
import { makeState } from '../../examples/fleet/state.js';

describe('filler', () => {
  it('is as long as asked, to the byte', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 4, max: 20_000 }), (seed, bytes) => {
        expect(compactSize(filler(seededRandom(seed), bytes))).toBe(bytes);
      }),
    );
  });

  it('has a quote about every 20 bytes and both languages in it', () => {
    const text = serialise(filler(seededRandom(1), 100_000), 'compact');
    const quotes = text.split('"').length - 1;
    expect(Buffer.byteLength(text) / quotes).toBeGreaterThan(16);
    expect(Buffer.byteLength(text) / quotes).toBeLessThan(24);
    expect(text).toMatch(/[가-힣]{2}/);
    expect(text).toMatch(/[a-z]{5}/);
  });

  it('makes an object grow by so many bytes, or not at all when they are too few for a member', () => {
    fc.assert(
      fc.property(fc.integer({ max: 600 }), fc.constantFrom<JsonObject>({}, { a: 1 }), (growth, start) => {
        const object = { ...start };
        const grown = pad(seededRandom(1), object, 'notes', growth);
        expect(compactSize(object)).toBe(compactSize(start) + grown);
        expect(grown).toBe(growth < 12 + Object.keys(start).length ? 0 : growth);
      }),
    );
  });
});

describe('makeState', () => {
  it('is as long as asked, to the byte', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 300, max: 60_000 }), (seed, bytes) => {
        expect(compactSize(makeState(seededRandom(seed), bytes))).toBe(bytes);
      }),
    );
  });
});
