import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, IntegrityError } from '../errors/index.js';
import { diskError } from '../sources/disk.js';
import type { Inventory } from '../sources/inventory.js';
import { isBlank, readLines } from '../sources/lines.js';
import { Coverage } from './coverage.js';
import { JournalDocuments } from './documents.js';
import { containerOf, isFailure } from './document-state.js';
import type { DocumentState } from './document-state.js';
import { JOURNAL_VERSION } from './entries.js';
import type { IntentEntry, JournalEntry, ResultEntry, RunEntry } from './entries.js';
import { EntryBooks } from './entry-books.js';
import type { Discrepancy } from './entry-books.js';
import { describeText, findFlaw } from './entry-check.js';
import { assertFile } from './journal.js';
import { settleUnseen } from './unseen.js';
import { JOURNAL_FILE } from '../sources/own-files.js';

/** An entry and where its line lies in the file, in bytes. */
interface PlacedEntry {
  readonly entry: JournalEntry;
  readonly offset: number;
  readonly length: number;
}

const KINDS = new Set(['run', 'intent', 'result', 'end']);

/** A line of a journal that is not an entry, and where it is in the file. */
export interface DamagedPlace {
  /** 1-based. */
  readonly line: number;
  /** Of the line, in bytes. */
  readonly offset: number;
  readonly length: number;
  /** A clause about the line. */
  readonly problem: string;
}

export interface ReadOptions {
  /** Called for every damaged place, which is then skipped. Without it the first one is an error. */
  readonly onDamaged?: (place: DamagedPlace) => void;
  /** Called for the torn lines of killed runs, which are not damage. */
  readonly onTorn?: (place: DamagedPlace) => void;
}

/**
 * The entries of a journal in order. A torn line, where a killed run stopped writing, is passed over; any other line
 * that is not an entry is an `IntegrityError` `JOURNAL_CORRUPT` or a `ConfigError` `JOURNAL_INVALID`, unless
 * `onDamaged` takes it. An entry of another version is a `ConfigError` `JOURNAL_VERSION`. A directory without a journal
 * is a `ConfigError` `JOURNAL_MISSING`.
 */
export async function* readJournal(
  directory: string,
  { onDamaged, onTorn }: ReadOptions = {},
): AsyncIterable<PlacedEntry> {
  const path = join(directory, JOURNAL_FILE);
  // Torn if the run ended here, damaged if an entry of the same run follows.
  const unread: DamagedPlace[] = [];
  let [line, offset] = [0, 0];
  for await (const { bytes, ending } of readLines(readFile(path))) {
    const place = { line: ++line, offset, length: bytes.length };
    offset += bytes.length + ending.length;
    if (isBlank(bytes)) continue;
    const value = parseJson(bytes);
    const flaw = value === undefined || !onDamaged ? undefined : findFlaw(value);
    if (value === undefined) unread.push({ ...place, problem: describeText(bytes) });
    else if (flaw !== undefined) onDamaged?.({ ...place, problem: flaw });
    else {
      const entry = checkedEntry(value);
      const tell = entry.kind === 'run' ? onTorn : (onDamaged ?? refuseDamaged(path));
      unread.splice(0).forEach((place) => tell?.(place));
      yield { entry, ...place };
    }
  }
  unread.forEach((place) => onTorn?.(place));
}

function refuseDamaged(path: string): (place: DamagedPlace) => never {
  return ({ offset }) => {
    throw corrupt(path, offset);
  };
}

async function* readFile(path: string): AsyncIterable<Uint8Array> {
  try {
    await assertFile(path);
    for await (const chunk of createReadStream(path)) yield chunk as Buffer;
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw diskError(path, error);
    throw new ConfigError(
      'JOURNAL_MISSING',
      `there is no journal at ${path}; migrate --apply --journal writes one with its first change`,
      {
        cause: error,
      },
    );
  }
}

/** `undefined` for text that was torn by a kill, or damaged; what comes next tells which. */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** True for the text of an entry, with the members that every entry has. */
export function isJournalEntry(bytes: Uint8Array): boolean {
  try {
    const { kind, run, at } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<RunEntry>;
    return KINDS.has(String(kind)) && typeof run === 'string' && typeof at === 'string';
  } catch {
    return false;
  }
}

function checkedEntry(value: unknown): JournalEntry {
  const entry = value as Partial<RunEntry> | null;
  if (typeof entry !== 'object' || entry === null || !KINDS.has(String(entry.kind))) {
    throw new ConfigError(
      'JOURNAL_INVALID',
      'the journal holds a line that is no journal entry; is this the right directory? `statebag journal check` names every such line',
    );
  }
  if (entry.kind === 'run' && entry.v !== JOURNAL_VERSION) {
    throw new ConfigError(
      'JOURNAL_VERSION',
      `the journal has version ${String(entry.v)}, this tool reads version ${JOURNAL_VERSION}; use the release that wrote it`,
    );
  }
  return entry as JournalEntry;
}

