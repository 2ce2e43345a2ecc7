// The codes come from another process.
import { StoreError } from '../errors/classes.js';
import { ConfigError, StateBagError, messageOf } from '../errors/index.js';
import type { JournalEntry } from '../journal/entries.js';
import { readSummary } from '../journal/session.js';
import { GroupCommit } from '../sources/disk.js';
import { omit } from './request.js';
import { writingSettings } from './transform.js';
import type { RunContext } from './context.js';
import { openCommitter, openMigration, runMigration } from './migrate.js';
import type { EnginePorts } from './migrate.js';
import type { DocumentOutcome } from './outcome.js';
import { Pace } from './pace.js';
import type { FromWorker, ToWorker, WorkerEnd } from './worker-messages.js';

/** The process with the journal, as a worker sees it. */
export interface Channel {
  readonly send: (message: FromWorker) => void;
  /** Calls back for every message that comes. */
  readonly listen: (listener: (message: ToWorker) => void) => void;
}

type Start = Extract<ToWorker, { kind: 'start' }>;

/** Migrates the share that the first message names, and sends what comes of it. Never throws. */
export async function work(channel: Channel, context: RunContext): Promise<void> {
  const journal = new RemoteJournal(channel.send);
  const stop = new AbortController();
  const pace = new Pace(1);
  const start = await new Promise<Start>((resolve) => {
    channel.listen((message) => {
      if (message.kind === 'start') {
        pace.set({ concurrency: message.request.concurrency });
        resolve(message);
      } else if (message.kind === 'stop') stop.abort();
      else if (message.kind === 'pace') pace.set(omit(message, ['kind']));
      else journal.answer(message);
    });
  });
  try {
    const end = await migrateShare(
      start,
      journal,
      channel,
      { stop: stop.signal, pace },
      { ...context, cwd: start.cwd },
    );
    await journal.flush();
    channel.send({ kind: 'done', ...end });
  } catch (error) {
    const code = error instanceof StateBagError ? error.code : 'UNEXPECTED';
    channel.send({ kind: 'broken', code, message: messageOf(error), isUsage: error instanceof ConfigError });
  }
}

async function migrateShare(
  { request, runId }: Start,
  journal: RemoteJournal,
  channel: Channel,
  ports: Pick<EnginePorts, 'stop' | 'pace'>,
  context: RunContext,
): Promise<WorkerEnd> {
  const opened = await openMigration(request, context);
  const summary = await readSummary(request.journal, request);
  const outcomes = new OutcomeBatch(channel.send);
  const { complete, notStarted, inventory } = await runMigration(opened, {
    settings: writingSettings(request, opened.store.blobs),
    committer: openCommitter(opened, journal, { runId, summary }),
    ...ports,
    summary,
    onOutcome: (outcome) => {
      outcomes.add(outcome);
    },
  }).finally(() => {
    outcomes.send();
  });
  return { complete, notStarted, inventory };
}

/** Milliseconds that an outcome may wait for others. */
const BATCH_MS = 20;

/** Outcomes on their way to the other process: a message for each costs as much as a tenth of the work. */
class OutcomeBatch {
  private outcomes: DocumentOutcome[] = [];

  constructor(private readonly post: Channel['send']) {}

  add(outcome: DocumentOutcome): void {
    if (this.outcomes.push(outcome) === 1)
      setTimeout(() => {
        this.send();
      }, BATCH_MS).unref();
  }

  send(): void {
    const { outcomes } = this;
    this.outcomes = [];
    if (outcomes.length > 0) this.post({ kind: 'outcomes', outcomes });
  }
}

/** Entries that may wait in a worker before they are sent. */
const MAX_WAITING = 256;

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * The journal as a worker has it: another process writes it, and `flush` resolves once that says what was appended is
 * on the disk. Callers that flush while an answer is awaited share the next message.
 */
class RemoteJournal {
  private entries: JournalEntry[] = [];
  private readonly sending = new GroupCommit(() => this.sendEntries());
  private waiting: Waiting | undefined;

  constructor(private readonly send: (message: FromWorker) => void) {}

  append(entry: JournalEntry): void {
    this.entries.push(entry);
  }

  get isFull(): boolean {
    return this.entries.length >= MAX_WAITING;
  }

  flush(): Promise<void> {
    return this.sending.request();
  }

  /** Takes the answer to a flush. Throws nothing. */
  answer(message: Extract<ToWorker, { kind: 'flushed' | 'refused' }>): void {
    const { waiting } = this;
    this.waiting = undefined;
    if (message.kind === 'flushed') waiting?.resolve();
    else waiting?.reject(new StoreError(message.code, message.message));
  }

  private sendEntries(): Promise<void> {
    const landed = new Promise<void>((resolve, reject) => (this.waiting = { resolve, reject }));
    this.send({ kind: 'entries', entries: this.entries });
    this.entries = [];
    return landed;
  }
}
