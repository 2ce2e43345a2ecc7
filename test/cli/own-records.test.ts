import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
const pathOf = (name: string) => join(scratch.dir, name);

function put(name: string, text: string): void {
  mkdirSync(dirname(pathOf(name)), { recursive: true });
  writeFileSync(pathOf(name), text);
}

async function run(...args: string[]) {
  const { code, out, err } = await statebag(scratch.dir, [...args, '--json']);
  return { code, err, totals: out === '' ? undefined : (JSON.parse(out) as { totals: Record<string, number> }).totals };
}

const migrate = (source: string, journal: string) =>
  run('migrate', source, '--store', 'store', '--apply', '--journal', journal);

beforeEach(() => {
  put('bags/a.json', smallBag());
});

describe('a journal inside its source', () => {
  it.each([
    ['in the directory itself', 'bags', 'bags'],
    ['in a directory below', 'bags', 'bags/journal'],
    ['matched by a glob', 'bags/*', 'bags'],
    ['found through a link to the source', 'link', 'bags/journal'],
    ['found through a link to the journal', 'bags', 'away'],
  ])('is not read as documents when it is %s', async (_, source, journal) => {
    symlinkSync('bags', pathOf('link'));
    expect((await migrate(source, journal)).totals).toMatchObject({ documents: 1, migrated: 1 });
    if (journal === 'away') symlinkSync('../away/journal.ndjson', pathOf('bags/lines.ndjson'));
    put('bags/b.json', smallBag({ workflowId: 'b' }));
    const second = await migrate(source, journal);
    expect([second.code, second.totals]).toEqual([
      0,
      expect.objectContaining({ documents: 2, migrated: 1, unchanged: 1 }),
    ]);
  });

  it('is not read by another run with another journal, nor by inspect', async () => {
    await migrate('bags', 'bags/journal');
    expect((await migrate('bags', 'other')).totals).toMatchObject({ documents: 1, unchanged: 1 });
    expect((await run('inspect', 'bags')).totals).toMatchObject({ documents: 1 });
  });

  it('is recognised by its name when it is still empty', async () => {
    put('bags/journal/journal.ndjson', '');
    expect((await migrate('bags/journal/journal.ndjson', 'other')).err).toContain('SOURCE_IS_RECORD');
    expect((await migrate('bags', 'other')).totals).toMatchObject({ documents: 1, migrated: 1 });
  });

  it('is a source like any other when its first line is a bag', async () => {
    put('bags/journal.ndjson', `${smallBag()}\n`);
    expect((await migrate('bags', 'other')).totals).toMatchObject({ documents: 2, migrated: 2 });
  });
});

it.each(['migrate', 'inspect'])('%s refuses a journal that is named as a source', async (command) => {
  await migrate('bags', 'journal');
  const before = readFileSync(pathOf('journal/journal.ndjson'));
  const { code, err } = await run(command, 'journal/journal.ndjson', '--store', 'store');
  expect(code).toBe(2);
  expect(err).toContain('SOURCE_IS_RECORD');
  expect(err).toContain('journal.ndjson: this is a journal that statebag wrote');
  expect(readFileSync(pathOf('journal/journal.ndjson'))).toEqual(before);
});

it('migrate leaves out a plan that is in the tree, and refuses one that is named as a source', async () => {
  await run('migrate', 'bags', '--store', 'store', '--plan-out', 'bags/plan.ndjson');
  expect((await migrate('bags', 'journal')).totals).toMatchObject({ documents: 1, migrated: 1 });
  expect((await migrate('bags/plan.ndjson', 'journal')).err).toContain('this is a plan that statebag wrote');
});
