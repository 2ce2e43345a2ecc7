import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../batch/world.js';
import { digests } from '../cli/terminal.js';
import { bagsOf, ground, MANY, MIGRATE, migrated, reportOf, run, start } from './worker-runs.js';
import type { Report } from './worker-runs.js';

const sorted = ({ documents }: Report, directory: string) =>
  documents.map((document) => JSON.stringify(document).replaceAll(directory, '')).sort();

it('three processes leave what one leaves: the same files, blobs and totals, in one journal', async () => {
  const [one, three] = [ground(), ground()];
  const alone = reportOf(await run(one, MIGRATE));
  const ran = await run(three, [...MIGRATE, '--workers', '3']);
  const together = reportOf(ran);
  expect(ran.code).toBe(1);
  expect([together.totals, together.inventory]).toEqual([alone.totals, alone.inventory]);
  expect(together.inventory).toEqual({ read: 121, skipped: 0, unreadable: 0, empty: 0 });
  expect(sorted(together, three)).toEqual(sorted(alone, one));
  expect(bagsOf(three)).toEqual(bagsOf(one));
  expect(digests(join(three, 'store'))).toEqual(digests(join(one, 'store')));
  expect(readdirSync(join(three, 'journal'))).toEqual(['journal.ndjson']);
  const status = async (directory: string) =>
    JSON.parse((await run(directory, ['status', '--journal', 'journal', '--json'])).out) as {
      isClosed: boolean;
      runs: number;
      totals: { migrated: number };
    };
  expect(await status(three)).toMatchObject({ isClosed: true, runs: 1, totals: { migrated: alone.totals.migrated } });
  expect((await run(three, ['rollback', '--journal', 'journal', '--apply', '--json'])).code).toBe(0);
  expect(bagsOf(three)).toEqual(bagsOf(ground()));
});

it('workers divide a shard among themselves', async () => {
  const directory = ground();
  const first = reportOf(await run(directory, [...MIGRATE, '--workers', '2', '--shard', '1/2']));
  const second = reportOf(await run(directory, [...MIGRATE, '--workers', '3', '--shard', '2/2']));
  const ids = [...first.documents, ...second.documents].map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toHaveLength(121);
});

it('a control file pauses every worker, and lets all go on', async () => {
  const directory = ground(MANY);
  const control = join(directory, 'control');
  writeFileSync(control, 'pause');
  const { ended } = start(directory, [...MIGRATE, '--workers', '2', '--control', 'control']);
  await sleep(3_000);
  const taken = migrated(directory);
  writeFileSync(control, 'concurrency 2');
  const { out } = await ended;
  expect(taken).toBe(0);
  expect((JSON.parse(out) as { readonly complete: boolean }).complete).toBe(true);
});

it('a signal lets every worker finish what it has in hand', async () => {
  const directory = ground(MANY);
  const { child, ended } = start(directory, [...MIGRATE, '--workers', '2']);
  while (migrated(directory) < 5 && child.exitCode === null) await sleep(5);
  child.kill('SIGTERM');
  const { code, out } = await ended;
  const { complete, totals } = JSON.parse(out) as { complete: boolean; totals: Record<string, number> };
  expect([code, complete]).toEqual([1, false]);
  const left = totals.notStarted;
  expect(JSON.parse((await run(directory, ['status', '--journal', 'journal', '--json'])).out)).toMatchObject({
    isClosed: false,
    notStarted: left,
    totals: { unsettled: 0 },
  });
});

it('too many failures stop all of them', async () => {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'bags'));
  for (let at = 0; at < 200; at++) writeFileSync(join(directory, 'bags', `${at}.json`), '{');
  const { code, out } = await run(directory, [...MIGRATE, '--workers', '2', '--max-failures', '3']);
  const { totals } = JSON.parse(out) as Report;
  expect(code).toBe(1);
  expect(totals.quarantined).toBeGreaterThan(3);
  expect(totals.notStarted).toBeGreaterThan(0);
});

it.each([
  [['--workers', '2', '--limit', '3'], '--limit'],
  [['--workers', '0'], '--workers'],
])('%j is refused', async (args, named) => {
  const directory = ground(2);
  const { code, err } = await run(directory, [...MIGRATE.filter((arg) => arg !== '--json'), ...args]);
  expect([code, err]).toEqual([2, expect.stringContaining(named)]);
});
