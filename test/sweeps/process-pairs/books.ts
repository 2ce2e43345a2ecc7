import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A change of a document that a journal has: claimed by a result, or only intended. */
export interface Change {
  readonly journal: string;
  readonly command: 'migrate' | 'rollback';
  /** Name of the document in the source, also for a copy of it. */
  readonly doc: string;
  readonly before: string;
  readonly after: string;
  /** The run that intended it. */
  readonly run: string;
  /** What the journal says: the run made it; a later run found it made; or nothing. */
  claim: 'made' | 'found' | 'none';
}

interface Entry {
  readonly kind: 'run' | 'intent' | 'result' | 'end';
  readonly run: string;
  readonly command?: 'migrate' | 'rollback';
  readonly doc?: string;
  readonly container?: string;
  readonly subject?: string;
  readonly before?: string;
  readonly after?: string;
  readonly outcome?: string;
}

/** Changes of documents in place that a journal has, and the last outcome of each document. */
export interface Books {
  readonly changes: readonly Change[];
  readonly outcomes: ReadonlyMap<string, string>;
  /** Entries of two runs are mixed: each run has one stretch of lines. */
  readonly isMixed: boolean;
}

const EMPTY: Books = { changes: [], outcomes: new Map(), isMixed: false };

/** Reads a journal without the code under test. What is not a line of JSON is left out: `journal check` judges that. */
export function readBooks(directory: string, journal: string): Books {
  const path = join(directory, journal, 'journal.ndjson');
  if (!existsSync(path)) return EMPTY;
  const commands = new Map<string, 'migrate' | 'rollback'>();
  const changes: Change[] = [];
  const outcomes = new Map<string, string>();
  const entries = readEntries(path);
  for (const entry of entries) {
    if (entry.kind === 'run') commands.set(entry.run, entry.command!);
    if (entry.kind === 'intent') changes.push(changeOf(entry, journal, commands.get(entry.run) ?? 'migrate'));
    if (entry.kind !== 'result' || entry.subject !== undefined) continue;
    const doc = basename(entry.doc!);
    outcomes.set(doc, entry.outcome!);
    claim(changes, doc, entry);
  }
  const stretches = entries.map(({ run }) => run).filter((run, at, runs) => run !== runs[at - 1]);
  const isMixed = new Set(stretches).size !== stretches.length;
  return { changes: changes.filter(({ doc }) => doc !== ''), outcomes, isMixed };
}

function readEntries(path: string): Entry[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as Entry];
      } catch {
        // The torn line of a killed run.
        return [];
      }
    });
}

function changeOf(entry: Entry, journal: string, command: 'migrate' | 'rollback'): Change {
  const isInPlace = dirname(entry.container!) === dirname(entry.doc!);
  const doc = isInPlace ? basename(entry.doc!) : '';
  return { journal, command, doc, before: entry.before!, after: entry.after!, run: entry.run, claim: 'none' };
}

/** A result is about the last intent of its kind, which may be one of a killed run. */
function claim(changes: readonly Change[], doc: string, { run, outcome }: Entry): void {
  const command = outcome === 'migrated' ? 'migrate' : outcome === 'rolled-back' ? 'rollback' : undefined;
  const change = changes.findLast((one) => one.doc === doc && one.command === command);
  if (change?.claim === 'none') change.claim = change.run === run ? 'made' : 'found';
}

/** One way in which all that was claimed can have happened to a document. */
export type History = readonly Change[];

/**
 * All orders of changes that lead from one digest to another one. They have every change that a run made once, and each
 * that was only intended at most once. A run that finds the bytes that a killed run intended cannot tell who wrote
 * them, so the same change by another run will do.
 */
export function findHistories(changes: readonly Change[], from: string, to: string): readonly History[] {
  const next = (at: string, left: readonly Change[], history: History): History[] => [
    ...(at === to && left.every((change) => isExplained(change, history)) ? [history] : []),
    ...left
      .filter(({ before }) => before === at)
      .flatMap((change) => {
        const others = left.filter((other) => other !== change);
        return next(change.after, others, [...history, change]);
      }),
  ];
  return next(from, changes, []);
}

/** True for a change that need not be in a history. */
function isExplained({ claim, before, after }: Change, history: History): boolean {
  if (claim === 'none') return true;
  return claim === 'found' && history.some((other) => other.before === before && other.after === after);
}
