import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';
import type { Ran, RanOptions } from './terminal.js';

const scratch = useScratch();
const MIGRATE = ['migrate', 'bags', '--store', 'store', '--journal', 'j'];

const bagsIn = (at: number, text = smallBag({ workflowId: `wf-${at}`, loop_counter: at % 2 })) => {
  mkdirSync(join(scratch.dir, 'bags'), { recursive: true });
  writeFileSync(join(scratch.dir, 'bags', `${String(at).padStart(3, '0')}.json`), text);
};

const run = (args: readonly string[], options?: RanOptions) => statebag(scratch.dir, args, options);

/** The words of the command that a run printed; no test has a blank in one. */
function printed({ err }: Ran): readonly string[] | undefined {
  const line = err.split('\n').find((each) => each.includes(': statebag migrate '));
  return line
    ?.replace(/^.*: statebag (?=migrate )/, '')
    .replaceAll("'", '')
    .split(' ');
}

interface Report {
  readonly code: number;
  readonly totals: Readonly<Record<string, number>>;
  readonly complete: boolean;
  readonly next: readonly string[] | undefined;
}

async function report(args: readonly string[]): Promise<Report> {
  const ran = await run(args);
  return { ...(JSON.parse(ran.out) as Report), code: ran.code, next: printed(ran) };
}

async function follow(ran: Ran): Promise<Ran> {
  const next = printed(ran);
  if (!next) throw new Error(`no command in ${ran.err}`);
  return run(next);
}

const migratedIn = () =>
  readdirSync(join(scratch.dir, 'bags')).filter((name) =>
    readFileSync(join(scratch.dir, 'bags', name), 'utf8').includes('state_bag_version'),
  );

/** Follows the printed command until none is printed; every run must leave fewer documents than the one before. */
async function followToTheEnd(args: readonly string[]): Promise<Report> {
  let last = await report(args);
  while (last.next) {
    const next = await report(last.next);
    expect(next.totals.notStarted).toBeLessThan(last.totals.notStarted!);
    last = next;
  }
  return last;
}

describe('the command printed after --max-failures', () => {
  it(
    'reaches the end of 200 files of which every second is not JSON, and each run gets further',
    { timeout: 120_000 },
    async () => {
      for (let at = 0; at < 200; at++) bagsIn(at, at % 2 === 0 ? '{oops' : undefined);
      const first = await report([...MIGRATE, '--apply', '--json', '--max-failures', '5%']);
      expect([first.code, first.complete]).toEqual([1, false]);
      const last = await followToTheEnd([...MIGRATE, '--apply', '--json', '--max-failures', '5%']);
      expect([last.code, last.complete]).toEqual([1, true]);
      expect(last.totals).toMatchObject({ documents: 200, quarantined: 100, notStarted: 0 });
      const status = await run(['status', '--journal', 'j', '--json']);
      expect(JSON.parse(status.out)).toMatchObject({
        isClosed: true,
        totals: { documents: 200, migrated: 100, quarantined: 100 },
      });
    },
  );

  it('reaches the end with --max-failures 0', async () => {
    for (let at = 0; at < 8; at++) bagsIn(at, at % 2 === 0 ? '{oops' : undefined);
    const args = [...MIGRATE, '--apply', '--json', '--max-failures', '0', '--concurrency', '1'];
    expect((await report(args)).totals).toMatchObject({ quarantined: 1, notStarted: 7 });
    expect((await followToTheEnd(args)).totals).toMatchObject({ quarantined: 4, notStarted: 0 });
  });

  it('counts a failure again when its code is another one', async () => {
    bagsIn(0, '{oops');
    bagsIn(1);
    const args = [...MIGRATE, '--apply', '--json', '--max-failures', '0', '--concurrency', '1'];
    expect((await report(args)).complete).toBe(false);
    expect((await report(args)).complete).toBe(true);
    bagsIn(0, '{"workflow_config":{"nodes":[]},"partition_map":[]}');
    const changed = await report(args);
    expect([changed.complete, changed.totals.quarantined]).toEqual([false, 1]);
    expect((await report(args)).complete).toBe(true);
  });

  it('has no --max-failures in a dry run, which has no journal of its own', async () => {
    for (let at = 0; at < 4; at++) bagsIn(at, at < 2 ? '{oops' : undefined);
    const ran = await run([...MIGRATE, '--max-failures=0', '--concurrency', '1']);
    expect(ran.err).toContain('exceeded --max-failures; to see all of them: statebag migrate bags ');
    expect(printed(ran)).not.toContain('--max-failures=0');
    expect((await follow(ran)).out).toMatch(/^quarantined +2$/m);
  });

  it('has no --max-failures when a directory cannot be read, because that is counted in every run', async () => {
    bagsIn(0);
    mkdirSync(join(scratch.dir, 'more'));
    writeFileSync(join(scratch.dir, 'more', 'a.json'), smallBag());
    symlinkSync('gone', join(scratch.dir, 'bags', 'link'));
    const ran = await run([
      ...['migrate', 'bags', 'more', '--store', 'store', '--journal', 'j', '--apply'],
      ...['--max-failures', '0', '--concurrency', '1'],
    ]);
    expect(ran.out).toMatch(/^not started +1$/m);
    expect(printed(ran)).not.toContain('--max-failures');
    const next = await follow(ran);
    expect([next.code, next.out]).toEqual([1, expect.stringMatching(/^migrated +1$/m)]);
    expect(next.out).not.toMatch(/^not started/m);
  });
});

