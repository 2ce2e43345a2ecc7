import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { QUARANTINED, USUAL_MIX } from '../../examples/fleet/variants/index.js';
import { putFleet, smallBag } from './fleet-dir.js';
import { digests, snapshot, statebag, useScratch } from './terminal.js';

const scratch = useScratch();

interface Report {
  readonly totals: Record<string, number>;
  readonly documents: readonly {
    readonly id: string;
    readonly outcome: string;
    readonly generation: string;
    readonly code?: string;
    readonly reason?: string;
  }[];
  readonly complete: boolean;
  readonly verify?: Record<string, number>;
}

async function json(
  args: readonly string[],
): Promise<{ readonly code: number; readonly err: string; readonly report: Report }> {
  const { code, out, err } = await statebag(scratch.dir, [...args, '--json']);
  return { code, err, report: JSON.parse(out) as Report };
}

const APPLY = ['migrate', 'bags', '--store', 'store', '--apply'];

describe('a full circle over a mixed fleet', () => {
  it('migrates, verifies and rolls back to identical bytes', async () => {
    putFleet(scratch.dir);
    const before = digests(join(scratch.dir, 'bags'));
    const migrated = await json([...APPLY, '--verify']);
    expect(
      migrated.report.documents.filter(({ outcome }) => outcome === 'quarantined' || outcome === 'failed'),
    ).toEqual([]);
    expect(migrated.code).toBe(0);
    expect(migrated.report.verify).toMatchObject({ verified: migrated.report.totals.migrated, moved: 0, failed: 0 });
    expect(digests(join(scratch.dir, 'bags'))).not.toEqual(before);

    expect((await json(['verify', '--journal', 'statebag-journal'])).code).toBe(0);
    const back = await json(['rollback', '--journal', 'statebag-journal', '--apply']);
    expect(back.code).toBe(0);
    expect(back.report.totals).toMatchObject({ rolledBack: migrated.report.totals.migrated, failed: 0, notStarted: 0 });
    expect(digests(join(scratch.dir, 'bags'))).toEqual(before);
  });

  it('comes round for the bridge form too', async () => {
    putFleet(scratch.dir, { mix: USUAL_MIX.filter((name) => QUARANTINED.bridge[name] === undefined) });
    const before = digests(join(scratch.dir, 'bags'));
    const migrated = await json([...APPLY, '--to', 'bridge', '--verify']);
    expect([migrated.code, migrated.report.totals.failed]).toEqual([0, 0]);
    expect((await json(['rollback', '--journal', 'statebag-journal', '--apply'])).code).toBe(0);
    expect(digests(join(scratch.dir, 'bags'))).toEqual(before);
  });

  it('finds everything unchanged the second time, and writes nothing', async () => {
    putFleet(scratch.dir);
    expect((await statebag(scratch.dir, APPLY)).code).toBe(0);
    const before = snapshot(scratch.dir);
    const { code, report } = await json(APPLY);
    expect(code).toBe(0);
    expect(report.totals).toMatchObject({ migrated: 0, unchanged: report.totals.documents, blobsWritten: 0 });
    expect(snapshot(scratch.dir)).toEqual(before);
  });

  it('has nothing to verify where nothing was ever migrated', async () => {
    putFleet(scratch.dir, { variant: 'foreign', bags: 2 });
    const { code, report } = await json([...APPLY, '--verify']);
    expect([code, report.totals.unchanged, report.verify]).toEqual([
      0,
      2,
      {
        documents: 0,
        verified: 0,
        moved: 0,
        resumed: 0,
        failed: 0,
        segments: 0,
        bagsWithoutSegments: 0,
        overwritten: 0,
      },
    ]);
    expect(readdirSync(scratch.dir)).toEqual(['bags']);
  });

  it('has nothing new to say of a document that was quarantined before', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 2 });
    writeFileSync(join(scratch.dir, 'bags', 'torn.json'), '{"workflow_config": {');
    expect((await statebag(scratch.dir, APPLY)).code).toBe(1);
    const before = snapshot(scratch.dir);
    expect((await json(APPLY)).report.totals).toMatchObject({ unchanged: 2, quarantined: 1 });
    expect(snapshot(scratch.dir)).toEqual(before);
  });

  it('writes three blobs a workflow, however many bags there are', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 20, workflows: 4 });
    const { report } = await json(APPLY);
    expect(report.totals).toMatchObject({ migrated: 20, blobsWritten: 12, blobsReused: 48 });
    expect(Object.keys(digests(join(scratch.dir, 'store')))).toHaveLength(12);
  });
});

