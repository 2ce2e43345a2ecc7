import { appendFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { putFleet, smallBag } from './fleet-dir.js';
import { digests, snapshot, statebag, useScratch } from './terminal.js';

const scratch = useScratch();
let originals: Record<string, string>;

beforeEach(async () => {
  putFleet(scratch.dir, { variant: 'pre', bags: 4 });
  originals = digests(join(scratch.dir, 'bags'));
  await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--apply']);
});

const JOURNAL = ['--journal', 'statebag-journal'];
const bag = (at: number) => join(scratch.dir, 'bags', readdirSync(join(scratch.dir, 'bags'))[at]!);

/** Members of all four reports. */
interface Report {
  readonly totals: Record<string, number>;
  readonly documents: readonly { readonly id: string; readonly outcome: string; readonly code?: string }[];
  readonly isClosed: boolean;
  readonly findings: readonly object[];
  readonly runs: unknown;
  readonly codes: Record<string, number>;
}

async function json(...args: string[]): Promise<{ readonly code: number; readonly report: Report }> {
  const { code, out } = await statebag(scratch.dir, [...args, ...JOURNAL, '--json']);
  return { code, report: JSON.parse(out) as Report };
}

describe('verify', () => {
  it('counts what it compared', async () => {
    const { code, report } = await json('verify');
    expect(code).toBe(0);
    expect(report.totals).toMatchObject({ documents: 4, verified: 4, moved: 0, failed: 0 });
    expect(report.totals.segments).toBeGreaterThan(4);
    expect(report.documents[0]).toMatchObject({ outcome: 'verified', segments: expect.any(Number) as number });
  });

  it('works from another directory, as paths in the journal are absolute', async () => {
    const { code } = await statebag('/', ['verify', '--journal', join(scratch.dir, 'statebag-journal')]);
    expect(code).toBe(0);
  });

  it('tells a document that changed from one that is gone', async () => {
    const [changed, gone] = [bag(0), bag(1)];
    appendFileSync(changed, ' ');
    rmSync(gone);
    const { code, report } = await json('verify');
    expect(code).toBe(1);
    expect(report.totals).toMatchObject({ documents: 4, verified: 2 });
    expect(report.documents.find(({ id }) => id === changed)).toMatchObject({
      outcome: 'moved',
      code: 'DOCUMENT_MOVED',
    });
    expect(report.documents.find(({ id }) => id === gone)).toMatchObject({ code: 'FILE_NOT_FOUND' });
    const { out } = await statebag(scratch.dir, ['verify', ...JOURNAL]);
    expect(out).toMatch(/^moved {2}bags\/\S+ {2}DOCUMENT_MOVED: /m);
  });

  it('finds a blob that was tampered with', async () => {
    const [blob] = Object.keys(digests(join(scratch.dir, 'store'))).filter((path) => path.includes('workflow-configs'));
    appendFileSync(join(scratch.dir, 'store', blob!), ' ');
    const { code, report } = await json('verify');
    expect(code).toBe(1);
    expect(report.documents.some(({ code: found }) => found === 'DIGEST_MISMATCH')).toBe(true);
  });
});

describe('rollback', () => {
  it('writes nothing without --apply, and says so', async () => {
    const before = snapshot(scratch.dir);
    const { code, out, err } = await statebag(scratch.dir, ['rollback', ...JOURNAL]);
    expect(code).toBe(0);
    expect(out).toMatch(/^to be rolled back +4/m);
    expect(err).toContain('to write: statebag rollback --journal statebag-journal --apply');
    expect(snapshot(scratch.dir)).toEqual(before);
  });

  it('restores what is still as it was written, and leaves the rest', async () => {
    const moved = bag(2);
    appendFileSync(moved, '\n');
    const { code, report } = await json('rollback', '--apply');
    expect(code).toBe(1);
    expect(report.totals).toMatchObject({ documents: 4, rolledBack: 3, failed: 1 });
    expect(report.documents.find(({ id }) => id === moved)).toMatchObject({
      outcome: 'failed',
      code: 'DOCUMENT_MOVED',
    });
    expect(readFileSync(moved, 'utf8')).toContain('state_bag_version');
  });

  it('has nothing left to do the second time', async () => {
    await statebag(scratch.dir, ['rollback', ...JOURNAL, '--apply']);
    const before = snapshot(scratch.dir);
    const { code, report } = await json('rollback', '--apply');
    expect([code, report.totals.documents]).toEqual([0, 0]);
    expect(snapshot(scratch.dir)).toEqual(before);
    expect(digests(join(scratch.dir, 'bags'))).toEqual(originals);
  });

  it('can be followed by another migration and another rollback', async () => {
    await statebag(scratch.dir, ['rollback', ...JOURNAL, '--apply']);
    const { totals } = (await json('migrate', 'bags', '--store', 'store', '--apply')).report;
    expect(totals).toMatchObject({ migrated: 4, blobsWritten: 0 });
    await statebag(scratch.dir, ['rollback', ...JOURNAL, '--apply']);
    expect(digests(join(scratch.dir, 'bags'))).toEqual(originals);
  });

  it('stops when asked, and tells what was not started', async () => {
    const { code, out, err } = await statebag(scratch.dir, ['rollback', ...JOURNAL, '--apply'], {
      signals: ['SIGTERM'],
    });
    expect(code).toBe(1);
    expect(out).toMatch(/^not started +4 {2}stopped early$/m);
    expect(err).toContain('to go on: statebag rollback --journal statebag-journal --apply');
    expect((await json('rollback', '--apply')).report.totals).toMatchObject({ rolledBack: 4 });
  });
});

describe('status and report', () => {
  it('give the last word on every document', async () => {
    writeFileSync(join(scratch.dir, 'bags', 'torn.json'), '{');
    await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--apply']);
    const { code, report } = await json('status');
    expect(code).toBe(1);
    expect(report).toMatchObject({
      runs: 2,
      isClosed: true,
      totals: { documents: 5, migrated: 4, quarantined: 1, unsettled: 0 },
    });
    expect(report.findings).toEqual([
      expect.objectContaining({ id: join(scratch.dir, 'bags', 'torn.json'), code: 'JSON_SYNTAX' }),
    ]);
    const { out } = await statebag(scratch.dir, ['status', ...JOURNAL]);
    expect(out).toMatch(/^migrated +4$/m);
    expect(out).toContain('quarantined  bags/torn.json  JSON_SYNTAX');
  });

  it('are content when all is settled, and count what was rolled back', async () => {
    expect((await json('status')).code).toBe(0);
    await statebag(scratch.dir, ['rollback', ...JOURNAL, '--apply']);
    expect((await json('status')).report.totals).toMatchObject({ migrated: 0, rolledBack: 4 });
  });

  it('tell of a run that was killed', async () => {
    const path = join(scratch.dir, 'statebag-journal', 'journal.ndjson');
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${lines.slice(0, 3).join('\n')}\n${lines[3]!.slice(0, 40)}`);
    const { code, report } = await json('status');
    expect(code).toBe(1);
    expect(report.isClosed).toBe(false);
    expect(report.totals.unsettled).toBeGreaterThan(0);
    expect((await statebag(scratch.dir, ['status', ...JOURNAL])).out).toContain('the last one did not get to its end');
  });

  it('list the runs and count outcomes by code', async () => {
    writeFileSync(join(scratch.dir, 'bags', 'torn.json'), '{');
    writeFileSync(join(scratch.dir, 'bags', 'bag.json'), smallBag({ ownerId: '' }));
    await statebag(scratch.dir, ['migrate', 'bags', '--store', 'store', '--apply']);
    await statebag(scratch.dir, ['rollback', ...JOURNAL, '--apply']);
    const { code, report } = await json('report');
    expect(code).toBe(1);
    expect(report.codes).toEqual({ JSON_SYNTAX: 1, BAG_INVALID: 1 });
    expect(report.runs).toMatchObject([
      { command: 'migrate', complete: true, totals: { migrated: 4 } },
      { command: 'migrate', complete: true, totals: { quarantined: 2 } },
      { command: 'rollback', complete: true, totals: { rolledBack: 4 } },
    ]);
    const { out } = await statebag(scratch.dir, ['report', ...JOURNAL]);
    for (const heading of ['Totals', 'Runs', 'Outcomes by code', 'Findings'])
      expect(out).toMatch(new RegExp(`^${heading}$`, 'm'));
  });

  it('refuse what is no journal', async () => {
    writeFileSync(join(scratch.dir, 'statebag-journal', 'journal.ndjson'), '{"kind":"shopping"}\n');
    const { code, err } = await statebag(scratch.dir, ['status', ...JOURNAL]);
    expect([code, err]).toEqual([2, expect.stringContaining('JOURNAL_INVALID')]);
    writeFileSync(join(scratch.dir, 'statebag-journal', 'journal.ndjson'), '');
    const empty = await statebag(scratch.dir, ['verify', ...JOURNAL]);
    expect([empty.code, empty.err]).toEqual([2, expect.stringContaining('JOURNAL_EMPTY')]);
  });
});
