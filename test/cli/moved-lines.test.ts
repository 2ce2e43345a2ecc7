import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faultyDisk } from '../fakes/faulty-disk.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const bags = (count: number) => Array.from({ length: count }, (_, at) => smallBag({ workflowId: `wf-${at}` }));

function put(lines: readonly string[], name = 'a.ndjson'): void {
  writeFileSync(join(scratch.dir, name), lines.map((line) => `${line}\n`).join(''));
}

const lines = (name = 'a.ndjson') => readFileSync(join(scratch.dir, name), 'utf8').split('\n').slice(0, -1);

/** Changes the lines of the file as another program does, between two runs. */
const edit = (change: (lines: readonly string[]) => readonly string[], name?: string) => {
  put(change(lines(name)), name);
};

interface Told {
  readonly id: string;
  readonly outcome: string;
  readonly code?: string;
  readonly reason?: string;
}

interface Report {
  readonly code: number;
  readonly totals: Readonly<Record<string, number>>;
  readonly documents: readonly Told[];
}

async function run(...args: string[]): Promise<Report> {
  const { code, out, err } = await statebag(scratch.dir, [...args, '--journal', 'j', '--json']);
  if (out === '') throw new Error(err);
  return { code, ...(JSON.parse(out) as Omit<Report, 'code'>) };
}

const migrate = (...more: string[]) => run('migrate', 'a.ndjson', '--store', 'store', '--apply', ...more);
const verify = () => run('verify');
const rollback = (...more: string[]) => run('rollback', '--apply', ...more);

