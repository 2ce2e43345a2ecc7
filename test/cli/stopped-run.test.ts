import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Server } from '../fakes/s3-server.js';
import { s3ObjectStore } from 'statebag-shim/s3';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const BAGS = 12;
const JOURNAL = ['--journal', 'j'];

/** Names sort in the order in which they are made. */
const nameOf = (at: number) => `bags/${String(at).padStart(2, '0')}.json`;

function put(name: string, content: string): void {
  mkdirSync(join(scratch.dir, name, '..'), { recursive: true });
  writeFileSync(join(scratch.dir, name), content);
}

beforeEach(() => {
  for (let at = 0; at < BAGS; at++) put(nameOf(at), smallBag({ workflowId: `wf-${at}`, loop_counter: at % 2 }));
});

const migrate = (...more: string[]) =>
  statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', ...JOURNAL, '--apply', '--quiet', ...more]);

interface Status {
  readonly isClosed: boolean;
  readonly notStarted: number | null;
  readonly totals: Record<string, number>;
  readonly unfinished: readonly {
    readonly kind: string;
    readonly toContinue: string;
    readonly notStarted: Record<string, unknown> | null;
    readonly sources: readonly string[];
  }[];
  readonly parts: readonly { readonly scopes: readonly string[] }[];
}

async function status(): Promise<{ readonly code: number; readonly report: Status; readonly text: string }> {
  const { code, out } = await statebag(scratch.dir, ['status', ...JOURNAL, '--json']);
  const text = await statebag(scratch.dir, ['status', ...JOURNAL]);
  expect(text.code).toBe(code);
  const report = await statebag(scratch.dir, ['report', ...JOURNAL]);
  const reported = await statebag(scratch.dir, ['report', ...JOURNAL, '--json']);
  const page = await statebag(scratch.dir, ['report', ...JOURNAL, '--html', '-']);
  expect([report.code, reported.code, page.code]).toEqual([code, code, code]);
  for (const line of text.out
    .split('\n')
    .filter((each) => /stopped early:|killed before|part only:|not complete:/.test(each))) {
    expect(report.out).toContain(line);
    expect(page.out).toContain(/^[^;]*/.exec(line)![0]);
  }
  const { runs, ...shared } = JSON.parse(out) as Record<string, unknown>;
  expect(JSON.parse(reported.out)).toMatchObject({
    ...shared,
    runs: expect.objectContaining({ length: runs }) as unknown,
  });
  return { code, report: JSON.parse(out) as Status, text: text.out };
}

async function expectStopped(line: RegExp | string, notStarted: number | null): Promise<Status> {
  const { code, report, text } = await status();
  expect([code, report.isClosed, report.notStarted]).toEqual([1, false, notStarted]);
  expect(text).toMatch(line);
  return report;
}

/** Words of a printed command line; no test has a blank in one. */
const argumentsOf = (line: string) => line.replaceAll("'", '').split(' ').slice(1);

async function expectFinished(): Promise<void> {
  expect((await status()).report).toMatchObject({ isClosed: true, notStarted: 0, unfinished: [], parts: [] });
  expect((await status()).code).toBe(0);
}