describe('a dry run', () => {
  it('writes nothing at all, and says what would happen', async () => {
    putFleet(scratch.dir);
    const before = snapshot(scratch.dir);
    const { code, report, err } = await json(['migrate', 'bags', '--store', 'store', '--journal', 'journal']);
    expect(code).toBe(0);
    expect(report.totals.migrated).toBeGreaterThan(10);
    expect(report.totals.bytesAfter).toBeLessThan(report.totals.bytesBefore!);
    expect(err).toContain(
      'this was a dry run, nothing was written; to write: statebag migrate bags --store store --journal journal --json --apply',
    );
    expect(snapshot(scratch.dir)).toEqual(before);
    expect(readdirSync(scratch.dir).sort()).toEqual(['bags', 'store']);
  });

  it('does not even make the store', async () => {
    writeFileSync(join(scratch.dir, 'bag.json'), smallBag());
    expect((await statebag(scratch.dir, ['migrate', 'bag.json', '--store', 'store'])).code).toBe(0);
    expect(readdirSync(scratch.dir)).toEqual(['bag.json']);
  });

  it('promises what the run then does', async () => {
    putFleet(scratch.dir);
    const planned = (await json(['migrate', 'bags', '--store', 'store'])).report;
    const done = (await json(APPLY)).report;
    const facts = ({ documents }: Report) => [...documents].sort((a, b) => a.id.localeCompare(b.id));
    expect(facts(done)).toEqual(facts(planned));
  });
});

describe('what a run says', () => {
  it('has the shape of the contract with --json, and nothing else on standard output', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 2 });
    writeFileSync(join(scratch.dir, 'bags', 'torn.json'), '{"a": ');
    const { code, report, err } = await json(APPLY);
    expect(code).toBe(1);
    expect(Object.keys(report.totals)).toEqual([
      'documents',
      'migrated',
      'unchanged',
      'quarantined',
      'failed',
      'notStarted',
      'containersFailed',
      'containersNotStarted',
      'bytesBefore',
      'bytesAfter',
      'blobsWritten',
      'blobsReused',
    ]);
    expect(report.totals).toMatchObject({ documents: 3, migrated: 2, quarantined: 1, notStarted: 0 });
    expect(report.documents.find(({ id }) => id === join(scratch.dir, 'bags', 'torn.json'))).toEqual({
      id: join(scratch.dir, 'bags', 'torn.json'),
      outcome: 'quarantined',
      generation: 'unknown',
      bytesBefore: 6,
      bytesAfter: 6,
      code: 'JSON_SYNTAX',
      reason: expect.stringContaining('line 1, column') as string,
    });
    expect(err).toBe(`statebag: journal of this run: ${join(scratch.dir, 'statebag-journal')}\n`);
  });

  it('gives one JSON document even when there is none to tell of', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 1 });
    const { report } = await json(['migrate', 'bags', '--store', 'store', '--where', 'ownerId=nobody']);
    expect(report).toMatchObject({ documents: [], totals: { documents: 0 }, complete: true });
  });

  it('is a table with sizes and the first twenty findings for people', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 2 });
    for (let at = 0; at < 23; at++) writeFileSync(join(scratch.dir, 'bags', `torn-${at}.json`), '{');
    const { code, out } = await statebag(scratch.dir, APPLY);
    expect(code).toBe(1);
    expect(out).toMatch(/^documents +25$/m);
    expect(out).toMatch(/^migrated +2$/m);
    expect(out).toMatch(/^bytes after +\d+\.\d KB {2}-\d+\.\d %$/m);
    expect(out.match(/^quarantined {2}bags\/torn-\d+\.json {2}JSON_SYNTAX: /gm)).toHaveLength(20);
    expect(out).toContain('… and 3 more, see --json');
  });

  it('keeps to itself with --quiet', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 1 });
    expect((await statebag(scratch.dir, [...APPLY, '--quiet'])).err).toBe('');
  });

  it('is coloured on a terminal only, and not against NO_COLOR', async () => {
    writeFileSync(join(scratch.dir, 'torn.json'), '{');
    const args = ['migrate', 'torn.json', '--store', 'store', '--quiet'];
    const escape = String.fromCharCode(27);
    expect((await statebag(scratch.dir, args, { isTTY: true })).out).toContain(`${escape}[31mquarantined`);
    expect((await statebag(scratch.dir, args)).out).not.toContain(escape);
    expect((await statebag(scratch.dir, args, { isTTY: true, env: { NO_COLOR: '1' } })).out).not.toContain(escape);
    expect((await statebag(scratch.dir, [...args, '--no-color'], { isTTY: true })).out).not.toContain(escape);
  });

  it('shows a bar with rate and time left on a terminal', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 4 });
    const { err, out } = await statebag(scratch.dir, APPLY, { isTTY: true });
    expect(err).toMatch(/% \| \d+ documents \| .*\/s \| ETA /);
    expect(out).toMatch(/^documents +4$/m);
  });

  it('goes on to the end when nobody reads it any more', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 4 });
    const { code } = await statebag(scratch.dir, [...APPLY, '--json'], {
      failOutput: Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }),
    });
    expect(code).toBe(0);
    expect((await statebag(scratch.dir, ['status', '--journal', 'statebag-journal', '--json'])).out).toContain(
      '"migrated":4',
    );
  });
});

