/** Deterministic randomness: the same seed gives the same numbers on every machine and Node version. */
export interface Random {
  /** A number in [0, 1). */
  fraction(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  pick<T>(items: readonly T[]): T;
  /** That many lower-case hex digits. */
  hex(digits: number): string;
}

/** A generator of the mulberry32 family: 32 bits of state, quick, and good enough for test data; never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    return scramble(state);
  };
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return {
    fraction: () => next() / 2 ** 32,
    below,
    pick: (items) => items[below(items.length)]!,
    hex: (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join(''),
  };
}

/** The seed of one part of a fleet, so that parts can be made in any order and still come out the same. */
export function deriveSeed(seed: number, ...path: readonly number[]): number {
  return path.reduce((mixed, step) => scramble(mixed ^ scramble(step + 0x9e3779b9)), seed >>> 0);
}

function scramble(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}
