import { getEventListeners } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { Pace } from 'statebag-shim/run';
import { smallBag } from './fleet-dir.js';
import { digests, statebag, useScratch } from './terminal.js';
import type { Ran } from './terminal.js';

const scratch = useScratch();
const COUNT = 12;
const MIGRATE = ['migrate', 'bags', '--store', 'store', '--journal', 'j', '--control', 'control', '--apply', '--json'];

const order = (text: string) => {
  writeFileSync(join(scratch.dir, 'control'), text);
};

const totalsOf = ({ out }: Ran) => (JSON.parse(out) as { readonly totals: Readonly<Record<string, number>> }).totals;

/** Runs, and calls `act` once standard error has the text. */
async function acting(args: readonly string[], text: string, act: () => Promise<void>): Promise<Ran> {
  let acted: Promise<void> | undefined;
  const ran = await statebag(scratch.dir, args, {
    watch: (chunk) => {
      if (chunk.includes(text)) acted ??= act();
    },
  });
  await acted;
  return ran;
}

beforeEach(() => {
  mkdirSync(join(scratch.dir, 'bags'));
  for (let at = 0; at < COUNT; at++)
    writeFileSync(join(scratch.dir, 'bags', `${at}.json`), smallBag({ llm_segments: at }));
});

describe('a control file', () => {
  it('that says pause keeps migrate from every document until it says resume', async () => {
    order('pause\n');
    const before = digests(join(scratch.dir, 'bags'));
    const ran = await acting(MIGRATE, 'paused', async () => {
      await sleep(1_200);
      expect(digests(join(scratch.dir, 'bags'))).toEqual(before);
      order('resume\n');
    });
    expect(ran.code).toBe(0);
    expect(totalsOf(ran)).toMatchObject({ documents: COUNT, migrated: COUNT, notStarted: 0 });
    expect(ran.err).toContain('statebag: paused; documents in hand are finished\nstatebag: 8 at a time\n');
  });

  it('that is removed lets a paused rollback go on', async () => {
    const originals = digests(join(scratch.dir, 'bags'));
    const options = await migrated();
    order('pause');
    const ran = await acting(['rollback', ...options], 'paused', async () => {
      await sleep(1_200);
      expect(digests(join(scratch.dir, 'bags'))).not.toEqual(originals);
      rmSync(join(scratch.dir, 'control'));
    });
    expect(ran.code).toBe(0);
    expect(totalsOf(ran)).toMatchObject({ documents: COUNT, rolledBack: COUNT });
    expect(digests(join(scratch.dir, 'bags'))).toEqual(originals);
  });

  it('that says finish ends a paused run, which counts what it left', async () => {
    order('pause');
    const ran = await acting(MIGRATE, 'paused', () => {
      order('pause\nfinish');
      return Promise.resolve();
    });
    expect(ran.code).toBe(1);
    expect(totalsOf(ran)).toMatchObject({ documents: COUNT, migrated: 0, notStarted: COUNT });
  });

  it('with a number of documents in hand at the start is reported', async () => {
    order('concurrency 3');
    const ran = await statebag(scratch.dir, MIGRATE);
    expect(ran.code).toBe(0);
    expect(totalsOf(ran)).toMatchObject({ migrated: COUNT });
    expect(ran.err).toContain('statebag: 3 at a time\n');
  });

  it.each(['pasue', 'concurrency 0', 'concurrency 1025', 'concurrency two'])(
    'that says %s at the start ends the command before it writes anything',
    async (text) => {
      order(text);
      const { code, err } = await statebag(scratch.dir, MIGRATE);
      expect(code).toBe(2);
      expect(err).toContain(`--control: "${text}" is not an order; a line is pause, resume, finish, or concurrency N`);
      expect(existsSync(join(scratch.dir, 'store'))).toBe(false);
    },
  );

  it('with a mistake during the run is reported, and the run stays paused', async () => {
    order('pause');
    const ran = await acting(MIGRATE, 'paused', async () => {
      order('resmue');
      await sleep(1_200);
      order('resume');
    });
    expect(ran.code).toBe(0);
    expect(ran.err).toContain('"resmue" is not an order');
    expect(ran.err).toContain('; the pace stays as it is\n');
  });
});

/** Migrates, and returns the options of a rollback. */
async function migrated(): Promise<readonly string[]> {
  await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--journal', 'j', '--apply']);
  return ['--journal', 'j', '--control', 'control', '--apply', '--json'];
}

describe('a pace', () => {
  it('gives as many turns as its concurrency, and further ones as they come back', async () => {
    const pace = new Pace(2);
    const taken: number[] = [];
    for (const at of [1, 2, 3, 4]) void pace.turn().then(() => taken.push(at));
    await sleep(0);
    expect(taken).toEqual([1, 2]);
    pace.release();
    await sleep(0);
    expect(taken).toEqual([1, 2, 3]);
    pace.set({ concurrency: 3 });
    await sleep(0);
    expect(taken).toEqual([1, 2, 3, 4]);
  });

  it('leaves no listener behind on a signal that outlives the run', () => {
    const { signal } = new AbortController();
    const leave = new Pace(1).endWith(signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    leave();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('gives no turn while it is paused, and all of them once the run is to end', async () => {
    const pace = new Pace(8);
    const stop = new AbortController();
    pace.endWith(stop.signal);
    pace.set({ isPaused: true });
    const taken: string[] = [];
    void pace.turn().then(() => taken.push('turn'));
    void pace.resumed().then(() => taken.push('part'));
    await sleep(0);
    expect(taken).toEqual([]);
    stop.abort();
    await sleep(0);
    expect(taken).toEqual(['turn', 'part']);
  });
});