describe('the command printed after a dry run', () => {
  beforeEach(() => {
    for (let at = 0; at < 6; at++) bagsIn(at);
  });

  it.each([
    ['without more', [], 6],
    ['with --dry-run', ['--dry-run'], 6],
    ['with --limit', ['--limit', '2'], 2],
    ['with --where', ['--where', 'loop_counter=1'], 3],
    ['with --max-failures that is not reached', ['--max-failures', '1'], 6],
  ])('writes what the dry run said: %s', async (_, more, count) => {
    const dry = await run([...MIGRATE, ...more]);
    expect(dry.out).toMatch(new RegExp(`^to be migrated +${count}$`, 'm'));
    const { code, out } = await follow(dry);
    expect([code, out]).toEqual([0, expect.stringMatching(new RegExp(`^migrated +${count}$`, 'm'))]);
    expect(migratedIn()).toHaveLength(count);
  });

  it.each([
    ['without more', ['--plan-out', 'plan'], 6],
    ['as one word', ['--plan-out=plan'], 6],
    ['with --dry-run', ['--plan-out', 'plan', '--dry-run'], 6],
    ['with --limit', ['--plan-out', 'plan', '--limit=2'], 2],
    ['with --where', ['--where', 'loop_counter=1', '--plan-out', 'plan', '--where', 'ownerId=o'], 3],
    ['with --shard', ['--plan-out', 'plan', '--shard', '1/1'], 6],
    ['with sources behind --', ['--plan-out', 'plan', '--', 'bags/000.json'], 6],
  ])('does what --plan-out wrote: %s', async (_, more, count) => {
    for (let at = 0; at < 6; at++) bagsIn(at, smallBag({ workflowId: `wf-${at}`, ownerId: 'o', loop_counter: at % 2 }));
    const dry = await run([...MIGRATE, ...more]);
    expect(dry.err).toContain('only the plan was written; to do what it says: statebag migrate bags ');
    const words = printed(dry)!;
    expect(words.join(' ')).toContain('--plan plan --apply');
    expect(words.join(' ')).not.toMatch(/--plan-out|--where|--limit|--dry-run/);
    const { code, out } = await follow(dry);
    expect([code, out]).toEqual([0, expect.stringMatching(new RegExp(`^migrated +${count}$`, 'm'))]);
    expect(migratedIn()).toHaveLength(count);
  });

  it('does what --plan-out wrote for --only-failed', async () => {
    bagsIn(0, '{oops');
    await run([...MIGRATE, '--apply']);
    bagsIn(0);
    const dry = await run([...MIGRATE, '--only-failed', '--plan-out', 'plan']);
    const { code, out } = await follow(dry);
    expect([code, out]).toEqual([0, expect.stringMatching(/^migrated +1$/m)]);
    expect(migratedIn()).toHaveLength(6);
  });

  it('works for a stream when the documents are given again', async () => {
    const stdin = smallBag();
    const dry = await run(['migrate', '-', '--store', 'store', '--journal', 'j'], { stdin });
    expect(dry.err).toContain('to write, give the documents again: statebag migrate - ');
    const { code, out } = await run(printed(dry)!, { stdin });
    expect([code, JSON.parse(out)]).toMatchObject([0, { state_bag_version: 2 }]);
  });

  it('does not say that nothing is to be migrated when something could not be read', async () => {
    mkdirSync(join(scratch.dir, 'links'));
    symlinkSync('gone', join(scratch.dir, 'links/a.json'));
    expect((await run(['migrate', 'links', '--store', 'store'])).err).toContain(
      'no document that was read and understood is to be migrated',
    );
  });

  it('is not there when no document would be migrated', async () => {
    await run([...MIGRATE, '--apply']);
    const done = await run(MIGRATE);
    expect([printed(done), done.err]).toEqual([
      undefined,
      'statebag: this was a dry run; there is no document to migrate\n',
    ]);
    for (let at = 0; at < 6; at++) bagsIn(at, '{oops');
    expect(printed(await run([...MIGRATE, '--plan-out', 'plan']))).toBeUndefined();
  });

  it('is there when only copies of documents would be made that do not change', async () => {
    await run([...MIGRATE, '--apply']);
    const dry = await run(['migrate', 'bags', '--store', 'store', '--journal', 'j2', '--out', 'copies/']);
    expect((await follow(dry)).code).toBe(0);
    expect(readdirSync(join(scratch.dir, 'copies'))).toHaveLength(6);
  });
});

