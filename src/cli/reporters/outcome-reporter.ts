import { ConfigError, restateAs } from '../../errors/index.js';
import type { StateBagError } from '../../errors/index.js';
import { quote } from '../command-line.js';
import type { CliIo, OutputStream } from '../io.js';
import { isOutputFailure, print, printNote } from '../io.js';
import type { OutputSettings } from '../options.js';
import { Findings } from './findings.js';
import { JsonReport } from './json-report.js';
import { paintFor } from './colours.js';
import { formatCount } from './sizes.js';
import { formatTable } from './table.js';
import type { TableRow } from './table.js';

/** One document in a report: at least these members. */
export interface ReportedDocument {
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
export interface FiguresSoFar {
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
