import type { CliIo, OutputStream } from '../io.js';
import { print } from '../io.js';
import type { OutputSettings } from '../options.js';
import { Findings } from './findings.js';
import { JsonReport } from './json-report.js';
import { paintFor } from './colours.js';
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
    await reporter.fail(error, members, rows);
    throw error;
  }
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
  return {
    add: ({ id, outcome, code, reason }, isFinding) => {
      if (isFinding) findings.add({ id, outcome, code: code ?? '', reason: reason ?? '' });
      return Promise.resolve();
    },
    finish: async (_, rows) => {
      await print(stream, (await formatTable(rows)) + findings.format(io.cwd, (await paintFor(colour)).bad));
    },
    fail: async (_error, _members, rows = []) => {
      if (rows.length > 0) await print(stream, await formatTable(rows));
    },
  };
}