describe('the command printed after a run that left documents', () => {
  beforeEach(() => {
    for (let at = 0; at < 6; at++) bagsIn(at);
  });

  it.each([
    ['--limit 2', ['--limit', '2']],
    ['--limit=2', ['--limit=2']],
  ])('takes the rest after %s', async (_, more) => {
    const ran = await run([...MIGRATE, '--apply', ...more]);
    expect([ran.code, ran.err]).toEqual([0, expect.stringContaining('the run reached --limit; to take the rest: ')]);
    const { code, out, err } = await follow(ran);
    expect([code, out]).toEqual([0, expect.stringMatching(/^migrated +4$/m)]);
    expect([migratedIn().length, err]).toEqual([6, expect.not.stringContaining('to take the rest')]);
  });

  it('is not there when --limit was just reached', async () => {
    expect(printed(await run([...MIGRATE, '--apply', '--limit', '6']))).toBeUndefined();
  });

  it.each([
    ['a run that writes', ['--apply'], /^migrated +6$/m],
    ['a dry run', [], /^to be migrated +6$/m],
    ['a plan in the making', ['--plan-out', 'plan'], /^to be migrated +6$/m],
  ])('goes on after SIGINT: %s', async (_, more, end) => {
    const ran = await run([...MIGRATE, ...more], { signals: ['SIGINT'] });
    expect([ran.code, ran.err]).toEqual([1, expect.stringContaining('stopped as asked; to go on: statebag migrate ')]);
    expect(existsSync(join(scratch.dir, 'plan'))).toBe(false);
    const { code, out } = await follow(ran);
    expect([code, out]).toEqual([0, expect.stringMatching(end)]);
  });
});