/** Line numbers of documents, and what became of them. */
const outcomes = ({ documents }: Report) =>
  documents.map(({ id, outcome, code }) => [id.replace(/^.*#/, ''), outcome, ...(code === undefined ? [] : [code])]);

/** Migrates so many bags. Resolves to their original lines. */
async function migrated(count: number): Promise<readonly string[]> {
  const fat = bags(count);
  put(fat);
  expect(await migrate()).toMatchObject({ code: 0, totals: { migrated: count } });
  return fat;
}

const NEW_LINE = '{"new":1}';

describe('a line that has another number than at its migration', () => {
  it('is verified and restored where it is when a line was inserted in front of it', async () => {
    const fat = await migrated(3);
    edit((lean) => [NEW_LINE, ...lean]);
    const verified = await verify();
    expect([verified.code, verified.totals]).toMatchObject([0, { documents: 3, verified: 3, moved: 0, failed: 0 }]);
    expect(outcomes(await rollback())).toEqual([
      ['L2', 'rolled-back'],
      ['L3', 'rolled-back'],
      ['L4', 'rolled-back'],
    ]);
    expect(lines()).toEqual([NEW_LINE, ...fat]);
    expect(await run('status')).toMatchObject({ code: 0, totals: { documents: 3, rolledBack: 3, migrated: 0 } });
  });

  it('is verified and restored when the lines were sorted in another order', async () => {
    const fat = await migrated(4);
    edit((lean) => lean.toReversed());
    expect(await verify()).toMatchObject({ code: 0, totals: { documents: 4, verified: 4 } });
    expect(await rollback()).toMatchObject({ code: 0, totals: { documents: 4, rolledBack: 4, failed: 0 } });
    expect(lines()).toEqual(fat.toReversed());
  });

  it('is verified and restored when a line in front of it was deleted, and only the deleted one fails', async () => {
    const fat = await migrated(4);
    edit((lean) => lean.toSpliced(1, 1));
    const verified = await verify();
    expect([verified.code, verified.totals]).toMatchObject([1, { documents: 4, verified: 3, moved: 1 }]);
    const back = await rollback();
    expect([back.code, back.totals]).toMatchObject([1, { documents: 4, rolledBack: 3, failed: 1 }]);
    expect(back.documents.find(({ outcome }) => outcome === 'failed')).toMatchObject({
      id: join(scratch.dir, 'a.ndjson#L2'),
      code: 'DOCUMENT_MOVED',
      reason: expect.stringContaining('no line of the file has the bytes that were written') as string,
    });
    expect(lines()).toEqual(fat.toSpliced(1, 1));
  });

  it('is restored next to a line that another program has modified, which alone is refused', async () => {
    const fat = await migrated(4);
    const modified = '{"modified":1}';
    edit((lean) => [NEW_LINE, ...lean.with(2, modified)]);
    const back = await rollback();
    expect([back.code, back.totals]).toMatchObject([1, { documents: 4, rolledBack: 3, failed: 1 }]);
    expect(lines()).toEqual([NEW_LINE, ...fat.with(2, modified)]);
  });

  it('is restored as the same dry run said', async () => {
    await migrated(2);
    edit((lean) => [NEW_LINE, ...lean]);
    const before = lines();
    expect((await run('rollback')).totals).toMatchObject({ documents: 2, rolledBack: 2 });
    expect(lines()).toEqual(before);
  });

  it('is chosen by --limit in the order of the file, and the others stay migrated', async () => {
    const fat = await migrated(3);
    edit((lean) => lean.toReversed());
    const lean = lines();
    await rollback('--limit', '1');
    expect(lines()).toEqual([fat[2], lean[1], lean[2]]);
    expect((await run('status')).totals).toMatchObject({ documents: 3, rolledBack: 1, migrated: 2 });
    await rollback();
    expect(lines()).toEqual(fat.toReversed());
    expect((await run('status')).totals).toMatchObject({ documents: 3, rolledBack: 3, migrated: 0 });
  });

  it('is verified and restored in the copy that --out has made', async () => {
    const fat = bags(3);
    put(fat);
    await migrate('--out', 'out.ndjson');
    edit((lean) => [NEW_LINE, ...lean], 'out.ndjson');
    expect(await verify()).toMatchObject({ code: 0, totals: { verified: 3 } });
    expect(await rollback()).toMatchObject({ code: 0, totals: { rolledBack: 3 } });
    expect(lines('out.ndjson')).toEqual([NEW_LINE, ...fat]);
  });

  it('counts once when its copy is made again after lines of the source moved', async () => {
    const fat = bags(4);
    put([fat[0]!, fat[1]!, '{"a":1', fat[2]!]);
    await migrate('--out', 'out.ndjson');
    put([fat[3]!, fat[1]!, fat[2]!]);
    expect((await migrate('--out', 'out.ndjson')).totals).toMatchObject({ documents: 3, migrated: 3 });
    // The first bag is gone from the source: the journal has migrated it, so it stays in the books.
    expect((await run('status')).totals).toMatchObject({ migrated: 4, failed: 0 });
    expect((await verify()).totals).toMatchObject({ documents: 4, verified: 3, moved: 1 });
    await rollback();
    expect(lines('out.ndjson')).toEqual([fat[3], fat[1], fat[2]]);
  });

  it('can be migrated and restored a second time', async () => {
    const fat = await migrated(3);
    edit((lean) => [NEW_LINE, ...lean]);
    await rollback();
    expect((await migrate()).totals).toMatchObject({ documents: 4, migrated: 3, unchanged: 1 });
    // The new line is unchanged before anything was news, so the journal does not have it.
    expect((await run('status')).totals).toMatchObject({ documents: 3, migrated: 3, unchanged: 0, rolledBack: 0 });
    await rollback();
    expect(lines()).toEqual([NEW_LINE, ...fat]);
  });
});

describe('equal lines', () => {
  it('are each verified and restored when they have other numbers', async () => {
    const [one, two] = bags(2) as [string, string];
    put([one, one, two, one]);
    await migrate();
    edit((lean) => [NEW_LINE, ...lean]);
    expect((await verify()).totals).toMatchObject({ documents: 4, verified: 4 });
    expect((await rollback()).totals).toMatchObject({ documents: 4, rolledBack: 4 });
    expect(lines()).toEqual([NEW_LINE, one, one, two, one]);
  });

  it('are restored at the line of the journal, and a copy that another program made stays', async () => {
    const [fat] = await migrated(1);
    edit(([lean]) => [lean!, lean!]);
    const [, copy] = lines();
    expect((await verify()).totals).toMatchObject({ documents: 1, verified: 1 });
    expect((await rollback()).totals).toMatchObject({ documents: 1, rolledBack: 1 });
    expect(lines()).toEqual([fat, copy]);
  });
});

describe('an equal line', () => {
  it('that another program put in front of a document is not restored instead of it', async () => {
    const fat = await migrated(2);
    edit(([one, two]) => [two!, two!, one!]);
    const [copy] = lines();
    expect((await rollback()).totals).toMatchObject({ documents: 2, rolledBack: 2 });
    expect(lines()).toEqual([copy, fat[1], fat[0]]);
  });

  it('that was delivered again is migrated, and the first one keeps its state', async () => {
    const [one, two] = await migrated(2);
    edit((lean) => [...lean, one!]);
    expect((await migrate()).totals).toMatchObject({ documents: 3, migrated: 1, unchanged: 2 });
    expect((await run('status')).totals).toMatchObject({ documents: 3, migrated: 3 });
    expect((await rollback()).totals).toMatchObject({ documents: 3, rolledBack: 3 });
    expect(lines()).toEqual([one, two, one]);
  });

  it('that was delivered again in front is migrated, and the first one keeps its state', async () => {
    const [one, two] = await migrated(2);
    edit((lean) => [two!, ...lean]);
    await migrate();
    expect((await run('status')).totals).toMatchObject({ documents: 3, migrated: 3, unchanged: 0 });
    expect((await rollback()).totals).toMatchObject({ documents: 3, rolledBack: 3 });
    expect(lines()).toEqual([two, one, two]);
  });

  it('of another run stays migrated when a rollback is about one run', async () => {
    const [fat] = await migrated(1);
    edit(([lean]) => [lean!, fat!]);
    expect((await migrate()).totals).toMatchObject({ migrated: 1, unchanged: 1 });
    edit(([lean]) => [lean!]);
    const before = lines();
    expect((await rollback('--run', 'last')).totals).toMatchObject({ documents: 1, rolledBack: 0, failed: 1 });
    expect(lines()).toEqual(before);
  });
});

describe('a line that has its original bytes', () => {
  it('counts as restored when another program has restored and moved it', async () => {
    const fat = await migrated(2);
    put([NEW_LINE, ...fat]);
    expect(outcomes(await rollback())).toEqual([
      ['L2', 'rolled-back', 'ALREADY_ORIGINAL'],
      ['L3', 'rolled-back', 'ALREADY_ORIGINAL'],
    ]);
    expect(await run('status')).toMatchObject({ code: 0, totals: { documents: 2, rolledBack: 2, migrated: 0 } });
  });
});

describe('two documents that had one line number in two runs', () => {
  const top = smallBag({ workflowId: 'wf-top' });

  it('are both in the books, verified and restored', async () => {
    const fat = await migrated(3);
    edit((lean) => [top, ...lean]);
    expect((await migrate()).totals).toMatchObject({ documents: 4, migrated: 1, unchanged: 3 });
    expect(await run('status')).toMatchObject({ code: 0, totals: { documents: 4, migrated: 4, unchanged: 0 } });
    expect(await verify()).toMatchObject({ code: 0, totals: { documents: 4, verified: 4 } });
    expect(await rollback()).toMatchObject({ code: 0, totals: { documents: 4, rolledBack: 4 } });
    expect(lines()).toEqual([top, ...fat]);
    expect(await run('status')).toMatchObject({ code: 0, totals: { documents: 4, rolledBack: 4 } });
  });

  it('are both restored when the second run has not read the lines after the new one', async () => {
    const fat = await migrated(3);
    edit((lean) => [top, ...lean]);
    await migrate('--limit', '1');
    expect(await verify()).toMatchObject({ totals: { documents: 4, verified: 4 } });
    expect(await rollback()).toMatchObject({ code: 0, totals: { documents: 4, rolledBack: 4 } });
    expect(lines()).toEqual([top, ...fat]);
  });

  it('are both restored when the first one is now at a line that no run has met', async () => {
    const fat = await migrated(3);
    edit(([one, two, three]) => [three!, one!, top, two!]);
    await migrate();
    expect(await run('status')).toMatchObject({ code: 0, totals: { documents: 4, migrated: 4 } });
    expect(await rollback()).toMatchObject({ code: 0, totals: { documents: 4, rolledBack: 4 } });
    expect(lines()).toEqual([fat[2], fat[0], top, fat[1]]);
  });

  it('are restored one run at a time with --run', async () => {
    const fat = await migrated(2);
    edit((lean) => [top, ...lean]);
    await migrate();
    const lean = lines();
    expect(await rollback('--run', 'last')).toMatchObject({ totals: { documents: 1, rolledBack: 1 } });
    expect(lines()).toEqual([top, ...lean.slice(1)]);
    await rollback();
    expect(lines()).toEqual([top, ...fat]);
  });

  it('are counted once each when lines were deleted and added', async () => {
    await migrated(5);
    edit((lean) => [top, ...lean.slice(2)]);
    await migrate();
    // The two that were deleted stay in the books: the journal has migrated them.
    expect((await run('status')).totals).toMatchObject({ documents: 6, migrated: 6, unchanged: 0 });
    expect((await verify()).totals).toMatchObject({ documents: 6, verified: 4, moved: 2 });
  });
});

/** A store that cannot write for one workflow. */
const brokenFor = (workflowId: string) =>
  faultyDisk(scratch.dir, ({ kind, path }) =>
    kind === 'create' && path.includes(`/${workflowId}/`) ? 'EIO' : undefined,
  );

describe('--only-failed', () => {
  it.each([
    ['inserted', 4, (given: readonly string[]) => [NEW_LINE, ...given]],
    ['deleted', 2, (given: readonly string[]) => given.slice(1)],
  ])('finds a line that failed when a line in front of it was %s', async (_, line, change) => {
    put(bags(3));
    const disk = brokenFor('wf-2');
    expect((await migrate()).totals).toMatchObject({ migrated: 2, failed: 1 });
    disk.mend();
    edit(change);
    const again = await migrate('--only-failed');
    expect([again.code, again.totals]).toMatchObject([0, { migrated: 1, failed: 0 }]);
    expect(again.documents.find(({ outcome }) => outcome === 'migrated')?.id).toMatch(new RegExp(`#L${line}$`));
    expect(lines().filter((text) => text.includes('"partition_map":[{'))).toEqual([]);
    expect((await run('status')).totals).toMatchObject({ migrated: 3, failed: 0, quarantined: 0 });
  });
});

describe('a run over lines that moved', () => {
  it('counts each document once when lines that are no bags were inserted', async () => {
    await migrated(3);
    edit((lean) => ['{"x":1}', '{"x":2}', smallBag({ workflowId: 'wf-top' }), ...lean]);
    await migrate();
    const { totals } = await run('status');
    // The lines before the new bag are unchanged and no news, so the journal does not have them.
    expect(totals).toMatchObject({ documents: 4, migrated: 4, unchanged: 0 });
    expect((await verify()).totals).toMatchObject({ documents: 4, verified: 4 });
  });

  it('keeps the failure of a line that moved, once', async () => {
    put([...bags(2), '{"a":1', smallBag({ workflowId: 'wf-9' })]);
    await migrate();
    edit((given) => [smallBag({ workflowId: 'wf-top' }), ...given]);
    expect((await migrate()).totals).toMatchObject({ documents: 5, migrated: 1, unchanged: 3, quarantined: 1 });
    expect((await run('status')).totals).toMatchObject({ documents: 5, migrated: 4, quarantined: 1, unchanged: 0 });
  });
});
