import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_LAYOUT } from '../bag/keys.js';
import type { Layout } from '../bag/keys.js';
import { ConfigError } from '../errors/index.js';
import { nodeDisk } from '../sources/disk.js';
import { JOURNAL_VERSION, toolName } from './entries.js';
import type { EndEntry, JournalEntry, ResultEntry, RunEnd, RunEntry } from './entries.js';
import { RunBooks } from './entry-books.js';
import { Journal } from './journal.js';
import { isFailure } from './document-state.js';
import { isKnownFailure, summarizeJournal } from './read.js';
import { settlesUnseen } from './unseen.js';
import type { JournalSummary, SummarizeOptions } from './read.js';
import { JOURNAL_FILE } from '../sources/own-files.js';

/** Names and dates a run. */
export interface RunClock {
  readonly now: () => Date;
  /** Unique; names one run in a journal. */
  readonly newRunId: () => string;
}

/** What a `run` entry says beside who wrote it and when. */
export type RunDescription = Pick<
  RunEntry,
  'command' | 'target' | 'store' | 'bucket' | 'prefix' | 'sources' | 'options'
>;

/**
 * One run's hold of a journal: what it said before, and the frame of entries around what the run adds. A run that has
 * nothing new to say adds nothing.
 */
export class JournalSession {
  private begun = false;
  private ended = false;
  /** What the run has put into the journal. */
  private readonly books = new RunBooks();
  /** Read when the run begins: in the middle of it the limit of open files may be reached. */
  private readonly tool = toolName();
  /** Failures that the journal has already. A run that begins says them again: what it does not name is not there. */
  private readonly known = new Map<string, ResultEntry>();
  private readonly failure = new AbortController();

  private constructor(
    private readonly journal: Journal,
    readonly runId: string,
    readonly summary: JournalSummary | undefined,
    private readonly description: RunDescription,
    private readonly clock: RunClock,
  ) {}