function corrupt(path: string, offset: number): IntegrityError {
  return new IntegrityError(
    'JOURNAL_CORRUPT',
    `${path} is damaged at byte ${offset}; \`statebag journal check\` names every damaged place. Restore the journal from a copy, or go on without these places with --skip-damaged`,
  );
}

export interface JournalSummary {
  readonly runs: readonly RunEntry[];
  /** By name. Lines whose names other lines have now are among the values, under keys that are no names. */
  readonly documents: ReadonlyMap<string, DocumentState>;
  /** Lines of which it is not known whether they are documents of their own. They count once their bytes are found. */
  readonly doubtful: readonly DocumentState[];
  /** Last results of documents that never had an intent: unchanged, quarantined, failed. */
  readonly others: ReadonlyMap<string, ResultEntry>;
  /** Last results of documents that failed and are not there any more. */
  readonly gone: ReadonlyMap<string, ResultEntry>;
  /** What the runs were about and have not done. */
  readonly coverage: Coverage;
  /** What became of the entries of the sources in the last migration that came to its end. */
  readonly inventory: Inventory | undefined;
  /** False when a run was stopped or killed and no later one made up for it. */
  readonly isClosed: boolean;
  /** What was skipped because it is not an entry. */
  readonly damaged: readonly DamagedPlace[];
  /** Where the journal does not have what its runs have written. */
  readonly discrepancies: readonly Discrepancy[];
  /** How many entries it has. */
  readonly entries: number;
}

export interface SummarizeOptions {
  /** Skip damaged places instead of throwing for the first. Default false. */
  readonly skipDamaged?: boolean | undefined;
}

/** Reads a journal to its end. Memory: one small record per document. */
export async function summarizeJournal(
  directory: string,
  { skipDamaged = false }: SummarizeOptions = {},
): Promise<JournalSummary> {
  const damaged: DamagedPlace[] = [];
  const runs: RunEntry[] = [];
  const documents = new JournalDocuments();
  const coverage = new Coverage();
  const books = new EntryBooks();
  const rollbacks = new Set<string>();
  let inventory: Inventory | undefined;
  const onDamaged = (place: DamagedPlace): void => {
    damaged.push(place);
    books.noteDamage();
  };
  for await (const { entry, offset, length } of readJournal(directory, skipDamaged ? { onDamaged } : {})) {
    books.add(entry);
    coverage.add(entry);
    if (entry.kind === 'run') {
      documents.endRun();
      runs.push(entry);
      if (entry.command === 'rollback') rollbacks.add(entry.run);
    } else if (entry.kind === 'intent' && rollbacks.has(entry.run)) documents.addRestoration(entry);
    else if (entry.kind === 'intent') documents.addIntent(entry, { offset, length });
    else if (entry.kind === 'result') documents.addResult(entry);
    else {
      inventory = entry.inventory ?? inventory;
      settleUnseen(entry, runs, documents);
    }
  }
  documents.endRun();
  const isClosed = coverage.gaps().every(({ kind }) => kind === 'part');
  const doubtful = documents.takeDoubtful();
  return {
    runs,
    documents: documents.documents,
    doubtful,
    others: documents.others,
    gone: documents.gone,
    coverage,
    inventory,
    isClosed,
    damaged,
    discrepancies: books.discrepancies,
    entries: books.entries,
  };
}

/** Reads the intent of a migration again. */
export async function readIntent(directory: string, { offset, length }: DocumentState['intent']): Promise<IntentEntry> {
  const handle = await open(join(directory, JOURNAL_FILE), 'r');
  try {
    const bytes = new Uint8Array(length);
    await handle.read(bytes, 0, length, offset);
    return parseJson(bytes) as IntentEntry;
  } finally {
    await handle.close();
  }
}

/** The documents that a journal says were migrated, or may have been, by container. */
export function migratedByContainer({
  documents,
  doubtful,
}: JournalSummary): ReadonlyMap<string, readonly DocumentState[]> {
  const containers = new Map<string, DocumentState[]>();
  for (const state of [...documents.values(), ...doubtful]) {
    if (!mayBeMigrated(state)) continue;
    const states = containers.get(state.container);
    if (states) states.push(state);
    else containers.set(state.container, [state]);
  }
  return containers;
}

/** It was migrated, or that is not known; the digests of the document show it. */
function mayBeMigrated({ fate }: DocumentState): boolean {
  return fate !== 'rolled-back';
}

/** A document of which the journal does not know a good end. */
export interface PendingDocument {
  /** Lower-case hex SHA-256 of what its intent meant to leave; absent when it never got so far. */
  readonly after?: string;
  readonly bytesBefore: number;
}

