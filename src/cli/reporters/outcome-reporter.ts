import { ConfigError, restateAs } from '../../errors/index.js';
import type { StateBagError } from '../../errors/index.js';
import type { RunPorts } from '../../run/context.js';
import type { Pace } from '../../run/pace.js';
import { quote } from '../command-line.js';
import { isOutputFailure, print, printNote } from '../io.js';
import type { CliIo, OutputStream } from '../io.js';
import type { OutputSettings } from '../options.js';
import { describePace } from '../orders.js';
import { Findings, formatCount, formatTable, paintFor } from './format.js';
import type { TableRow } from './format.js';
import { JsonReport } from './json-report.js';

/** One document in a report: at least these members. */
interface ReportedDocument {
  readonly id: string;
  readonly outcome: string;
  readonly code?: string;
  readonly reason?: string;
  readonly [member: string]: unknown;
}

/** Tells what became of documents, as it happens, and the figures in the end. */
export interface OutcomeReporter {
  add(document: ReportedDocument, isFinding: boolean): Promise<void>;
  /** `members` is what a program gets beside the documents, `rows` what people get. */
  finish(members: Readonly<Record<string, unknown>>, rows: readonly TableRow[]): Promise<void>;
  /** The work ended with an error that is printed elsewhere; `members` and `rows` are the figures so far. */
  fail(error: unknown, members?: Readonly<Record<string, unknown>>, rows?: readonly TableRow[]): Promise<void>;
}

/** The figures of a run that ended with an error. */
interface FiguresSoFar {
  readonly members: Readonly<Record<string, unknown>>;
  readonly rows: readonly TableRow[];
}

/** As the user wants it; the table may have to go elsewhere than to standard output. */
export function openReporter(io: CliIo, settings: OutputSettings, stream: OutputStream = io.stdout): OutcomeReporter {
  return settings.json ? jsonReporter(io.stdout) : textReporter(io, settings, stream);
}

/** Does the work of a command; when it breaks off, what was begun on standard output is brought to an end. */
export async function reporting(
  reporter: Pick<OutcomeReporter, 'fail'>,
  work: () => Promise<number>,
  soFar?: () => FiguresSoFar,
): Promise<number> {
  try {
    return await work();
  } catch (error) {
    const { members, rows } = soFar?.() ?? {};
    if (!isOutputFailure(error)) await reporter.fail(error, members, rows);
    throw error;
  }
}

/**
 * For a run that writes: output that cannot be written does not stop it halfway. The failure is thrown at the end, by
 * `finish`.
 */
export function withLateFailure(reporter: OutcomeReporter): OutcomeReporter {
  let failure: Error | undefined;
  return {
    ...reporter,
    add: async (document, isFinding) => {
      if (failure) return;
      try {
        await reporter.add(document, isFinding);
      } catch (error) {
        if (!isOutputFailure(error)) throw error;
        failure = error;
      }
    },
    finish: async (members, rows) => {
      if (failure) throw failure;
      await reporter.finish(members, rows);
    },
  };
}

/** The failure of the output of a run that has written: how much it did, and where to read what. */
export function withDeeds(failure: StateBagError, count: number, verb: string, journal: string): StateBagError {
  const done = `${formatCount(count)} documents were ${verb}`;
  const message = `${failure.message}; ${done}; statebag status --journal ${quote(journal)} says what was done`;
  return restateAs(ConfigError, failure, { message, cause: failure.cause });
}

/** `{"documents":[…], …members}`. */
function jsonReporter(stream: OutputStream): OutcomeReporter {
  const json = new JsonReport(stream);
  return {
    add: (document) => json.add(document),
    finish: (members) => json.finish(members),
    fail: (error, members) => json.fail(error, members),
  };
}

/** A table of figures and the first findings. */
function textReporter(io: CliIo, { colour }: OutputSettings, stream: OutputStream): OutcomeReporter {
  const findings = new Findings();
  const write = stream === io.stderr ? printNote : print;
  return {
    add: ({ id, outcome, code, reason }, isFinding) => {
      if (isFinding) findings.add({ id, outcome, code: code ?? '', reason: reason ?? '' });
      return Promise.resolve();
    },
    finish: async (_, rows) => {
      await write(stream, (await formatTable(rows)) + findings.format(io.cwd, (await paintFor(colour)).bad));
    },
    fail: async (_error, _members, rows = []) => {
      if (rows.length > 0) await write(stream, await formatTable(rows));
    },
  };
}

/** What is known of the work before it begins: bytes, or `undefined` when it cannot be known. */
type ExpectedBytes = number | undefined;

/** A moving picture of a run. */
interface Progress {
  /** One more document of so many bytes. */
  tick(bytes: number): void;
  stop(): void;
}

const SILENT: Progress = { tick: () => undefined, stop: () => undefined };

const WITH_TOTAL = '{bar} {percentage}% | {documents} documents | {rate}/s | ETA {eta_formatted}{pace}';
const WITHOUT_TOTAL = '{documents} documents | {rate}/s{pace}';

/** Runs with a bar on a terminal, which is gone when the run has ended. */
export async function withProgress<O extends { readonly bytesBefore: number }, R>(
  io: CliIo,
  isWanted: boolean,
  ports: RunPorts<O>,
  run: (ports: RunPorts<O>) => Promise<R>,
): Promise<R> {
  let progress = SILENT;
  try {
    return await run({
      ...ports,
      context: io,
      onBegin: async (measure) => {
        progress = await startProgress(io.stderr, isWanted, measure, ports.pace);
      },
      onOutcome: async (outcome) => {
        progress.tick(outcome.bytesBefore);
        await ports.onOutcome?.(outcome);
      },
    });
  } finally {
    progress.stop();
  }
}

/** A bar on a terminal, nothing anywhere else. The bar's library is loaded only for the bar. */
async function startProgress(
  stream: OutputStream,
  isWanted: boolean,
  measure: () => Promise<ExpectedBytes>,
  pace: Pace | undefined,
): Promise<Progress> {
  if (!isWanted || stream.isTTY !== true) return SILENT;
  const [{ SingleBar, Presets }, total] = await Promise.all([
    import('cli-progress').then((module) => module.default),
    measure(),
  ]);
  const format = total === undefined ? WITHOUT_TOTAL : WITH_TOTAL;
  const bar = new SingleBar(
    { format, stream, hideCursor: true, clearOnComplete: true, etaBuffer: 200, gracefulExit: false },
    Presets.shades_classic,
  );
  return progressOn(bar, total ?? 0, pace);
}

interface Bar {
  start(total: number, value: number, payload: object): void;
  increment(step: number, payload: object): void;
  update(payload: object): void;
  stop(): void;
}

function progressOn(bar: Bar, total: number, pace: Pace | undefined): Progress {
  const begun = performance.now();
  let documents = 0;
  const shown = () => ({ pace: pace ? ` | ${describePace(pace)}` : '' });
  bar.start(total, 0, { documents, rate: '-', ...shown() });
  const release = pace?.onChange(() => {
    bar.update(shown());
  });
  return {
    tick: (bytes) => {
      documents++;
      const seconds = (performance.now() - begun) / 1000;
      bar.increment(bytes, { documents, rate: seconds > 0.5 ? (documents / seconds).toFixed(0) : '-', ...shown() });
    },
    stop: () => {
      release?.();
      bar.stop();
    },
  };
}
