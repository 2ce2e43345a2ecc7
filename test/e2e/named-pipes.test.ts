import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { bag } from '../batch/bags.js';
import { useScratch } from '../cli/terminal.js';

const BIN = resolve(import.meta.dirname, '../../dist/cli/statebag.cjs');

const scratch = useScratch();

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(program: string, args: readonly string[], stdio: StdioOptions): ChildProcess {
  const child = spawn(program, args, { cwd: scratch.dir, stdio });
  children.push(child);
  return child;
}

function ended(child: ChildProcess): Promise<Ended> {
  const parts = { out: '', err: '' };
  child.stdout?.on('data', (chunk: Buffer) => (parts.out += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (parts.err += chunk.toString()));
  return new Promise((done) =>
    child.on('close', (code) => {
      done({ code, ...parts });
    }),
  );
}

/** Runs the built command line and sends SIGTERM once it waits for the FIFO. */
async function stopped(args: readonly string[]): Promise<Ended> {
  const child = start(process.execPath, [BIN, ...args], ['ignore', 'pipe', 'pipe']);
  const end = ended(child);
  while (child.exitCode === null && !holds(child, join(scratch.dir, 'pipe'))) await sleep(20);
  // What is open may not yet be read.
  await sleep(200);
  child.kill('SIGTERM');
  return end;
}

/** True once the process has opened the file. */
function holds({ pid }: ChildProcess, path: string): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === path;
    } catch {
      // It has just been closed.
      return false;
    }
  });
}

/** Runs a line of bash in which `statebag` is the built command line. */
function bash(line: string): Promise<Ended> {
  return ended(
    start('bash', ['-c', `statebag() { '${process.execPath}' '${BIN}' "$@"; }; ${line}`], ['ignore', 'pipe', 'pipe']),
  );
}

// What a process waits for is looked up in /proc.
describe.skipIf(process.platform !== 'linux')('the real process', () => {
  it.each([
    ['migrate', ['--store', 'store', '--apply', '--out', 'copy']],
    ['inspect', []],
    ['can-contract', []],
    ['gc', ['--store', 'store', '--no-journal', '--apply']],
  ])('%s that waits for the writer of a FIFO ends at SIGTERM with exit code 1', async (command, options) => {
    execFileSync('mkfifo', [join(scratch.dir, 'pipe')]);
    const { code, err } = await stopped([command, 'pipe', ...options]);
    expect([code, err]).toEqual([1, expect.stringContaining('SIGTERM: finishing the documents in hand')]);
    expect(readdirSync(scratch.dir).filter((name) => name !== 'statebag-journal')).toEqual(['pipe']);
  });

  it('ends at SIGTERM while a writer has the FIFO open and writes nothing', async () => {
    execFileSync('mkfifo', [join(scratch.dir, 'pipe')]);
    start('bash', ['-c', 'exec sleep 60 > pipe'], 'ignore');
    expect(await stopped(['migrate', 'pipe', '--store', 'store'])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^not started +1$/m) as string,
    });
  });

  it('ends at SIGTERM while it waits for standard input', async () => {
    const child = start(process.execPath, [BIN, 'migrate', '-', '--store', 'store'], ['pipe', 'pipe', 'pipe']);
    const end = ended(child);
    // More than fits into the pipe: it is read once the write has ended.
    await new Promise((done) => child.stdin?.write(Buffer.alloc(4_000_000, ' '), done));
    child.kill('SIGTERM');
    expect(await end).toMatchObject({ code: 1, out: expect.stringMatching(/^not started +1$/m) as string });
  });

  it.each([
    ['a process substitution', 'statebag migrate <(cat bag.json) --store store --apply --out copy --json'],
    ['/dev/stdin', 'cat bag.json | statebag migrate /dev/stdin --store store --apply --out copy --json'],
  ])('reads %s once', async (_, line) => {
    writeFileSync(join(scratch.dir, 'bag.json'), bag());
    const { code, out } = await bash(line);
    expect([code, JSON.parse(out)]).toMatchObject([0, { totals: { documents: 1, migrated: 1 } }]);
  });

  it('takes a process substitution without output for one empty document', async () => {
    const { code, out } = await bash('statebag inspect <(:)');
    expect([code, out]).toEqual([1, expect.stringMatching(/^quarantined {2}\/dev\/fd\/\d+ {2}JSON_EMPTY/m)]);
  });

  it('follows a plan from a process substitution', async () => {
    writeFileSync(join(scratch.dir, 'bag.json'), bag());
    const { code, out } = await bash(
      'statebag migrate bag.json --store store --plan-out plan.ndjson > /dev/null && gzip plan.ndjson && statebag migrate bag.json --store store --plan <(zcat plan.ndjson.gz) --apply --json',
    );
    expect([code, JSON.parse(out)]).toMatchObject([0, { totals: { documents: 1, migrated: 1 } }]);
  });
});