describe('a run that leaves documents', () => {
  it('is told of by status and report when a signal stopped it, with a command that goes on', async () => {
    await statebag(scratch.dir, ['migrate', nameOf(0), '--store', 'store', ...JOURNAL, '--apply']);
    const { code } = await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', ...JOURNAL, '--apply'], {
      signals: ['SIGINT'],
    });
    expect(code).toBe(1);
    const { unfinished } = await expectStopped(/^stopped early: 12 not started; to continue: statebag migrate /m, 12);
    const again = await statebag(scratch.dir, argumentsOf(unfinished[0]!.toContinue));
    expect(again.code).toBe(0);
    expect((await status()).report.totals).toMatchObject({ documents: BAGS, migrated: BAGS });
    await expectFinished();
  });

  it('is told of when --limit ended it, until a complete run over the same source has made up for it', async () => {
    expect((await migrate('--limit', '3')).code).toBe(0);
    const { unfinished } = await expectStopped(/^stopped early: 9 not started; /m, 9);
    expect(unfinished[0]!.toContinue).not.toContain('--limit');
    await migrate('--only-failed');
    await migrate('--limit', '1');
    await migrate('--where', 'loop_counter=1');
    await migrate('--shard', '1/3');
    await statebag(scratch.dir, ['migrate', nameOf(5), '--store', 'store', ...JOURNAL, '--apply']);
    expect((await status()).code).toBe(1);
    expect((await migrate()).code).toBe(0);
    await expectFinished();
  });

  it('is told of when --max-failures ended it, also after mending and --only-failed', async () => {
    for (const at of [0, 1]) put(nameOf(at), '{');
    expect((await migrate('--max-failures', '1', '--concurrency', '1')).code).toBe(1);
    await expectStopped(/^stopped early: 10 not started; /m, 10);
    for (const at of [0, 1]) put(nameOf(at), smallBag());
    expect((await migrate('--only-failed')).code).toBe(0);
    const { unfinished, totals } = await expectStopped(/^stopped early: 10 not started; /m, 10);
    expect(totals).toMatchObject({ documents: 2, migrated: 2, quarantined: 0, failed: 0 });
    expect((await statebag(scratch.dir, argumentsOf(unfinished[0]!.toContinue))).code).toBe(0);
    await expectFinished();
  });

  it('is told of by verify, whose exit code is about what was migrated', async () => {
    await migrate('--limit', '3');
    const { code, out } = await statebag(scratch.dir, ['verify', ...JOURNAL]);
    expect([code, out]).toEqual([0, expect.stringMatching(/^not verified +stopped early: 9 not started; /m)]);
    expect(JSON.parse((await statebag(scratch.dir, ['verify', ...JOURNAL, '--json'])).out)).toMatchObject({
      isClosed: false,
    });
    await migrate();
    expect((await statebag(scratch.dir, ['verify', ...JOURNAL])).out).not.toContain('not verified');
  });

  it('is not told of when the limit was not reached, or just reached', async () => {
    await migrate('--limit', String(BAGS));
    await expectFinished();
  });

  it('counts lines of a file that was begun, and files that were not', async () => {
    rmSync(join(scratch.dir, 'bags'), { recursive: true });
    put('bags/a.ndjson', Array.from({ length: 5 }, (_, at) => `${smallBag({ workflowId: `a${at}` })}\n`).join(''));
    put('bags/b.json', smallBag());
    await migrate('--limit', '2', '--concurrency', '1');
    const { unfinished } = await expectStopped(/^stopped early: 4 not started; /m, 4);
    expect(unfinished[0]!.notStarted).toEqual({ documents: 3, containers: 1, unread: 0, unlisted: false });
  });

  it('is told of although the run itself had nothing new to write', async () => {
    await migrate();
    put('more/a.json', smallBag());
    const both = ['migrate', 'bags', 'more', '--store', 'store', ...JOURNAL, '--apply'];
    await statebag(scratch.dir, both, { signals: ['SIGTERM'] });
    await expectStopped(/^stopped early: 13 not started; /m, 13);
    expect((await statebag(scratch.dir, both)).code).toBe(0);
    await expectFinished();
  });

  it('is closed by a complete run that finds nothing to change', async () => {
    await migrate();
    const path = join(scratch.dir, 'j', 'journal.ndjson');
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${lines.slice(0, -2).join('\n')}\n`);
    await expectStopped(/^killed before its end: an unknown number not started; to continue: /m, null);
    await migrate();
    await expectFinished();
  });

  it('of several sources is closed by runs over each of them, and by one that is not over all of them in part', async () => {
    put('more/a.json', smallBag());
    const over = (...sources: string[]) =>
      statebag(scratch.dir, ['migrate', ...sources, '--store', 'store', ...JOURNAL, '--apply']);
    await statebag(scratch.dir, ['migrate', 'bags', 'more', '--store', 'store', ...JOURNAL, '--apply', '--limit', '1']);
    await over('more');
    const { unfinished } = await expectStopped(/^stopped early: an unknown number not started; /m, null);
    expect(unfinished[0]!.sources).toEqual([join(scratch.dir, 'bags')]);
    await over('bags');
    await expectFinished();
  });

  it('is closed by all shards together', async () => {
    await migrate('--limit', '1');
    for (const shard of ['1/3', '2/3']) await migrate('--shard', shard);
    expect((await status()).code).toBe(1);
    await migrate('--shard', '3/3');
    await expectFinished();
  });

  it('is closed by a complete rollback, and by no other', async () => {
    await migrate('--limit', '3');
    await statebag(scratch.dir, ['rollback', ...JOURNAL, '--apply'], { signals: ['SIGTERM'] });
    await expectStopped(
      /^rollback stopped early: 3 not started; to continue: statebag rollback --journal \S+ --apply$/m,
      12,
    );
    await statebag(scratch.dir, ['rollback', ...JOURNAL, '--apply']);
    await expectFinished();
  });

  it('leaves its gap open when a rollback could not restore a document', async () => {
    // One at a time, so that the first document is among the three.
    await migrate('--limit', '3', '--concurrency', '1');
    appendFileSync(join(scratch.dir, nameOf(0)), ' ');
    await statebag(scratch.dir, ['rollback', ...JOURNAL, '--apply']);
    await expectStopped(/^stopped early: 9 not started; /m, 9);
  });

  it('is told of when a directory or link could not be followed', async () => {
    symlinkSync('gone', join(scratch.dir, 'bags', 'more'));
    expect((await migrate()).code).toBe(1);
    await expectStopped(/^not complete: 1 directories or links could not be read; to continue: /m, 1);
    rmSync(join(scratch.dir, 'bags', 'more'));
    await migrate();
    await expectFinished();
  });

  it('is counted without the documents that earlier runs have migrated', async () => {
    await migrate('--limit', '8');
    await expectStopped(/^stopped early: 4 not started; /m, 4);
    await migrate('--limit', '2');
    await expectStopped(/^stopped early: 4 not started; /m, 4);
    put('bags/zz.json', smallBag());
    await migrate('--limit', '2');
    await expectStopped(/^stopped early: 5 not started; /m, 5);
    await migrate();
    await expectFinished();
    await migrate('--limit', '2');
    await expectFinished();
  });

  it('of release 0.1.0 that reached --limit is told of without a number', async () => {
    await migrate('--limit', '3');
    const path = join(scratch.dir, 'j', 'journal.ndjson');
    const text = readFileSync(path, 'utf8').replace(/,"notStarted":\{[^}]*\}/, '');
    writeFileSync(path, text.replace('"complete":false', '"complete":true'));
    await expectStopped(/^stopped early: an unknown number not started; /m, null);
    writeFileSync(path, text.replace('"complete":false', '"complete":true').replace('"limit":3', '"limit":4'));
    await expectFinished();
  });

  it('of a journal from before the count is told of without a number', async () => {
    await migrate('--limit', '3');
    const path = join(scratch.dir, 'j', 'journal.ndjson');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/,"notStarted":\{[^}]*\}/, ''));
    await expectStopped(/^stopped early: an unknown number not started; /m, null);
  });

  it('writes no journal in a dry run', async () => {
    await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', ...JOURNAL, '--limit', '3'], {
      signals: ['SIGINT'],
    });
    expect(existsSync(join(scratch.dir, 'j'))).toBe(false);
  });
});

describe('a document that was migrated and fails in a later run', () => {
  it.each([
    ['is quarantined', '{', { quarantined: 1, failed: 0, migrated: BAGS - 1 }],
    ['is damaged, and had an ending', '{"workflow_config":', { quarantined: 1, failed: 0, migrated: BAGS - 1 }],
  ])('is told of by status and report: it %s', async (_, text, totals) => {
    await migrate();
    await expectFinished();
    const lean = readFileSync(join(scratch.dir, nameOf(3)), 'utf8');
    put(nameOf(3), text);
    expect((await migrate()).code).toBe(1);
    const later = await status();
    expect([later.code, later.report.totals]).toMatchObject([1, { documents: BAGS, ...totals }]);
    expect(later.text).toContain('03.json');
    const again = await statebag(scratch.dir, [
      'migrate',
      'bags',
      '--store',
      'store',
      ...JOURNAL,
      '--apply',
      '--only-failed',
      '--json',
    ]);
    expect([again.code, (JSON.parse(again.out) as Status).totals.documents]).toEqual([1, 1]);
    put(nameOf(3), lean);
    expect((await migrate('--only-failed')).code).toBe(0);
    expect((await status()).report.totals).toMatchObject({ migrated: BAGS, quarantined: 0 });
    await expectFinished();
  });

  it('does not keep rollback from restoring it and the others', async () => {
    await migrate();
    const lean = readFileSync(join(scratch.dir, nameOf(3)), 'utf8');
    put(nameOf(3), '{');
    await migrate();
    put(nameOf(3), lean);
    const { code, out } = await statebag(scratch.dir, ['rollback', ...JOURNAL, '--apply', '--json']);
    expect([code, (JSON.parse(out) as Status).totals]).toMatchObject([0, { rolledBack: BAGS }]);
    expect((await status()).report.totals).toMatchObject({ rolledBack: BAGS, quarantined: 0 });
  });
});

describe('a run that was told a form of manifest', () => {
  it('is continued with the same form, and no run without it makes up for it', async () => {
    await migrate('--manifest', 'envelope');
    await migrate('--manifest', 'list', '--limit', '3');
    const { unfinished } = await expectStopped(/^stopped early: .*--manifest list/m, 9);
    await migrate();
    expect((await status()).report.isClosed).toBe(false);
    expect((await statebag(scratch.dir, [...argumentsOf(unfinished[0]!.toContinue), '--json'])).out).toContain(
      '"migrated":9',
    );
    await expectFinished();
  });
});

describe('a file that is not read because of its name', () => {
  it('keeps the migration from being complete, as status and report say', async () => {
    for (const name of ['a', 'b.txt']) put(`bags/${name}`, smallBag());
    await migrate();
    const { code, text, report } = await status();
    expect([code, text, report]).toMatchObject([
      1,
      expect.stringMatching(
        /^skipped +2 +files of other names or kinds[^]*^not complete: 2 entries were skipped or are empty; /m,
      ),
      { inventory: { read: 12, skipped: 2, unreadable: 0, empty: 0 } },
    ]);
    expect((await statebag(scratch.dir, ['report', ...JOURNAL])).out).toMatch(/^skipped +2 /m);
    await migrate('--ignore', 'a', '--ignore', '*.txt');
    const ignoring = await status();
    expect([ignoring.code, ignoring.report]).toMatchObject([
      0,
      { unfinished: [], parts: [{ scopes: ['ignore *.txt, a'] }] },
    ]);
  });
});

describe('a journal whose files are not files', () => {
  it.each([
    ['journal.lock', 'a pipe', (path: string) => execFileSync('mkfifo', [path]), 'JOURNAL_LOCKED'],
    [
      'journal.lock',
      'a directory',
      (path: string) => {
        mkdirSync(path);
      },
      'JOURNAL_LOCKED',
    ],
    ['journal.ndjson', 'a pipe', (path: string) => execFileSync('mkfifo', [path]), 'JOURNAL_INVALID'],
    [
      'journal.ndjson',
      'a directory',
      (path: string) => {
        mkdirSync(path);
      },
      'JOURNAL_INVALID',
    ],
  ])(
    'makes migrate end at once with exit code 2: %s is %s',
    async (name, _, make, error) => {
      mkdirSync(join(scratch.dir, 'j'));
      make(join(scratch.dir, 'j', name));
      const { code, err } = await migrate();
      expect([code, err]).toEqual([2, expect.stringContaining(error)]);
      expect(err).toContain(join(scratch.dir, 'j', name));
    },
    5_000,
  );

  it.each([
    ['a file', 'j'],
    ['below a file', join('j', 'inner')],
  ])('migrate ends with exit code 2 and stores no blob when its journal is %s', async (_, journal) => {
    writeFileSync(join(scratch.dir, 'j'), '');
    const { code, err } = await migrate('--journal', journal);
    expect([code, err]).toEqual([2, expect.stringMatching(/^statebag: JOURNAL_INVALID: .*a file is in its place/)]);
    expect(existsSync(join(scratch.dir, 'store'))).toBe(false);
  });
});

describe('a journal of a part', () => {
  // Names depend on a random directory; with so many no shard is without a document.
  beforeEach(() => {
    for (let at = BAGS; at < 60; at++) put(nameOf(at), smallBag({ workflowId: `wf-${at}`, loop_counter: at % 2 }));
  });

  it.each([
    [['--shard', '1/2'], 'part only: shard 1/2 of '],
    [['--where', 'loop_counter=1'], 'part only: where loop_counter=1 of '],
    [['--shard', '1/1', '--where', 'loop_counter=1'], 'part only: shard 1/1, where loop_counter=1 of '],
  ])('says so and keeps its exit code: %j', async (more, line) => {
    await migrate(...more);
    const { code, report, text } = await status();
    expect([code, report.isClosed, report.parts.length]).toEqual([0, true, 1]);
    expect(text).toContain(line);
    await migrate();
    await expectFinished();
  });

  it('is whole once all shards are done, and says which are', async () => {
    await migrate('--shard', '1/3');
    await migrate('--shard', '3/3');
    expect((await status()).text).toContain('part only: shard 1/3, shard 3/3 of ');
    await migrate('--shard', '2/3');
    await expectFinished();
  });

  it('of a plan says so', async () => {
    await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--plan-out', 'plan.ndjson', '--limit', '2']);
    await migrate('--plan', 'plan.ndjson');
    const { code, text } = await status();
    expect([code, text]).toEqual([
      0,
      expect.stringContaining(`part only: plan ${join(scratch.dir, 'plan.ndjson')} of `),
    ]);
  });

  it('is not one when everything was done before', async () => {
    await migrate();
    put('bags/zz.json', smallBag());
    await migrate('--shard', '1/2');
    await migrate('--shard', '2/2');
    await expectFinished();
  });

  it('that was stopped is continued as that part', async () => {
    await migrate('--where', 'loop_counter=1', '--limit', '2');
    const { unfinished } = await expectStopped(
      /^stopped early: \d+ not started; .*--where loop_counter=1/m,
      expect.any(Number) as number,
    );
    expect((await statebag(scratch.dir, argumentsOf(unfinished[0]!.toContinue))).code).toBe(0);
    expect((await status()).report).toMatchObject({ isClosed: true, totals: { migrated: 30 } });
  });
});

describe('the command that goes on', () => {
  it.each([
    [['--to', 'bridge']],
    [['--manifest', 'envelope', '--bucket', 'b', '--allow-bucket', 'c']],
    [['--config-key', 'c/{ownerId}/{workflowId}/{sha256}/x.json']],
    [['--out', 'copies']],
  ])('works from another directory: %j', async (more) => {
    await migrate('--limit', '3', ...more);
    const { unfinished } = await expectStopped(/^stopped early: 9 not started/m, 9);
    const { code } = await statebag('/', argumentsOf(unfinished[0]!.toContinue));
    expect(code).toBe(0);
    expect((await status()).report).toMatchObject({ isClosed: true, totals: { migrated: BAGS } });
    if (more[0] === '--out') expect(readdirSync(join(scratch.dir, 'copies'))).toHaveLength(BAGS);
  });
});

describe('a run over a bucket', () => {
  let server: S3Server;
  beforeEach(async () => {
    process.env.AWS_ACCESS_KEY_ID ??= 'test';
    process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
    server = await startS3Server({ buckets: ['docs'] });
  });
  afterEach(() => server.stop());

  it('says that there are more than it has listed', async () => {
    const objects = s3ObjectStore({ endpoint: server.endpoint, region: 'eu-central-1' });
    for (let at = 0; at < 20; at++)
      await objects.put({ bucket: 'docs', key: `p/${at}` }, Buffer.from(smallBag({ workflowId: `w${at}` })));
    const args = [
      'migrate',
      's3://docs/p/',
      '--store',
      'store',
      ...JOURNAL,
      '--apply',
      '--endpoint',
      server.endpoint,
      '--region',
      'eu-central-1',
    ];
    await statebag(scratch.dir, [...args, '--limit', '2', '--concurrency', '1']);
    const { unfinished } = await expectStopped(/^stopped early: at least \d+ not started; /m, null);
    expect((await statebag(scratch.dir, argumentsOf(unfinished[0]!.toContinue))).code).toBe(0);
    await expectFinished();
  });
});
