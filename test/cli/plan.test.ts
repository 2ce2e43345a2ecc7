import { appendFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { putFleet, smallBag } from './fleet-dir.js';
import { snapshot, statebag, useScratch } from './terminal.js';

const scratch = useScratch();

beforeEach(() => {
  putFleet(scratch.dir, { variant: 'pre', bags: 3 });
});

const MIGRATE = ['migrate', 'bags', '--store', 'store'];
const bag = (at: number) => join(scratch.dir, 'bags', readdirSync(join(scratch.dir, 'bags'))[at]!);

interface Report {
  readonly totals: Record<string, number>;
  readonly documents: readonly { readonly id: string; readonly outcome: string; readonly code?: string }[];
}

async function plan(): Promise<void> {
  expect((await statebag(scratch.dir, [...MIGRATE, '--plan-out', 'plan.ndjson'])).code).toBe(0);
}

async function follow(
  ...more: string[]
): Promise<{ readonly code: number; readonly err: string; readonly report: Report }> {
  const { code, out, err } = await statebag(scratch.dir, [
    ...MIGRATE,
    '--plan',
    'plan.ndjson',
    '--apply',
    '--json',
    ...more,
  ]);
  return { code, err, report: (out === '' ? { totals: {}, documents: [] } : JSON.parse(out)) as Report };
}

describe('a plan', () => {
  it('is the only thing its dry run writes, and satisfies its schema', async () => {
    const before = snapshot(join(scratch.dir, 'bags'));
    await plan();
    expect(snapshot(join(scratch.dir, 'bags'))).toEqual(before);
    expect(readdirSync(scratch.dir).sort()).toEqual(['bags', 'plan.ndjson']);
    const lines = readFileSync(join(scratch.dir, 'plan.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string });
    expect(lines.map(({ kind }) => kind)).toEqual(['plan', 'document', 'document', 'document', 'seal']);
    expect(await statebag(scratch.dir, ['validate', 'plan.ndjson', '--schema', 'plan.v1'])).toMatchObject({
      code: 0,
      out: '5 documents, 5 valid, 0 invalid\n',
    });
  });

  it('is followed to the letter', async () => {
    await plan();
    writeFileSync(join(scratch.dir, 'bags', 'new.json'), smallBag());
    const { code, report } = await follow();
    expect(code).toBe(0);
    expect(report.totals).toMatchObject({ documents: 3, migrated: 3 });
    expect(readFileSync(join(scratch.dir, 'bags', 'new.json'), 'utf8')).toBe(smallBag());
  });

  it('can be followed again after an interruption', async () => {
    await plan();
    expect((await follow('--limit', '1')).report.totals).toMatchObject({ documents: 1, migrated: 1 });
    const { code, report } = await follow();
    expect(report.documents.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    expect([code, report.totals.migrated, report.totals.unchanged]).toEqual([0, 2, 1]);
  });

  it('refuses a document that moved since, and goes on with the others', async () => {
    await plan();
    appendFileSync(bag(1), ' ');
    const { code, report } = await follow();
    expect(code).toBe(1);
    expect(report.totals).toMatchObject({ documents: 3, migrated: 2, failed: 1 });
    expect(report.documents.find(({ id }) => id === bag(1))).toMatchObject({
      outcome: 'failed',
      code: 'PLAN_DOCUMENT_MOVED',
    });
    expect(readFileSync(bag(1), 'utf8')).toContain('"workflow_config":');
  });

  it('misses a document that is gone', async () => {
    await plan();
    const gone = bag(2);
    rmSync(gone);
    const { code, report } = await follow();
    expect(code).toBe(1);
    expect(report.totals).toMatchObject({ documents: 3, migrated: 2, failed: 1 });
    expect(report.documents.at(-1)).toMatchObject({ id: gone, outcome: 'failed', code: 'PLAN_DOCUMENT_MISSING' });
  });

  it('is refused when somebody edited it', async () => {
    await plan();
    const path = join(scratch.dir, 'plan.ndjson');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"outcome":"migrated"', '"outcome":"unchanged"'));
    const before = snapshot(join(scratch.dir, 'bags'));
    const { code, err } = await follow();
    expect(code).toBe(2);
    expect(err).toContain('PLAN_BROKEN');
    expect(snapshot(join(scratch.dir, 'bags'))).toEqual(before);
  });

  it.each([
    ['another target', ['--to', 'bridge']],
    ['another store', ['--store', 'elsewhere']],
    ['another bucket', ['--bucket', 'other']],
  ])('is refused for %s', async (_, more) => {
    await plan();
    const { code, err } = await follow(...more);
    expect(code).toBe(2);
    expect(err).toContain('PLAN_MISMATCH');
  });

  it('is not left half-made when the run that makes it breaks off', async () => {
    const { code, err } = await statebag(scratch.dir, [
      'migrate',
      'bags',
      'nowhere',
      '--store',
      'store',
      '--plan-out',
      'plan.ndjson',
    ]);
    expect(code).toBe(2);
    expect(err).toContain('SOURCE_NOT_FOUND');
    expect(readdirSync(scratch.dir)).toEqual(['bags']);
  });

  it('is not made of a run that was stopped', async () => {
    const args = [...MIGRATE, '--plan-out', 'plan.ndjson', '--max-failures', '0', '--concurrency', '1'];
    writeFileSync(join(scratch.dir, 'bags', '000000-a.json'), '{');
    expect((await statebag(scratch.dir, args)).code).toBe(1);
    expect(existsSync(join(scratch.dir, 'plan.ndjson'))).toBe(false);
  });
});