  /**
   * Locks the journal, a new one included, and compares it under the lock: before the first write of the run. Throws
   * `ConfigError` `JOURNAL_LOCKED`, and `JOURNAL_MISMATCH` when it belongs to other work.
   */
  static async open(
    directory: string,
    description: RunDescription,
    clock: RunClock,
    options: SummarizeOptions = {},
  ): Promise<JournalSession> {
    const journal = await Journal.open(directory, nodeDisk);
    try {
      const summary = await readSummary(directory, options);
      assertSameWork(directory, summary, description);
      return new JournalSession(journal, clock.newRunId(), summary, description, clock);
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  now(): string {
    return this.clock.now().toISOString();
  }

  /**
   * Takes nothing after the end, which is the last entry of a run: a worker that was killed may have sent more. It has
   * got no answer, so it has changed nothing because of that, and a later run settles what it has done before.
   */
  append(entry: JournalEntry): void {
    if (this.ended) return;
    if (!this.begun && entry.kind === 'result' && this.isOldNews(entry)) {
      if (isFailure(entry)) this.known.set(entry.doc, entry);
      return;
    }
    this.begin();
    this.write(entry);
  }

  private write(entry: JournalEntry): void {
    this.books.add(entry);
    this.journal.append(entry);
  }

  get isFull(): boolean {
    return this.journal.isFull;
  }

  async flush(): Promise<void> {
    try {
      await this.journal.flush();
    } catch (error) {
      this.failure.abort();
      throw error;
    }
  }

  /** Aborted when the journal cannot be written any more: no further document should be started. */
  get failed(): AbortSignal {
    return this.failure.signal;
  }

  /** Puts the beginning of the run into the journal, if nothing did before. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    const { runId, description } = this;
    this.write({
      kind: 'run',
      v: JOURNAL_VERSION,
      run: runId,
      at: this.now(),
      tool: this.tool,
      ...description,
    });
    for (const entry of this.known.values()) this.write(entry);
    this.known.clear();
  }

  /** A document that was as bad before, or is as good. */
  private isOldNews({ doc, outcome, code }: ResultEntry): boolean {
    const known = this.summary?.documents.get(doc);
    const last = known?.result ?? this.summary?.others.get(doc);
    const isOpen = known !== undefined && (known.fate === 'pending' || last === undefined);
    if (outcome === 'unchanged') return !isOpen && !isFailure(last);
    return (
      this.summary !== undefined &&
      isKnownFailure(this.summary, { id: doc, outcome, ...(code !== undefined && { code }) })
    );
  }

  /** True when the run has something to say. */
  get hasBegun(): boolean {
    return this.begun;
  }

  /**
   * Nothing is written when nothing was begun, unless the run left documents, has taken what an earlier one left, or
   * has not seen documents that need attention.
   */
  async end(end: RunEnd): Promise<void> {
    const isClosing = this.summary?.coverage.isClosedBy(this.description, end.totals) === true;
    if (!end.complete || isClosing || this.settles(end)) this.begin();
    this.ended = true;
    if (this.begun) this.write({ kind: 'end', run: this.runId, at: this.now(), ...end, ...this.countedEntries() });
    await this.flush();
  }

  /** True when documents that need attention are not there any more. */
  private settles({ inventory }: RunEnd): boolean {
    if (this.begun || !this.summary || !inventory) return false;
    return settlesUnseen(this.summary, this.description, (doc) => this.known.has(doc));
  }

  /** Nothing after a failed write: what of it is in the file is not known. */
  private countedEntries(): Pick<EndEntry, 'entries' | 'digest'> {
    if (this.failed.aborted) return {};
    const { books, summary } = this;
    return { entries: { earlier: summary?.entries ?? 0, ...books.counts }, digest: books.digest() };
  }

  close(): Promise<void> {
    return this.journal.close();
  }
}

/** `undefined` when there is no journal yet, or nothing in it. */
export async function readSummary(
  directory: string,
  options: SummarizeOptions = {},
): Promise<JournalSummary | undefined> {
  return (await hasJournal(directory)) ? summarizeJournal(directory, options) : undefined;
}

/** A run that has just begun has an empty file. */
export async function hasJournal(directory: string): Promise<boolean> {
  const stats = await stat(join(directory, JOURNAL_FILE)).catch(() => undefined);
  return stats !== undefined && (stats.size > 0 || !stats.isFile());
}

/**
 * Blobs are found again in the store and the layout of the last run, and only the last change of a document can be
 * undone from one journal: so a journal is about one store and one target.
 */
function assertSameWork(directory: string, summary: JournalSummary | undefined, description: RunDescription): void {
  const last = summary?.runs.at(-1);
  if (!last) return;
  const same = ['target', 'store', 'bucket', 'prefix'] as const;
  for (const name of same) assertSame(directory, name, last[name], description[name]);
  const [before, now] = [keptLayout(last), keptLayout(description)];
  for (const kind of before && now ? KINDS_OF_KEYS : [])
    assertSame(directory, `layout of ${kind} keys`, before![kind], now![kind]);
  assertSameOut(directory, summary, description);
}

function assertSame(directory: string, name: string, before: string, now: string): void {
  if (before === now) return;
  throw new ConfigError(
    'JOURNAL_MISMATCH',
    `${directory} is about another ${name} (${before}, not ${now}); give this run a --journal of its own`,
  );
}

/** A document is in the journal once: with its copy, or with the original that was rewritten. */
function assertSameOut(directory: string, summary: JournalSummary | undefined, description: RunDescription): void {
  // Standard output cannot be read again, so the journal forgets nothing that it could verify or restore.
  const isKept = (out: string | undefined) => out !== '-';
  const outs =
    summary?.runs
      .filter(({ command }) => command === 'migrate')
      .map(outOf)
      .filter(isKept) ?? [];
  const [last, out] = [outs.at(-1), outOf(description)];
  if (description.command !== 'migrate' || outs.length === 0 || !isKept(out) || last === out) return;
  const place = (path: string | undefined) => (path === undefined ? 'a rewrite in place' : `--out ${path}`);
  throw new ConfigError(
    'JOURNAL_MISMATCH',
    `${directory} is about ${place(last)}, not ${place(out)}; give this run a --journal of its own, or the same --out`,
  );
}

/** Absolute; a slash at the end says only that it is a directory. */
function outOf({ options }: Pick<RunEntry, 'options'>): string | undefined {
  const { out } = options as { out?: string };
  return out?.replace(/(.)\/+$/, '$1');
}

const KINDS_OF_KEYS = Object.keys(DEFAULT_LAYOUT) as readonly (keyof Layout)[];

/** `undefined` for a run that did not write its layout down. */
function keptLayout({ options }: Pick<RunEntry, 'options'>): Layout | undefined {
  const { layout } = options as { readonly layout?: Partial<Layout> };
  return layout && { ...DEFAULT_LAYOUT, ...layout };
}
