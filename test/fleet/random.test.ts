import { describe, expect, it } from 'vitest';
import { deriveSeed, seededRandom } from '../../examples/fleet/random.js';

describe('seeded randomness', () => {
  it('gives the same numbers for the same seed', () => {
    const [one, two] = [seededRandom(7), seededRandom(7)];
    expect(Array.from({ length: 50 }, () => one.fraction())).toEqual(Array.from({ length: 50 }, () => two.fraction()));
  });

  it('is pinned, so that a fleet made today can be made again after an upgrade', () => {
    const random = seededRandom(1);
    expect([random.below(1000), random.below(1000), random.hex(8), random.pick(['a', 'b', 'c'])])
      .toMatchInlineSnapshot(`
      [
        627,
        2,
        "8ff49b6f",
        "b",
      ]
    `);
    expect(deriveSeed(1, 2, 3)).toMatchInlineSnapshot(`3740884685`);
  });

  it('spreads whole numbers evenly below the limit', () => {
    const random = seededRandom(3);
    const hits = new Array<number>(10).fill(0);
    for (let at = 0; at < 10_000; at++) hits[random.below(10)]!++;
    expect(Math.min(...hits)).toBeGreaterThan(850);
    expect(Math.max(...hits)).toBeLessThan(1150);
  });

  it('derives different seeds for different paths', () => {
    const seeds = new Set<number>();
    for (let kind = 0; kind < 4; kind++) for (let at = 0; at < 1000; at++) seeds.add(deriveSeed(1, kind, at));
    expect(seeds.size).toBe(4000);
  });
});
