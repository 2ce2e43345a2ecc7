import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { makeFleet } from '../../examples/fleet/fleet.js';
import { USUAL_MIX } from '../../examples/fleet/variants/index.js';
import { writeFleet } from '../../examples/fleet/write-fleet.js';
import { digests } from '../cli/terminal.js';
import { temporaryDirectory } from '../batch/world.js';

const BIN = fileURLToPath(new URL('../../dist/cli/statebag.cjs', import.meta.url));
const MIGRATE = ['migrate', 'bags', '--store', 'store', '--journal', 'journal', '--apply', '--json', '--quiet'];

function ground(bags = 120): string {
  const directory = temporaryDirectory();
  writeFleet(join(directory, 'bags'), makeFleet({ seed: 3, bags, workflows: 9, size: 'small', mix: USUAL_MIX }), {
    form: 'files',
    storeDir: join(directory, 'store'),
  });
  writeFileSync(join(directory, 'bags', 'broken.json'), '{');
  return directory;
}

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(directory: string, args: readonly string[]) {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const ended = new Promise<Ran>((resolve) =>
    child.once('close', (code) => {
      resolve({ code, ...said });
    }),
  );
  return { child, ended };
}

const run = (directory: string, args: readonly string[]) => start(directory, args).ended;

interface Report {
  readonly totals: Readonly<Record<string, number>>;
  readonly documents: readonly { readonly id: string; readonly outcome: string }[];
}

const reportOf = ({ out }: Ran) => JSON.parse(out) as Report;
const sorted = ({ documents }: Report, directory: string) =>
  documents.map((document) => JSON.stringify(document).replaceAll(directory, '')).sort();
const bagsOf = (directory: string) => digests(join(directory, 'bags'));
const migrated = (directory: string) =>
  existsSync(join(directory, 'journal/journal.ndjson'))
    ? readFileSync(join(directory, 'journal/journal.ndjson'), 'utf8').split('"kind":"intent"').length - 1
    : 0;

/** Processes whose parent is this one. */
function childrenOf(pid: number): readonly number[] {
  const listed = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return listed.trim().split(/\s+/).map(Number);
}

it('three processes leave what one leaves: the same files, blobs and totals, in one journal', async () => {
  const [one, three] = [ground(), ground()];
  const alone = reportOf(await run(one, MIGRATE));
  const ran = await run(three, [...MIGRATE, '--workers', '3']);
  const together = reportOf(ran);
  expect(ran.code).toBe(1);
  expect(together.totals).toEqual(alone.totals);
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

it('a worker that is killed is told of, and the next run goes on', async () => {
  const directory = ground(600);
  const { child, ended } = start(directory, [...MIGRATE, '--workers', '2']);
  while (migrated(directory) < 5 && child.exitCode === null) await sleep(5);
  process.kill(childrenOf(child.pid!)[0]!, 'SIGKILL');
  const { code, err } = await ended;
  expect([code, err]).toEqual([1, expect.stringContaining('WORKER_LOST')]);
  expect((await run(directory, [...MIGRATE, '--workers', '2'])).code).toBe(1);
  const reference = ground(600);
  await run(reference, MIGRATE);
  expect(bagsOf(directory)).toEqual(bagsOf(reference));
});

it('a process with the journal that is killed takes its workers with it', async () => {
  const directory = ground(600);
  const { child, ended } = start(directory, [...MIGRATE, '--workers', '2']);
  while (migrated(directory) < 5 && child.exitCode === null) await sleep(5);
  const workers = childrenOf(child.pid!);
  child.kill('SIGKILL');
  await ended;
  await expect.poll(() => workers.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  expect((await run(directory, [...MIGRATE, '--workers', '2'])).code).toBe(1);
  const reference = ground(600);
  await run(reference, MIGRATE);
  expect(bagsOf(directory)).toEqual(bagsOf(reference));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // Nobody has the number any more.
    return false;
  }
}

it('a signal lets every worker finish what it has in hand', async () => {
  const directory = ground(600);
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
