import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach } from 'vitest';
import type { CliIo, OutputStream, StopSignal } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';

/** What a command line gave. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Standard output as it is. */
  readonly bytes: Buffer;
}

export interface RanOptions {
  /** Chunks come as they are given. */
  readonly stdin?: string | Uint8Array | AsyncIterable<Uint8Array>;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
  /** Called with every chunk of standard error; may send signals. */
  readonly watch?: (text: string, send: (signal: StopSignal) => void) => void;
  /** Called at the beginning with what sends signals. */
  readonly onStart?: (send: (signal: StopSignal) => void) => void;
  /** Sent as soon as somebody listens. */
  readonly signals?: readonly StopSignal[];
  /** Hears of an end at once. */
  readonly exit?: (code: number) => void;
  readonly failOutput?: Error;
  /** What the clock says. */
  readonly now?: Date;
}

/** Runs the command line in this process, with a terminal of its own. */
export async function statebag(cwd: string, args: readonly string[], options: RanOptions = {}): Promise<Ran> {
  const listeners = new Set<(signal: StopSignal) => void>();
  const send = (signal: StopSignal) => {
    for (const listener of listeners) listener(signal);
  };
  options.onStart?.(send);
  const [out, err] = [sink(options.isTTY, options.failOutput), sink(options.isTTY)];
  err.stream.on('chunk', (text: string) => options.watch?.(text, send));
  const stdout = options.columns === undefined ? out.stream : Object.assign(out.stream, { columns: options.columns });
  const io: CliIo = {
    stdin: chunksOf(options.stdin),
    stdout,
    stderr: err.stream,
    env: options.env ?? {},
    cwd,
    now: () => options.now ?? new Date('2026-02-01T08:00:00.000Z'),
    // Two processes of a test must not share one: a counter of this module would begin at 1 in each of them.
    newRunId: () => `run-${crypto.randomUUID()}`,
    onSignal: (listener) => {
      listeners.add(listener);
      for (const signal of options.signals ?? []) listener(signal);
      return () => listeners.delete(listener);
    },
    exit: (code) => options.exit?.(code),
  };
  const code = await run(args, io);
  return { code, out: out.bytes().toString(), err: err.bytes().toString(), bytes: out.bytes() };
}

function sink(isTTY = false, failure?: Error): { readonly stream: OutputStream; readonly bytes: () => Buffer } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      stream.emit('chunk', chunk.toString());
      done(failure);
    },
  });
  stream.on('error', () => undefined);
  return { stream: Object.assign(stream, { isTTY }), bytes: () => Buffer.concat(chunks) };
}

async function* chunksOf(input: RanOptions['stdin'] = ''): AsyncIterable<Uint8Array> {
  if (typeof input !== 'string' && Symbol.asyncIterator in input) yield* input;
  else if (input.length > 0) yield await Promise.resolve(Buffer.from(input));
}

/**
 * A directory of its own for each test of the file, gone afterwards. Read `dir` inside a test: it changes from one to
 * the next.
 */
export function useScratch(): { readonly dir: string } {
  const scratch = { dir: '' };
  beforeEach(() => {
    scratch.dir = mkdtempSync(join(tmpdir(), 'statebag-cli-'));
  });
  afterEach(() => {
    rmSync(scratch.dir, { recursive: true, force: true });
  });
  return scratch;
}

/** SHA-256 of every file below a directory, by path. Empty when there is none. */
export function digests(dir: string): Record<string, string> {
  return Object.fromEntries(
    filesBelow(dir).map((path) => [relative(dir, path), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}

/** Content, size and time of every file below a directory: equal only when nothing was written. */
export function snapshot(dir: string): Record<string, string> {
  const sha = digests(dir);
  return Object.fromEntries(
    Object.entries(sha).map(([path, digest]) => {
      const { size, mtimeMs, ino } = statSync(join(dir, path));
      return [path, `${digest} ${size} ${mtimeMs} ${ino}`];
    }),
  );
}

function filesBelow(dir: string): string[] {
  const entries = readdirSync(dir, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