describe('the journal of a run', () => {
  it('has lines that satisfy their schema', async () => {
    putFleet(scratch.dir);
    writeFileSync(join(scratch.dir, 'bags', 'torn.json'), '{');
    await statebag(scratch.dir, APPLY);
    const lines = readFileSync(join(scratch.dir, 'statebag-journal', 'journal.ndjson'), 'utf8')
      .trimEnd()
      .split('\n');
    const entries = lines.map((line) => JSON.parse(line) as { kind: string });
    expect(entries.at(0)).toMatchObject({
      kind: 'run',
      command: 'migrate',
      target: 'lean',
      store: join(scratch.dir, 'store'),
      bucket: 'local',
      prefix: '',
    });
    expect(entries.at(-1)).toMatchObject({ kind: 'end', complete: true });
    const check = ['validate', 'statebag-journal/journal.ndjson', '--schema', 'journal.v1'];
    expect(await statebag(scratch.dir, check)).toMatchObject({
      code: 0,
      out: `${lines.length} documents, ${lines.length} valid, 0 invalid\n`,
    });
  });

  it('is locked while a run writes it', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 2 });
    await statebag(scratch.dir, APPLY);
    writeFileSync(
      join(scratch.dir, 'statebag-journal', 'journal.lock'),
      `${process.ppid} ${(await import('node:os')).hostname()}\n`,
    );
    const before = snapshot(join(scratch.dir, 'bags'));
    const { code, err } = await statebag(scratch.dir, APPLY);
    expect(code).toBe(2);
    expect(err).toContain('JOURNAL_LOCKED');
    expect(snapshot(join(scratch.dir, 'bags'))).toEqual(before);
  });

  it('is not mixed with work on another store', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 2 });
    await statebag(scratch.dir, APPLY);
    const { code, err } = await statebag(scratch.dir, ['migrate', 'bags', '--store', 'other', '--apply']);
    expect(code).toBe(2);
    expect(err).toContain('JOURNAL_MISMATCH');
    expect(existsSync(join(scratch.dir, 'other'))).toBe(false);
  });

  it('lies where it was told to, and is no source', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 2 });
    const args = ['migrate', '.', '--store', 'store', '--journal', 'journals/mine', '--apply', '--json'];
    const { out } = await statebag(scratch.dir, args);
    expect((JSON.parse(out) as Report).totals).toMatchObject({ documents: 2, migrated: 2 });
    expect(existsSync(join(scratch.dir, 'journals', 'mine', 'journal.ndjson'))).toBe(true);
    expect((JSON.parse((await statebag(scratch.dir, args)).out) as Report).totals).toMatchObject({
      documents: 2,
      unchanged: 2,
    });
  });
});

describe('sources', () => {
  it('are files, globs in quotes, and several at once', async () => {
    putFleet(scratch.dir, { variant: 'pre', bags: 4 });
    const names = readdirSync(join(scratch.dir, 'bags'));
    const glob = await json(['migrate', 'bags/00000[0-2]*.json', '--store', 'store']);
    expect(glob.report.totals.documents).toBe(3);
    const several = await json([
      'migrate',
      `bags/${names[0]!}`,
      join(scratch.dir, 'bags', names[3]!),
      '--store',
      'store',
    ]);
    expect(several.report.documents.map(({ id }) => id)).toEqual([
      join(scratch.dir, 'bags', names[0]!),
      join(scratch.dir, 'bags', names[3]!),
    ]);
  });

  it('may lie in a directory whose name means something in a glob', async () => {
    const odd = join(scratch.dir, 'a(b) [c]');
    putFleet(odd, { variant: 'pre', bags: 2 });
    const { out } = await statebag(odd, ['migrate', 'bags/*.json', '--store', 'store', '--json']);
    expect((JSON.parse(out) as Report).totals.documents).toBe(2);
  });

  it('may lie in the directory of the store, whose blobs are no documents', async () => {
    putFleet(join(scratch.dir, 'all'), { variant: 'pre', bags: 2 });
    const args = ['migrate', 'all', '--store', 'all', '--apply'];
    expect((await json(args)).report.totals).toMatchObject({ documents: 2, migrated: 2 });
    expect((await json(args)).report.totals).toMatchObject({ documents: 2, unchanged: 2 });
  });
});
