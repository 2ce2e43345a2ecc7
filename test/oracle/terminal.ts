import { spawnSync } from 'node:child_process';
import { Writable } from 'node:stream';
import type { Build } from './builds.js';

/** One command line, and what is different about its process. */
export interface Step {
  readonly args: readonly string[];
  /** The same request in the words of release 0.1.0, where they differ. */
  readonly old?: readonly string[];
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** What the clock says. */
  readonly now?: string;
  /** Sent as soon as the command listens. */
  readonly signal?: 'SIGINT' | 'SIGTERM';
  /** Width of the terminal; standard output is one then. */
  readonly columns?: number;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const NOW = '2026-02-01T08:00:00.000Z';

/** Runs a command line of a build in this process. `runId` names the run in journals. */
export async function runStep({ run }: Build, cwd: string, step: Step, runId: string): Promise<Ran> {
  const [out, err] = [sink(step.columns), sink()];
  const exits: number[] = [];
  const code = await run(step.args, {
    stdin: once(Buffer.from(step.stdin ?? '')),
    stdout: out.stream,
    stderr: err.stream,
    env: { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', ...step.env },
    cwd,
    now: () => new Date(step.now ?? NOW),
    newRunId: () => runId,
    onSignal: (listener) => {
      if (step.signal !== undefined) listener(step.signal);
      return () => undefined;
    },
    exit: (code) => exits.push(code),
  });
  return { code: exits[0] ?? code, out: out.text(), err: err.text() };
}

/** Runs the shipped command line of a build as a process. Its clock and the ids of its runs are its own. */
export function runProcess({ bin }: Build, cwd: string, step: Step): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...step.args], {
    cwd,
    input: Buffer.from(step.stdin ?? ''),
    env: { ...process.env, ...step.env },
    maxBuffer: 1 << 28,
  });
  return { code: status ?? -1, out: withoutRun(textOf(stdout)), err: withoutRun(textOf(stderr)) };
}

/** The text without times, ids of runs and durations. */
export function withoutRun(text: string): string {
  return text
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<run>')
    .replace(/\b20\d\d-\d\d-\d\dT[\d:.]+Z/g, '<time>');
}

function sink(columns?: number): { readonly stream: Writable; readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return {
    stream: Object.assign(stream, columns === undefined ? { isTTY: false } : { isTTY: true, columns }),
    // Bytes that are not UTF-8 stay apart: each is one character of Latin-1.
    text: () => textOf(Buffer.concat(chunks)),
  };
}

/** Text, or one character for each byte where the bytes are not UTF-8. */
export function textOf(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString();
  return Buffer.from(text).equals(bytes) ? text : Buffer.from(bytes).toString('latin1');
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  if (bytes.length > 0) yield await Promise.resolve(bytes);
}
