import { readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { faultyDisk } from '../fakes/faulty-disk.js';
import { statebag } from '../cli/terminal.js';
import { bag } from './bags.js';
import { CommandWorld } from './command-world.js';
import { JOURNAL_FILE } from './journal-lines.js';
import { filesBelow } from './scratch.js';

const NAMES = Array.from({ length: 8 }, (_, at) => `${at}.json`);

const eightBags = () => CommandWorld.with(Object.fromEntries(NAMES.map((name, at) => [name, bag(at)])));

interface Ended {
  readonly code: number;
  readonly err: string;
  readonly report: {
    readonly totals: Readonly<Record<string, number>>;
    readonly complete: boolean;
    readonly error: { readonly code: string };
  };
}

const line = ({ store }: CommandWorld) => [
  'migrate',
  'source',
  ...store,
  '--apply',
  '--concurrency',
  '1',
  '--journal',
  'journal',
];

async function migrate(world: CommandWorld): Promise<Ended> {
  const { code, err, out } = await statebag(world.directory, [...line(world), '--json']);
  return { code, err, report: JSON.parse(out) as Ended['report'] };
}

const changed = (world: CommandWorld) => NAMES.filter((name, at) => !world.read(name).equals(bag(at)));

it.each<[string, (path: string) => void]>([
  [
    'removed with its directory',
    (path) => {
      rmSync(join(path, '..'), { recursive: true });
    },
  ],
  [
    'replaced by a copy',
    (path) => {
      writeFileSync(`${path}.copy`, readFileSync(path));
      renameSync(`${path}.copy`, path);
    },
  ],
  [
    'truncated',
    (path) => {
      truncateSync(path, 100);
    },
  ],
])('a run whose journal is %s ends with JOURNAL_LOST and changes no further document', async (how, lose) => {
  const world = await eightBags();
  let swaps = 0;
  faultyDisk(world.source, ({ kind }) => {
    if (kind === 'rename' && ++swaps === 2) lose(join(world.journal, JOURNAL_FILE));
    return undefined;
  });
  const { code, err, report } = await migrate(world);
  expect([code, report.error.code]).toEqual([1, 'JOURNAL_LOST']);
  expect(err).toContain(`was ${how.split(' ')[0]} while this run was writing it`);
  expect(changed(world)).toEqual(['0.json', '1.json']);
  expect(report).toMatchObject({ complete: false, totals: { migrated: 2 } });
  // The third document was on its way; no blob is stored for the others.
  const stored = filesBelow(join(world.directory, 'store')).length;
  expect(stored).toBeLessThan(NAMES.length * 3);
});

it('a run whose journal is on a full disk says what was changed, and prints its totals', async () => {
  const world = await eightBags();
  let writes = 0;
  faultyDisk(world.journal, ({ kind }) => (kind === 'write' && ++writes > 2 ? 'ENOSPC' : undefined));
  const { code, err, report } = await migrate(world);
  expect([code, report.error.code]).toEqual([1, 'DISK_FULL']);
  expect(err).toContain('documents that were changed before have their intents in the journal');
  expect(err).not.toContain('nothing was changed');
  expect(changed(world)).toHaveLength(2);
  expect(report).toMatchObject({ complete: false, totals: { migrated: 2 } });
});

it('a run that ends with an error of its journal prints a table of its totals', async () => {
  const world = await eightBags();
  let writes = 0;
  faultyDisk(world.journal, ({ kind }) => (kind === 'write' && ++writes > 2 ? 'ENOSPC' : undefined));
  const { code, out } = await statebag(world.directory, line(world));
  expect(code).toBe(1);
  expect(out).toMatch(/^migrated +2\b/m);
});
