import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inScratch } from './places.js';

/** A program to run. Its standard output goes to a file, or nowhere. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly stdout?: string;
}

export interface ChildRun {
  /** Milliseconds from start to end. */
  readonly wall: number;
  /** Milliseconds of processor time; `undefined` where the machine does not tell. */
  readonly cpu: number | undefined;
  /** Bytes: the most memory it held at a time. */
  readonly maxRss: number | undefined;
}

/** GNU time, which knows what its child has used up; others by that name do not take a format. */
const GNU_TIME = '/usr/bin/time';
const hasGnuTime = spawnSync(GNU_TIME, ['-f', '%M', 'true']).status === 0;

/** Runs a program to its end. Rejects when it fails, with what it said. */
export async function runChild(program: Program): Promise<ChildRun> {
  return hasGnuTime ? runTimed(program) : runWatched(program);
}

function runTimed({ command, args, stdout }: Program): Promise<ChildRun> {
  return inScratch(async (directory) => {
    const report = join(directory, 'usage');
    const { wall } = await measure({
      command: GNU_TIME,
      args: ['-f', '%U %S %M', '-o', report, command, ...args],
      ...(stdout && { stdout }),
    });
    const [user, system, kilobytes] = readFileSync(report, 'utf8').trim().split(' ').map(Number);
    return { wall, cpu: (user! + system!) * 1000, maxRss: kilobytes! * 1024 };
  });
}

const MS_BETWEEN_LOOKS = 20;

/** Without GNU time: what Linux says of the process while it lives. */
async function runWatched(program: Program): Promise<ChildRun> {
  let maxRss: number | undefined;
  const { wall } = await measure(program, (child) => {
    const timer = setInterval(() => (maxRss = peakOf(child) ?? maxRss), MS_BETWEEN_LOOKS);
    child.once('exit', () => {
      clearInterval(timer);
    });
  });
  return { wall, cpu: undefined, maxRss };
}

function peakOf({ pid }: ChildProcess): number | undefined {
  try {
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return peak === undefined ? undefined : Number(peak) * 1024;
  } catch {
    // It has just ended, or this is no Linux.
    return undefined;
  }
}

async function measure(program: Program, watch?: (child: ChildProcess) => void): Promise<{ readonly wall: number }> {
  const output = program.stdout === undefined ? 'ignore' : openSync(program.stdout, 'w');
  try {
    const start = performance.now();
    const child = spawn(program.command, program.args, { stdio: ['ignore', output, 'pipe'] });
    watch?.(child);
    await ended(child, program);
    return { wall: performance.now() - start };
  } finally {
    if (typeof output === 'number') closeSync(output);
  }
}

function ended(child: ChildProcess, { command, args }: Program): Promise<void> {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${said.trim()}`));
    });
  });
}
