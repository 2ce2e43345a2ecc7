import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { out, err } = await statebag(scratch.dir, [...args, '--json']);
  if (out === '') throw new Error(err);
  return JSON.parse(out) as Record<string, unknown>;
}

/** Two files that are read, one of lines, one without lines, two of other names, a link to nothing. */
const COUNTS = { read: 3, skipped: 2, unreadable: 1, empty: 1 };

describe('the inventory of a directory', () => {
  beforeEach(() => {
    mkdirSync(join(scratch.dir, 'd/below'), { recursive: true });
    for (const name of ['d/a.json', 'd/below/b.json', 'd/lines.ndjson', 'd/note.txt', 'd/below/copy.bak'])
      writeFileSync(join(scratch.dir, name), smallBag());
    writeFileSync(join(scratch.dir, 'd/empty.ndjson'), '');
    symlinkSync('gone', join(scratch.dir, 'd/link.json'));
  });

  it.each([
    ['a dry run', ['migrate', 'd', '--store', 'store']],
    ['migrate --apply', ['migrate', 'd', '--store', 'store', '--apply', '--journal', 'j']],
    ['validate', ['validate', 'd', '--schema', 'fat']],
  ])('is that of every command that reads it: %s', async (_, args) => {
    expect((await json(...args)).inventory).toEqual(COUNTS);
  });

  it('has, for a gate, the documents that are not understood besides', async () => {
    writeFileSync(join(scratch.dir, 'd/broken.json'), '{');
    for (const command of ['can-contract', 'inspect'])
      expect((await json(command, 'd')).inventory).toEqual({ ...COUNTS, read: 4, undecidable: 1 });
    // Searches files of every name.
    const gc = await json('gc', 'd', '--store', 'store', '--no-journal');
    expect(gc.inventory).toEqual({ ...COUNTS, read: 6, skipped: 0, undecidable: 1 });
  });

  it.each([
    ['inspect', ['inspect', 'd/*']],
    ['a dry run', ['migrate', 'd/*', '--store', 'store']],
    ['validate', ['validate', 'd/*', '--schema', 'fat']],
    ['can-contract', ['can-contract', 'd/*']],
  ])('has a directory that the glob matches as skipped: %s', async (_, args) => {
    // a.json and lines.ndjson; note.txt is named by the glob, and below/ is not looked into.
    expect((await json(...args)).inventory).toMatchObject({ read: 3, skipped: 1, unreadable: 1, empty: 1 });
  });

  it('is kept by the journal for status and report', async () => {
    await json('migrate', 'd', '--store', 'store', '--apply', '--journal', 'j');
    for (const command of ['status', 'report']) {
      expect((await json(command, '--journal', 'j')).inventory).toEqual(COUNTS);
      const { out } = await statebag(scratch.dir, [command, '--journal', 'j']);
      for (const row of [/^unreadable +1 /m, /^skipped +2 /m, /^empty +1 /m]) expect(out).toMatch(row);
    }
  });

  it('counts entries, and the totals count documents', async () => {
    writeFileSync(join(scratch.dir, 'd/lines.ndjson'), `${smallBag()}\n${smallBag()}\n`);
    expect(await json('migrate', 'd', '--store', 'store')).toMatchObject({
      inventory: COUNTS,
      totals: { documents: 4, migrated: 4, failed: 0, containersFailed: 0 },
    });
  });

  it('has no place in a total, so that migrate and status have the same totals', async () => {
    const args = ['migrate', 'd', '--store', 'store', '--apply', '--journal', 'j'];
    const { code, out } = await statebag(scratch.dir, [...args, '--json']);
    const status = await json('status', '--journal', 'j');
    const migrated = JSON.parse(out) as { readonly documents: unknown; readonly totals: unknown };
    expect([code, migrated.totals, status.totals]).toMatchObject([
      1,
      { documents: 3, failed: 0, containersFailed: 0 },
      { documents: 3, failed: 0, containersFailed: 0 },
    ]);
    expect(migrated.documents).toContainEqual(
      expect.objectContaining({ subject: 'place', outcome: 'failed', code: 'LINK_DANGLING' }),
    );
  });

  it('counts each entry once where shards share the work', async () => {
    const parts = await Promise.all(
      ['1/2', '2/2'].map((shard) => json('migrate', 'd', '--store', 'store', '--shard', shard)),
    );
    const sum = { read: 0, skipped: 0, unreadable: 0, empty: 0 };
    for (const { inventory } of parts as { readonly inventory: typeof sum }[])
      for (const kind of Object.keys(sum) as (keyof typeof sum)[]) sum[kind] += inventory[kind];
    expect(sum).toEqual(COUNTS);
  });
});
