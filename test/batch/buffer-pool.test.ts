import { expect, it } from 'vitest';
import { BufferPool } from '../../src/sources/read-file.js';

const SIZE = 100_000;

it('gives as many bytes as it is asked for, whatever the size', () => {
  const pool = new BufferPool();
  for (const length of [0, 1, 16_383, 16_384, 16_385, SIZE, 4 << 20, (4 << 20) + 1])
    expect(pool.take(length)).toHaveLength(length);
});

it('lends memory again once it has come back, and never before', () => {
  const pool = new BufferPool();
  const first = pool.take(SIZE);
  const second = pool.take(SIZE);
  expect(second.buffer).not.toBe(first.buffer);
  pool.give(first);
  expect(pool.take(SIZE - 1_000).buffer).toBe(first.buffer);
});

it('takes nothing back twice, nothing that is not its own, and the whole for a part', () => {
  const pool = new BufferPool();
  const lent = pool.take(SIZE);
  pool.give(lent.subarray(10, 20));
  pool.give(lent);
  pool.give(new Uint8Array(1 << 17));
  const [first, second] = [pool.take(SIZE), pool.take(SIZE)];
  expect(first.buffer).toBe(lent.buffer);
  expect(second.buffer).not.toBe(lent.buffer);
});

it('keeps a bounded amount', () => {
  const pool = new BufferPool();
  const all = Array.from({ length: 12 }, () => pool.take(4 << 20));
  for (const bytes of all) pool.give(bytes);
  const kept = new Set(all.map(({ buffer }) => buffer));
  const again = Array.from({ length: 12 }, () => pool.take(4 << 20));
  expect(again.filter(({ buffer }) => kept.has(buffer))).toHaveLength(8);
});
