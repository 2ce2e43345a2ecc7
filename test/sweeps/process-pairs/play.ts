import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bag } from '../../batch/bags.js';
import { documentDigests } from '../../batch/scratch.js';
import { statebag } from '../../cli/terminal.js';
import { deadLock, deadOwner, lockPathOf, temporaryNameOf } from '../../locks/owners.js';
import type { Command, Kill, Schedule } from './schedules.js';

const BIN = fileURLToPath(new URL('../../../dist/cli/statebag.cjs', import.meta.url));

/** A process that does not end is a violation, not a reason to wait for the whole sweep. */
const PATIENCE_MS = 60_000;

/** What a process has ended with. */
export interface Ended {
  /** `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** What is left after a schedule. */
export interface Played {
  readonly schedule: Schedule;
  readonly directory: string;
  readonly ends: readonly [Ended, Ended];
  /** The signal was sent before the process had ended. */
  readonly isKilled: boolean;
}

const line = Buffer.from('\n');

/** Bytes of every container. */
export const ORIGINALS: Readonly<Record<string, Buffer>> = {
  'a.json': bag(1),
  'b.json': bag(2),
  'lines.ndjson': Buffer.concat([bag(3), line, bag(4), line]),
};

/** Makes the world of a schedule in an empty directory, and lets both commands run to their ends. */
export async function play(schedule: Schedule, directory: string): Promise<Played> {
  await makeWorld(schedule, directory);
  const running = schedule.commands.map((command, at) => startLater(directory, command, schedule.startsMs[at]!));
  const { kill } = schedule;
  const killing = kill && endSometime(kill, schedule.commands[kill.victim], await running[kill.victim]!, directory);
  const [first, second] = await Promise.all(running.map(async (child) => (await child).ended));
  return { schedule, directory, ends: [first!, second!], isKilled: (await killing) === true };
}

async function makeWorld({ containers, earlier, commands, leftovers }: Schedule, directory: string): Promise<void> {
  const bags = join(directory, 'bags');
  mkdirSync(bags);
  for (const name of containers) writeFileSync(join(bags, name), ORIGINALS[name]!);
  if (earlier !== undefined) {
    const args = ['migrate', 'bags', '--store', 'store', '--to', earlier, '--journal', 'earlier', '--apply', '--json'];
    const { code, err } = await statebag(directory, args);
    if (code !== 0) throw new Error(`the earlier run ended with ${code}: ${err}`);
  }
  const target = join(bags, containers[0]!);
  for (const leftover of leftovers) {
    if (leftover === 'unfinished file') writeFileSync(join(bags, temporaryNameOf(deadOwner())), 'half');
    if (leftover === 'document lock') writeFileSync(lockPathOf(target), deadLock());
    if (leftover === 'claimed document lock') writeClaimedLock(lockPathOf(target));
    for (const { journal } of leftover === 'journal lock' ? commands : [])
      if (journal !== undefined) writeLock(join(directory, journal, 'journal.lock'));
  }
}

function writeLock(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, deadLock());
}

/** A lock whose holder is dead, claimed by a process that was killed before it took the lock over. */
function writeClaimedLock(path: string): void {
  const text = deadLock();
  writeFileSync(path, text);
  writeFileSync(`${path}.${text.trimEnd().split(' ').at(-1)!}`, deadLock());
}

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

async function startLater(directory: string, command: Command, delayMs: number): Promise<Running> {
  if (delayMs > 0) await sleep(delayMs);
  return start(directory, command.args);
}

function start(directory: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGABRT'), PATIENCE_MS);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...said });
    });
  });
  return { child, ended };
}

/** Runs a command alone, to its end. */
export function runAlone(directory: string, { args }: Pick<Command, 'args'>): Promise<Ended> {
  return start(directory, args).ended;
}

/** Sends the signal of a schedule. False when the process had ended before. */
async function endSometime(kill: Kill, command: Command, { child }: Running, directory: string): Promise<boolean> {
  const isAlive = () => child.exitCode === null && child.signalCode === null;
  const size = journalSize(directory, command);
  const isTime = () =>
    kill.after === 'start' ||
    (kill.after === 'journal' && journalSize(directory, command) > size) ||
    (kill.after === 'unfinished file' && hasUnfinished(directory, command));
  while (isAlive() && !isTime()) await sleep(1);
  await sleep(kill.delayMs);
  return isAlive() && child.kill(kill.signal);
}

function journalSize(directory: string, { journal = 'none' }: Command): number {
  return statSync(join(directory, journal, 'journal.ndjson'), { throwIfNoEntry: false })?.size ?? 0;
}

/** True while a living process has an unfinished file where the command writes documents. */
function hasUnfinished(directory: string, { kind, place }: Command): boolean {
  const folder = join(directory, kind === 'out' ? place! : kind === 'plan' ? '.' : 'bags');
  const dead = deadOwner();
  try {
    return readdirSync(folder).some((name) => name.endsWith('.tmp') && !name.includes(dead));
  } catch {
    // The folder for copies is made by the command.
    return false;
  }
}

/** Digests of the documents in a directory, by their names there. A line of NDJSON is a document. */
export function readDocuments(directory: string): Record<string, string> {
  const names = readdirSync(directory).filter((name) => !name.startsWith('.statebag-'));
  return documentDigests(Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name))])));
}
