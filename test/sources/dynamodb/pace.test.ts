import { describe, expect, it } from 'vitest';
import { Pace } from '../../../src/sources/dynamodb/pace.js';

/** A clock that stands still until something sleeps or the test moves it. */
function startClock() {
  const time = { now: 0 };
  const sleep = (milliseconds: number, signal?: AbortSignal) => {
    signal?.throwIfAborted();
    time.now += milliseconds;
    return Promise.resolve();
  };
  return { time, clock: { now: () => time.now, sleep } };
}

/** A pace through which 400 units a second have passed, in rows of `units`, until the table throttles at 10 s. */
async function throttledAt10s(units: number, ceiling?: number) {
  const { time, clock } = startClock();
  const pace = new Pace(clock, ceiling);
  for (let second = 5; second < 10; second++) {
    time.now = second * 1_000;
    for (let row = 0; row < 400 / units; row++) await pace.take(units);
  }
  time.now = 10_000;
  pace.throttled(9_000);
  return { time, pace };
}

/** Takes rows until a time; gives the times at which they were let pass. */
async function takeUntil(pace: Pace, time: { now: number }, end: number, units: number): Promise<readonly number[]> {
  const times: number[] = [];
  while (time.now < end) times.push(await pace.take(units));
  return times;
}

describe('a pace without a sign of throttling', () => {
  it('holds nothing back when it has no ceiling', async () => {
    const { time, clock } = startClock();
    const pace = new Pace(clock);
    for (let call = 0; call < 100; call++) await pace.take(400);
    expect([pace.unitsPerSecond, time.now]).toEqual([undefined, 0]);
  });

  it('lets pass as many units as its ceiling allows in the time that went by', async () => {
    const { time, clock } = startClock();
    const pace = new Pace(clock, 100);
    for (let call = 0; call < 50; call++) await pace.take(20);
    expect(time.now).toBe(9_800);
  });

  it('keeps to a ceiling below the cost of a row: 400 units at 10 a second take 40 seconds', async () => {
    const { time, clock } = startClock();
    const pace = new Pace(clock, 10);
    await pace.take(400);
    await pace.take(400);
    expect(time.now).toBe(40_000);
  });

  it('replaces an estimate by what the table reported', async () => {
    const { time, clock } = startClock();
    const pace = new Pace(clock, 10);
    await pace.take(1);
    pace.correct(19);
    await pace.take(1);
    expect(time.now).toBe(2_000);
    pace.correct(-1);
    await pace.take(1);
    expect(time.now).toBe(2_000);
  });

  it('reaches a ceiling of 10,000 units a second although no timer is shorter than a millisecond', async () => {
    const { time, clock } = startClock();
    const pace = new Pace(clock, 10_000);
    for (let call = 0; call < 10_000; call++) await pace.take(1);
    expect(time.now).toBe(1_000);
  });
});

