import { expect, it } from 'vitest';
import { HeapKeeper } from '../../src/cli/heap-keeper.js';
import type { Heap } from '../../src/cli/heap-keeper.js';

const MB = 1024 * 1024;

/** A heap in which `alive` is what a collection leaves. */
function heapOf(alive: number) {
  const state = { young: MB, old: alive, alive, collections: 0, holds: 0 };
  const heap: Heap = {
    sizes: () => ({ young: state.young, old: state.old }),
    holdYoung: () => { state.holds++; },
    collect: () => {
      state.collections++;
      state.old = state.alive;
    },
  };
  return { state, keeper: new HeapKeeper(heap) };
}

it('holds the young generation once, when it has what the documents in hand need', () => {
  const { state, keeper } = heapOf(6 * MB);
  for (const young of [2, 4, 8, 16]) {
    state.young = young * MB;
    keeper.look();
  }
  expect(state.holds).toBe(1);
});

it.each([
  ['when the dead may be a megabyte', 6, 6.9, 7],
  ['a large heap not for a little: an eighth must have come', 400, 449, 450],
])('collects %s', (_what, alive, before, enough) => {
  const { state, keeper } = heapOf(alive * MB);
  state.old = before * MB;
  keeper.look();
  expect(state.collections).toBe(0);
  state.old = enough * MB;
  keeper.look();
  expect([state.collections, state.old]).toEqual([1, alive * MB]);
});

it('takes what stays after a collection for alive', () => {
  const { state, keeper } = heapOf(6 * MB);
  state.alive = 20 * MB;
  for (const old of [20, 21, 22]) {
    state.old = old * MB;
    keeper.look();
  }
  expect(state.collections).toBe(1);
});
