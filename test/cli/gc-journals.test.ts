import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const at = (...parts: readonly string[]) => join(scratch.dir, ...parts);
const run = (...args: readonly string[]) => statebag(scratch.dir, args);

const blobs = (store: string) =>
  readdirSync(at(store), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

/** Blobs that only the journal `j` names, because the bag was removed, and another store with a journal of its own. */
beforeEach(async () => {
  for (const [folder, store, journal] of [
    ['bags', 'store', 'j'],
    ['others', 'other-store', 'other-j'],
  ] as const) {
    mkdirSync(at(folder));
    writeFileSync(at(folder, 'a.json'), smallBag());
    await run('migrate', folder, '--store', store, '--journal', journal, '--apply');
  }
  for (const { parentPath, name } of blobs('store')) utimesSync(join(parentPath, name), 1_600_000_000, 1_600_000_000);
  mkdirSync(at('rest'));
  writeFileSync(at('rest/a.json'), '{"a":1}');
});

const GC = ['gc', 'rest', '--store', 'store', '--apply'];

describe('gc', () => {
  it('ends with exit code 2 when no journal is named, and deletes nothing', async () => {
    const { code, err } = await run(...GC);
    expect([code, err]).toEqual([2, expect.stringContaining('JOURNAL_NEEDED')]);
    expect(err).toContain('name every journal of a run into this store with --journal, or add --no-journal');
    expect(blobs('store')).toHaveLength(3);
  });

  it('refuses the journal of another store, and says which store it is of', async () => {
    const { code, err } = await run(...GC, '--journal', 'other-j');
    expect([code, err]).toEqual([2, expect.stringContaining('JOURNAL_NEEDED')]);
    expect(err).toContain(`${at('other-j')} is of runs into ${at('other-store')}`);
    expect(blobs('store')).toHaveLength(3);
  });

  it('keeps what the journal of its store names, also beside the journal of another one', async () => {
    for (const more of [[], ['--journal', 'other-j']]) {
      const { code, out } = await run(...GC, '--journal', 'j', ...more, '--json');
      expect([code, JSON.parse(out)]).toMatchObject([0, { totals: { live: 3, deleted: 0 } }]);
    }
  });

  it('knows its store by another path to the same directory', async () => {
    const { code, out } = await run('gc', 'rest', '--store', `./rest/../store/`, '--journal', 'j', '--json');
    expect([code, JSON.parse(out)]).toMatchObject([0, { totals: { live: 3 } }]);
  });

  it('lists in a dry run what would be deleted, and from which proof', async () => {
    const { code, out } = await run('gc', 'rest', '--store', 'store', '--no-journal');
    expect(code).toBe(0);
    expect(out).toMatch(/^journals +0 +0 originals$/m);
    expect(out).toMatch(/^to be deleted:\n {2}workflow-configs\/.*\n {2}workflow-\w+\/.*\n {2}workflow-\w+\/.*$/m);
    const { proof } = JSON.parse((await run('gc', 'rest', '--store', 'store', '--no-journal', '--json')).out) as {
      readonly proof: unknown;
    };
    expect(proof).toEqual({
      sources: [at('rest')],
      documents: 1,
      journals: [],
      digests: 0,
      writtenBefore: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown,
    });
  });

  it('prints before it deletes what is deleted, and what names none of it', async () => {
    const { code, err } = await run(...GC, '--no-journal');
    expect(code).toBe(0);
    const [line, ...keys] = err.trimEnd().split('\n');
    expect(line).toMatch(/^statebag: deleting 3 blobs, \d+ B: last written before \d{4}-.*Z, and named by none of /);
    expect(line).toContain(`1 documents of ${at('rest')} and 0 journals`);
    expect(keys).toEqual([
      expect.stringMatching(/^ {2}workflow-/),
      expect.stringMatching(/^ {2}workflow-/),
      expect.stringMatching(/^ {2}workflow-/),
    ]);
    expect(blobs('store')).toEqual([]);
  });
});
