import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { bagsOf, ground, MANY, MIGRATE, migrated, run, start } from '../e2e/worker-runs.js';

/** Processes whose parent is this one. */
function childrenOf(pid: number): readonly number[] {
  const listed = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
  return listed.trim().split(/\s+/).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // The process is gone.
    return false;
  }
}

it('a worker that is killed is told of, and the next run goes on', async () => {
  const directory = ground(MANY);
  const { child, ended } = start(directory, [...MIGRATE, '--workers', '2']);
  while (migrated(directory) < 5 && child.exitCode === null) await sleep(5);
  process.kill(childrenOf(child.pid!)[0]!, 'SIGKILL');
  const { code, err } = await ended;
  expect([code, err]).toEqual([1, expect.stringContaining('WORKER_LOST')]);
  expect((await run(directory, [...MIGRATE, '--workers', '2'])).code).toBe(1);
  const reference = ground(MANY);
  await run(reference, MIGRATE);
  expect(bagsOf(directory)).toEqual(bagsOf(reference));
});

it('a process with the journal that is killed takes its workers with it', async () => {
  const directory = ground(MANY);
  const { child, ended } = start(directory, [...MIGRATE, '--workers', '2']);
  while (migrated(directory) < 5 && child.exitCode === null) await sleep(5);
  const workers = childrenOf(child.pid!);
  child.kill('SIGKILL');
  await ended;
  await expect.poll(() => workers.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  expect((await run(directory, [...MIGRATE, '--workers', '2'])).code).toBe(1);
  const reference = ground(MANY);
  await run(reference, MIGRATE);
  expect(bagsOf(directory)).toEqual(bagsOf(reference));
});
