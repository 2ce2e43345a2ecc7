import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { bags } from '../batch/bags.js';
import { CommandWorld, run } from '../batch/command-world.js';
import { DOCS } from '../batch/scratch.js';
import { smallBag } from './fleet-dir.js';
import { digests, snapshot, statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const JOURNAL = ['--journal', 'j'];
let originals: Record<string, string>;

const NAMES = ['b/1.json', 'b/2.json', 'b/deep/3.json', 'c/1.json', 'c/2.json'];
const OWNERS = ['acme', 'zeta', 'acme', 'acme', 'zeta'];

beforeEach(async () => {
  for (const [at, name] of NAMES.entries()) {
    mkdirSync(join(scratch.dir, name, '..'), { recursive: true });
    writeFileSync(join(scratch.dir, name), smallBag({ ownerId: OWNERS[at]!, workflowId: `wf-${at}` }));
  }
  originals = digests(scratch.dir);
  for (const source of ['b', 'c'])
    await statebag(scratch.dir, ['migrate', source, '--store', 'store', ...JOURNAL, '--apply', '--quiet']);
});

interface Run {
  readonly run: string;
  readonly at: string;
  readonly command: string;
  readonly sources: readonly string[];
  readonly documents: number;
}

interface Report {
  readonly totals: Readonly<Record<string, number>>;
  readonly runs: readonly Run[];
  readonly documents: readonly { readonly id: string; readonly code?: string }[];
}

async function rollback(...args: string[]): Promise<{ readonly code: number; readonly report: Report }> {
  const { code, out, err } = await statebag(scratch.dir, ['rollback', ...args, ...JOURNAL, '--json']);
  expect(err).not.toContain('USAGE');
  return { code, report: JSON.parse(out) as Report };
}

interface Status {
  readonly isClosed: boolean;
  readonly totals: Readonly<Record<string, number>>;
  readonly unfinished: readonly {
    readonly command: string;
    readonly sources: readonly string[];
    readonly toContinue: string;
  }[];
}

async function status(): Promise<{ readonly code: number; readonly report: Status }> {
  const { code, out } = await statebag(scratch.dir, ['status', ...JOURNAL, '--json']);
  return { code, report: JSON.parse(out) as Status };
}

/** Names of the documents that have their original bytes. */
function restored(): readonly string[] {
  const now = digests(scratch.dir);
  return NAMES.filter((name) => now[name] === originals[name]);
}

describe('a rollback with sources', () => {
  it.each([
    ['a file', ['b/2.json'], ['b/2.json']],
    ['a directory', ['b'], ['b/1.json', 'b/2.json', 'b/deep/3.json']],
    ['a directory with a slash', ['./b/deep/'], ['b/deep/3.json']],
    ['a glob', ['*/1.json'], ['b/1.json', 'c/1.json']],
    ['a glob over all depths', ['b/**/[13].json'], ['b/1.json', 'b/deep/3.json']],
    ['a glob with names', ['{b,c}/2.json'], ['b/2.json', 'c/2.json']],
    ['two of them', ['c', 'b/1.json'], ['b/1.json', 'c/1.json', 'c/2.json']],
  ] as const)('restores what is at %s and nothing else', async (_, sources, names) => {
    const { code, report } = await rollback(...sources, '--apply');
    expect([code, restored(), report.totals]).toMatchObject([
      0,
      names,
      { documents: names.length, rolledBack: names.length, notStarted: 0 },
    ]);
    const { code: settled, report: now } = await status();
    expect([settled, now.totals]).toMatchObject([
      0,
      { documents: 5, rolledBack: names.length, migrated: 5 - names.length, unsettled: 0 },
    ]);
    expect((await rollback(...sources, '--apply')).report.totals.documents).toBe(0);
    await rollback('--apply');
    expect(restored()).toEqual(NAMES);
  });

  it('finds the matches of a glob in a directory whose name looks like a glob', async () => {
    const cwd = join(scratch.dir, 'odd[1]');
    for (const name of ['1.json', '2.json']) {
      mkdirSync(cwd, { recursive: true });
      writeFileSync(join(cwd, name), smallBag({ ownerId: 'acme', workflowId: name }));
    }
    await statebag(cwd, ['migrate', '1.json', '2.json', '--store', 'store', ...JOURNAL, '--apply', '--quiet']);
    const { out } = await statebag(cwd, ['rollback', '1.*', ...JOURNAL]);
    expect(out).toMatch(/^to be rolled back +1 /m);
  });

  it('restores what is below a prefix of objects', async () => {
    const [one, two] = bags(['pre', 'bare']);
    const world = await CommandWorld.with({ 's3://docs/a/1.json': one!, 's3://docs/b/1.json': two! });
    await run(world);
    const line = ['rollback', `s3://${DOCS}/a`, '--journal', 'journal', '--apply', '--json', ...world.reach];
    const part = await statebag(world.directory, line.with(1, 's3://doc'));
    expect([part.code, part.err]).toEqual([2, expect.stringContaining('no migrated document at s3://doc;')]);
    const { code, out } = await statebag(world.directory, line);
    expect([code, (JSON.parse(out) as Report).totals]).toMatchObject([0, { documents: 1, rolledBack: 1 }]);
    const documents = await world.documents();
    const isOriginal = Object.values(documents).map((bytes) => [one!, two!].some((bag) => bag.equals(bytes)));
    expect([Object.keys(documents), isOriginal]).toEqual([
      [`s3://${DOCS}/a/1.json`, `s3://${DOCS}/b/1.json`],
      [true, false],
    ]);
  });

  it('refuses a place without documents of the journal, and names the places that there are', async () => {
    const { code, err } = await statebag(scratch.dir, ['rollback', 'b', 'd', ...JOURNAL, '--apply']);
    expect(code).toBe(2);
    expect(err).toContain(
      `the journal has no migrated document at d; its runs were over ${join(scratch.dir, 'b')}, ${join(scratch.dir, 'c')}`,
    );
    expect(restored()).toEqual([]);
  });
});

describe('a rollback of a run', () => {
  it('undoes the last migration, and the same one when it is repeated', async () => {
    expect((await rollback('--run', 'last', '--apply')).report.totals.rolledBack).toBe(2);
    expect(restored()).toEqual(['c/1.json', 'c/2.json']);
    expect((await rollback('--run', 'last', '--apply')).report.totals.documents).toBe(0);
    expect(restored()).toEqual(['c/1.json', 'c/2.json']);
    expect((await status()).code).toBe(0);
  });

  it('undoes the run with the id', async () => {
    const { report } = await rollback();
    await rollback('--run', report.runs[0]!.run, '--apply');
    expect(restored()).toEqual(['b/1.json', 'b/2.json', 'b/deep/3.json']);
  });

  it('refuses an id that fits no migration or several, and names those that there are', async () => {
    const { report } = await rollback();
    for (const [id, flaw] of [
      ['nothing', 'is no migration of this journal'],
      ['run-', 'is the beginning of several ids'],
    ] as const) {
      const { code, err } = await statebag(scratch.dir, ['rollback', '--run', id, ...JOURNAL]);
      expect([code, err]).toEqual([
        2,
        expect.stringContaining(`run "${id}" ${flaw}; there are ${report.runs[0]!.run}`),
      ]);
    }
  });

  it('gives a document back what it was before that run, and leaves the earlier run', async () => {
    const first = digests(scratch.dir);
    const again = ['migrate', 'b', '--store', 'store', ...JOURNAL, '--manifest', 'envelope', '--apply', '--quiet'];
    await statebag(scratch.dir, again);
    expect(digests(scratch.dir)['b/1.json']).not.toBe(first['b/1.json']);
    for (let time = 0; time < 2; time++) {
      await rollback('--run', 'last', '--apply');
      expect(digests(scratch.dir)['b/1.json']).toBe(first['b/1.json']);
      expect((await status()).report.totals).toMatchObject({ documents: 5, migrated: 5, rolledBack: 0 });
    }
    expect((await statebag(scratch.dir, ['verify', ...JOURNAL])).code).toBe(0);
    await rollback('--apply');
    expect(restored()).toEqual(NAMES);
  });
});

describe('a rollback with conditions', () => {
  it('restores the documents whose original bags fit', async () => {
    const { code, report } = await rollback('--where', 'ownerId=acme', '--apply');
    expect([code, report.totals]).toMatchObject([0, { documents: 3, rolledBack: 3, notStarted: 0 }]);
    expect(restored()).toEqual(['b/1.json', 'b/deep/3.json', 'c/1.json']);
    expect((await status()).report.totals).toMatchObject({ rolledBack: 3, migrated: 2 });
  });

  it('does not judge the migrated bags', async () => {
    expect((await rollback('--where', 'state_bag_version=2', '--apply')).report.totals.documents).toBe(0);
    expect(restored()).toEqual([]);
  });

  it('does not report a changed document of another owner', async () => {
    appendFileSync(join(scratch.dir, NAMES[1]!), ' ');
    expect((await rollback('--where', 'ownerId=acme', '--apply')).code).toBe(0);
    expect((await rollback('--where', 'ownerId=zeta', '--apply')).report.totals).toMatchObject({
      documents: 2,
      rolledBack: 1,
      failed: 1,
    });
  });

  it('takes no more documents than the limit of what cannot be read', async () => {
    for (const name of NAMES) rmSync(join(scratch.dir, name));
    const { code, report } = await rollback('--limit', '2', '--apply');
    expect([code, report.totals]).toMatchObject([1, { documents: 2, rolledBack: 0, failed: 2, notStarted: 0 }]);
  });

  it('is counted by the limit, and what is beyond it is no failure', async () => {
    for (const rolledBack of [2, 2, 1]) {
      const { code, report } = await rollback('--limit', '2', '--apply');
      expect([code, report.totals]).toMatchObject([0, { documents: rolledBack, rolledBack, notStarted: 0 }]);
      expect((await status()).code).toBe(0);
    }
    expect(restored()).toEqual(NAMES);
  });
});

describe('a rollback of a part', () => {
  it('leaves what an earlier migration has not done open', async () => {
    writeFileSync(join(scratch.dir, 'b/9.json'), smallBag({ ownerId: 'acme', workflowId: 'wf-9' }));
    writeFileSync(join(scratch.dir, 'b/90.json'), smallBag({ ownerId: 'acme', workflowId: 'wf-90' }));
    await statebag(scratch.dir, ['migrate', 'b', '--store', 'store', ...JOURNAL, '--apply', '--quiet', '--limit', '1']);
    await rollback('c', '--apply');
    expect(await status()).toMatchObject({
      code: 1,
      report: { isClosed: false, unfinished: [{ command: 'migrate' }] },
    });
    await rollback('--apply');
    expect(await status()).toMatchObject({ code: 0, report: { isClosed: true } });
  });

  it('is about the sources of all runs when it was told none', async () => {
    await statebag(scratch.dir, ['rollback', ...JOURNAL, '--apply'], { signals: ['SIGTERM'] });
    await statebag(scratch.dir, ['migrate', 'c', '--store', 'store', ...JOURNAL, '--apply', '--quiet']);
    expect((await status()).report.unfinished).toMatchObject([
      { command: 'rollback', sources: [join(scratch.dir, 'b')] },
    ]);
  });

  it('that was stopped is continued with its own aim, and closed by no other', async () => {
    const aim = ['b', '--where', 'ownerId=acme'];
    await statebag(scratch.dir, ['rollback', ...aim, ...JOURNAL, '--apply'], { signals: ['SIGTERM'] });
    const { code, report } = await status();
    expect([code, report.unfinished]).toMatchObject([1, [{ command: 'rollback' }]]);
    const line = report.unfinished[0]!.toContinue;
    expect(line).toBe(
      `statebag rollback ${join(scratch.dir, 'b')} --journal ${join(scratch.dir, 'j')} --apply --where ownerId=acme`,
    );
    await rollback('c', '--apply');
    expect((await status()).code).toBe(1);
    await statebag(scratch.dir, line.split(' ').slice(1));
    expect(restored()).toEqual(['b/1.json', 'b/deep/3.json', 'c/1.json', 'c/2.json']);
    expect(await status()).toMatchObject({ code: 0, report: { isClosed: true } });
  });
});

describe('a dry run of a rollback', () => {
  it('names the runs that it would undo', async () => {
    const before = snapshot(scratch.dir);
    const { report } = await rollback('--where', 'ownerId=acme');
    const member = (source: string, documents: number) => ({
      run: expect.stringMatching(/^run-[0-9a-f-]+$/) as string,
      at: '2026-02-01T08:00:00.000Z',
      command: 'migrate',
      sources: [join(scratch.dir, source)],
      documents,
    });
    expect(report.runs).toEqual([member('b', 2), member('c', 1)]);
    const { out } = await statebag(scratch.dir, ['rollback', ...JOURNAL]);
    const [first, second] = report.runs;
    const line = (run: Run, source: string, documents: number) =>
      `to be undone +${documents} +documents of migrate ${join(scratch.dir, source)} at 2026-02-01T08:00:00.000Z, run ${run.run}`;
    expect(out).toMatch(new RegExp(`^${line(first!, 'b', 3)}\n${line(second!, 'c', 2)}$`, 'm'));
    expect(snapshot(scratch.dir)).toEqual(before);
    expect(readFileSync(join(scratch.dir, 'j', 'journal.ndjson'), 'utf8')).not.toContain('rollback');
  });
});