describe('a pace after a sign of throttling', () => {
  it('is half of what passed in the second before', async () => {
    const { pace } = await throttledAt10s(1);
    expect(pace.unitsPerSecond).toBe(200);
  });

  it('is half of what passed, not half of a ceiling that was far above', async () => {
    const { pace } = await throttledAt10s(1, 100_000);
    expect(pace.unitsPerSecond).toBe(200);
  });

  it('is halved once for all requests that were taken before the halving', async () => {
    const { time, pace } = await throttledAt10s(1);
    time.now = 10_400;
    for (const takenAt of [9_000, 9_500, 9_999, 10_000]) pace.throttled(takenAt);
    expect(pace.unitsPerSecond).toBeCloseTo(200 * 2 ** 0.05, 9);
  });

  it('is halved again for a request that was taken after the halving', async () => {
    const { time, pace } = await throttledAt10s(1);
    time.now = 10_400;
    pace.throttled(10_200);
    expect(pace.unitsPerSecond).toBeCloseTo(100 * 2 ** 0.05, 9);
  });

  it('grows to the rate before the incident within 8 seconds, with time alone: nothing needs to be taken', async () => {
    const { time, pace } = await throttledAt10s(1);
    time.now = 14_000;
    expect(pace.unitsPerSecond).toBeCloseTo(200 * 2 ** 0.5, 9);
    time.now = 17_999;
    expect(pace.unitsPerSecond).toBeCloseTo(400, 0);
    time.now = 18_000;
    expect(pace.unitsPerSecond).toBeUndefined();
  });

  it('is back at its ceiling 8 seconds after the last of ten halvings', async () => {
    const { time, pace } = await throttledAt10s(1, 500);
    for (let sign = 1; sign <= 9; sign++) {
      time.now = 10_000 + sign * 100;
      pace.throttled(time.now - 50);
    }
    expect(pace.unitsPerSecond).toBeLessThan(1.5);
    time.now = 18_900;
    expect(pace.unitsPerSecond).toBe(500);
  });

  it.each([1, 25, 400])('lets a row of %i units pass within a second, even after twenty halvings', async (units) => {
    const { time, pace } = await throttledAt10s(units);
    for (let sign = 1; sign <= 20; sign++) {
      time.now += 20;
      pace.throttled(time.now - 1);
    }
    const times = await takeUntil(pace, time, 14_000, units);
    const gaps = times.slice(1).map((at, index) => at - times[index]!);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1_000);
    expect(times.length).toBeGreaterThanOrEqual(4);
  });

  it('computes what is owed anew when the rate grows: a row does not wait at the rate of when it was taken', async () => {
    const { time, clock } = startClock();
    const pace = new Pace(clock, 400);
    await pace.take(400);
    time.now = 1_000;
    await pace.take(100);
    pace.throttled(500);
    expect(pace.unitsPerSecond).toBe(200);
    await pace.take(1);
    // 100 units take 500 ms at the rate of when they were taken, and less at a rate that doubles in eight seconds.
    expect(time.now).toBeLessThan(1_500);
    expect(time.now).toBeGreaterThan(1_450);
  });

  it('pays later what is owed when the rate is halved while it waits', async () => {
    const { time, clock } = startClock();
    const pace = new Pace(clock, 100);
    for (let call = 0; call < 11; call++) await pace.take(10);
    expect(time.now).toBe(1_000);
    pace.throttled(500);
    await pace.take(10);
    // 10 units at 50 a second, which grows a little.
    expect(time.now).toBe(1_199);
  });

  it('passes all rows at full speed again 8 seconds after the last sign', async () => {
    const { time, pace } = await throttledAt10s(200);
    await takeUntil(pace, time, 18_000, 200);
    const resumed = time.now;
    for (let row = 0; row < 100; row++) await pace.take(200);
    expect([time.now - resumed, resumed]).toEqual([0, expect.closeTo(18_000, -3)]);
  });
});

describe('a wait for the pace', () => {
  it('ends with the reason of its signal when that is aborted, and lets those behind it go on', async () => {
    const stop = new AbortController();
    const sleeps: (() => void)[] = [];
    let now = 0;
    const sleep = (milliseconds: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        signal?.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
        sleeps.push(() => {
          now += milliseconds;
          resolve();
        });
      });
    const pace = new Pace({ now: () => now, sleep }, 10);
    await pace.take(1);
    const stopped = pace.take(400, stop.signal);
    const behind = pace.take(1);
    await new Promise(setImmediate);
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    await new Promise(setImmediate);
    sleeps.at(-1)!();
    // Only the first unit was owed: what was not taken costs nothing.
    expect(await behind).toBe(100);
  });

  it('is refused when the signal was aborted before, and a request that need not wait is not', async () => {
    const { clock } = startClock();
    const pace = new Pace(clock, 10);
    expect(await pace.take(1, AbortSignal.abort())).toBe(0);
    await expect(pace.take(1, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
