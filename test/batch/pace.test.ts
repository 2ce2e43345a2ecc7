import { expect, it } from 'vitest';
import { Pace } from '../../src/batch/pace.js';

function clock() {
  const time = { now: 0, slept: 0 };
  const sleep = (milliseconds: number) => {
    time.now += milliseconds;
    time.slept += milliseconds;
    return Promise.resolve();
  };
  return { time, clock: { now: () => time.now, sleep } };
}

it('holds nothing back until the table throttles', async () => {
  const { time, clock: it } = clock();
  const pace = new Pace(it);
  for (let call = 0; call < 100; call++) await pace.take(400);
  expect([pace.unitsPerSecond, time.slept]).toEqual([undefined, 0]);
});

it('keeps to a ceiling: the units taken are those of the time that went by', async () => {
  const { time, clock: it } = clock();
  const pace = new Pace(it, 100);
  for (let call = 0; call < 50; call++) await pace.take(20);
  expect(time.now).toBe(9_800);
});

it('corrects an estimate by what the table told', async () => {
  const { time, clock: it } = clock();
  const pace = new Pace(it, 10);
  await pace.take(1);
  pace.correct(19);
  await pace.take(1);
  expect(time.now).toBe(2_000);
  pace.correct(-1);
  await pace.take(1);
  expect(time.now).toBe(2_000);
});

it('halves at a sign of throttling, once for calls that were sent together, and grows again', async () => {
  const { time, clock: it } = clock();
  const pace = new Pace(it, 200);
  await pace.take(1);
  time.now = 10_000;
  for (let call = 0; call < 8; call++) pace.throttled();
  expect(pace.unitsPerSecond).toBe(100);
  time.now += 600;
  pace.throttled();
  expect(pace.unitsPerSecond).toBe(50);
  time.now += 60_000;
  await pace.take(0);
  expect(pace.unitsPerSecond).toBe(200);
});

it('learns its rate from what passed before the first throttling, and never stops', async () => {
  const { time, clock: it } = clock();
  const pace = new Pace(it);
  await pace.take(1_000);
  time.now = 10_000;
  pace.throttled();
  expect(pace.unitsPerSecond).toBe(50);
  for (let sign = 0; sign < 20; sign++) {
    time.now += 501;
    pace.throttled();
  }
  expect(pace.unitsPerSecond).toBe(1);
});
