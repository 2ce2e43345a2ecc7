import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError, messageOf } from '../errors/index.js';
import { MAX_CONCURRENCY, Pace } from '../run/pace.js';
import type { PaceState } from '../run/pace.js';
import { describeSpecialFile } from '../sources/disk.js';
import { EXIT } from './exit-code.js';
import type { CliIo } from './io.js';

interface SignalWatch {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
  release(): void;
}

/** The first signal asks to finish what is in hand; the second ends the process at once. */
export function watchSignals(io: CliIo): SignalWatch {
  const controller = new AbortController();
  const release = io.onSignal((signal) => {
    if (controller.signal.aborted) {
      io.exit(EXIT.interrupted);
      return;
    }
    controller.abort();
    io.stderr.write(`statebag: ${signal}: finishing the documents in hand; once more ends at once\n`);
  });
  return { stop: controller.signal, release };
}

/** Milliseconds between two looks at the control file. */
const LOOK_EVERY_MS = 500;

interface WatchOptions {
  /** Path of a control file, which need not exist. */
  readonly control?: string | undefined;
  /** Documents in hand at a time, where the control file says nothing else. */
  readonly concurrency: number;
  readonly quiet: boolean;
}

export interface OrderWatch extends SignalWatch {
  /** Absent without a control file. */
  readonly pace?: Pace;
}

/**
 * What an operator orders while a run goes on: by signals, and by a control file that may change, appear and go. Throws
 * `ConfigError` for a control file that is wrong at the start; a later mistake is reported and changes nothing.
 */
export async function watchOrders({ control, concurrency, quiet }: WatchOptions, io: CliIo): Promise<OrderWatch> {
  const signals = watchSignals(io);
  if (control === undefined) return signals;
  const pace = new Pace(concurrency);
  const finish = new AbortController();
  let last = '';
  const look = async (): Promise<void> => {
    const text = await readIfThere(resolve(io.cwd, control));
    if (text === last) return;
    last = text;
    const { isFinish, ...change } = parseControl(text);
    pace.set({ isPaused: false, concurrency, ...change });
    if (isFinish) finish.abort();
  };
  try {
    await look();
  } catch (error) {
    signals.release();
    throw error;
  }
  if (!quiet && io.stderr.isTTY !== true) {
    if (pace.isPaused || pace.concurrency !== concurrency) io.stderr.write(`statebag: ${describePace(pace)}\n`);
    pace.onChange((state) => io.stderr.write(`statebag: ${describePace(state)}\n`));
  }
  // It also keeps a paused process alive.
  const timer = setInterval(() => {
    look().catch((error: unknown) => {
      io.stderr.write(`statebag: ${messageOf(error)}; the pace stays as it is\n`);
    });
  }, LOOK_EVERY_MS);
  return {
    stop: AbortSignal.any([signals.stop, finish.signal]),
    pace,
    release: () => {
      clearInterval(timer);
      signals.release();
    },
  };
}

/** For a line or a bar. */
export function describePace({ isPaused, concurrency }: PaceState): string {
  return isPaused ? 'paused; documents in hand are finished' : `${concurrency} at a time`;
}

/**
 * An order in each line: `pause`, `concurrency N`, `finish`. What is not ordered is as the command line has it, so that
 * an empty file, an absent one and `resume` go on.
 */
function parseControl(text: string): Partial<PaceState> & { readonly isFinish: boolean } {
  let control: ReturnType<typeof parseControl> = { isFinish: false };
  for (const line of text.split('\n').map((part) => part.trim())) {
    const concurrency = Number(/^concurrency\s+(\d{1,6})$/.exec(line)?.[1]);
    if (line === 'pause') control = { ...control, isPaused: true };
    else if (line === 'finish') control = { ...control, isFinish: true };
    else if (concurrency >= 1 && concurrency <= MAX_CONCURRENCY) control = { ...control, concurrency };
    else if (line !== '' && line !== 'resume')
      throw new ConfigError(
        'USAGE',
        `--control: "${line.slice(0, 60)}" is not an order; a line is pause, resume, finish, or concurrency N with N from 1 to ${MAX_CONCURRENCY}`,
      );
  }
  return control;
}

async function readIfThere(path: string): Promise<string> {
  try {
    const kind = describeSpecialFile(await stat(path));
    if (kind !== undefined) throw new Error(`it is ${kind}, and not a file`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new ConfigError('USAGE', `--control ${path} cannot be read: ${messageOf(error)}`);
  }
}