/**
 * By document id. One that lies there as its intent meant to leave it was committed; and whatever a rerun finds of the
 * others is news.
 */
export function pendingIntents({ documents, others }: JournalSummary): ReadonlyMap<string, PendingDocument> {
  const intents = Array.from(documents.values()).filter(({ fate, result }) => fate === 'pending' || !result);
  const failedLater = Array.from(documents.values()).flatMap(({ fate, result }) =>
    fate !== 'pending' && isFailure(result) ? [result] : [],
  );
  const failures = [...failedLater, ...Array.from(others.values()).filter(({ outcome }) => outcome !== 'unchanged')];
  return new Map<string, PendingDocument>([
    ...failures.map(({ doc, bytesBefore }) => [doc, { bytesBefore }] as const),
    ...intents.map(({ doc, after, bytesBefore }) => [doc, { after, bytesBefore }] as const),
  ]);
}

/** Documents whose last result is a failure or a quarantine. */
export function failedDocuments(summary: JournalSummary): ReadonlySet<string> {
  return new Set(failuresIn(summary).map(({ doc }) => doc));
}

/**
 * Digests of the lines whose last result is a failure or a quarantine, by container: their numbers may have changed
 * since. `undefined` for a container with a failed line of which only the number is known.
 */
export function failedLines(summary: JournalSummary): ReadonlyMap<string, ReadonlySet<string> | undefined> {
  const lines = new Map<string, Set<string> | undefined>();
  for (const { doc, digests } of failuresIn(summary)) {
    const container = containerOf(doc);
    if (container === doc) continue;
    const known = lines.has(container) ? lines.get(container) : new Set<string>();
    if (digests.length > 0) for (const sha256 of digests) known?.add(sha256);
    lines.set(container, digests.length > 0 ? known : undefined);
  }
  return lines;
}

/** What failed, with the digests that its line may have now. */
function failuresIn({
  documents,
  doubtful,
  others,
}: JournalSummary): readonly { doc: string; digests: readonly string[] }[] {
  const states = [...documents.values(), ...doubtful].filter(({ result }) => isFailure(result));
  const results = Array.from(others.values()).filter(isFailure);
  return [
    ...states.map(({ doc, before, after, result }) => ({ doc, digests: [before, after, ...listed(result?.before)] })),
    ...results.map(({ doc, before }) => ({ doc, digests: listed(before) })),
  ];
}

function listed(sha256: string | undefined): readonly string[] {
  return sha256 === undefined ? [] : [sha256];
}

/** Digests of the lines that runs have read and written in each container, by the container's id in its source. */
export function knownLines({ documents, doubtful, others }: JournalSummary): ReadonlyMap<string, ReadonlySet<string>> {
  const known = new Map<string, Set<string>>();
  const add = (doc: string, sha256: string): void => {
    const container = containerOf(doc);
    const digests = known.get(container);
    if (digests) digests.add(sha256);
    else known.set(container, new Set([sha256]));
  };
  for (const { doc, before } of others.values()) if (before !== undefined) add(doc, before);
  for (const { result } of documents.values()) if (result?.before !== undefined) add(result.doc, result.before);
  for (const last of [...documents.values(), ...doubtful])
    for (let state: DocumentState | undefined = last; state; state = state.previous) {
      add(state.doc, state.before);
      add(state.doc, state.after);
    }
  return known;
}

/** Results of documents that were migrated and whose intent was damaged: the journal cannot restore them. */
export function lostIntents({ others }: JournalSummary): readonly ResultEntry[] {
  return Array.from(others.values()).filter(({ outcome }) => outcome === 'migrated');
}

/** True for a failure that is the last result of the document already, with the same code. */
export function isKnownFailure(
  { documents, others }: JournalSummary,
  { id, outcome, code }: { readonly id: string; readonly outcome: string; readonly code?: string },
): boolean {
  const last = documents.get(id)?.result ?? others.get(id);
  return isFailure(last) && last.outcome === outcome && last.code === code;
}

/** True for a document whose last result asks for nothing: it was migrated, or needed nothing. */
export function isDone({ documents, others }: JournalSummary, id: string): boolean {
  const outcome = (documents.get(id)?.result ?? others.get(id))?.outcome;
  return outcome === 'migrated' || outcome === 'unchanged';
}

/** The last run of a journal: it says how to open the store. Throws `ConfigError` `JOURNAL_EMPTY`. */
export function lastRun(directory: string, { runs }: JournalSummary): RunEntry {
  const run = runs.at(-1);
  if (run) return run;
  throw new ConfigError('JOURNAL_EMPTY', `the journal at ${directory} has no run in it`);
}
