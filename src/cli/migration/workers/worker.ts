import { Committer } from '../../../run/commit.js';
import { nodeDisk } from '../../../sources/disk.js';
import { pendingIntents } from '../../../journal/read.js';
import type { DocumentOutcome } from '../../../run/outcome.js';
import type { JournalSummary } from '../../../journal/read.js';
import { ConfigError, StateBagError, messageOf } from '../../../errors/index.js';
import type { AnyCommand } from '../../command.js';
import type { CliIo } from '../../io.js';
import { readArguments } from '../../read-arguments.js';
import { omitUndefined } from '../../omit-undefined.js';
import { readSummary } from '../../../journal/session.js';
import { runMigration } from '../migration-run.js';
import { openMigration } from '../open-migration.js';
import type { OpenMigration } from '../open-migration.js';
import { openDestination } from '../../../run/destination.js';
import { migrateOptions, parseRequest } from '../request.js';
import type { MigrateArguments, MigrationRequest } from '../request.js';
import { writingSettings } from '../../../run/blob-sinks.js';
import type { FromWorker, ToWorker, WorkerEnd } from './messages.js';
import { RemoteJournal } from './remote-journal.js';

type Start = Extract<ToWorker, { kind: 'start' }>;

/** The other process, as a worker sees it. */
export interface Channel {
  readonly send: (message: FromWorker) => void;
  /** Calls back for every message that comes. */
  readonly listen: (listener: (message: ToWorker) => void) => void;
}

/** Migrates the shard that the first message names, and sends what comes of it. Never throws. */
export async function work(channel: Channel, io: CliIo): Promise<void> {
  const journal = new RemoteJournal(channel.send);
  const stop = new AbortController();
  const start = await new Promise<Start>((resolve) => {
    channel.listen((message) => {
      if (message.kind === 'start') resolve(message);
      else if (message.kind === 'stop') stop.abort();
      else journal.answer(message);
    });
  });
  try {
    const end = await migrateShard(start, journal, channel, stop.signal, { ...io, cwd: start.cwd });
    await journal.flush();
    channel.send({ kind: 'done', ...end });
  } catch (error) {
    const code = error instanceof StateBagError ? error.code : 'UNEXPECTED';
    channel.send({ kind: 'broken', code, message: messageOf(error), isUsage: error instanceof ConfigError });
  }
}

async function migrateShard(
  start: Start,
  journal: RemoteJournal,
  channel: Channel,
  stop: AbortSignal,
  io: CliIo,
): Promise<WorkerEnd> {
  const opened = await openMigration(await requestOf(start, io), io);
  const summary = await readSummary(opened.request.journal);
  const outcomes = new OutcomeBatch(channel.send);
  const { complete, notStarted, skipped } = await runMigration(opened, {
    settings: writingSettings(opened.request, opened.store.blobs),
    committer: committerOf(opened, journal, start.runId, summary),
    stop,
    summary,
    onOutcome: (outcome) => {
      outcomes.add(outcome);
      return Promise.resolve();
    },
  }).finally(() => {
    outcomes.send();
  });
  return { complete, notStarted, skipped };
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

/** As it was given, but for the shard, the share of the table's capacity, and what only the whole run can judge. */
async function requestOf({ given, shard, workers }: Start, io: CliIo): Promise<MigrationRequest> {
  const [name = '', ...argv] = given;
  const command = {
    usage: '',
    positionals: { min: 1, max: Infinity },
    builder: migrateOptions,
    examples: [],
    handler: () => Promise.resolve(0),
  } as unknown as AnyCommand;
  const request = parseRequest((await readArguments(name, command, argv)) as unknown as MigrateArguments, io);
  const { maxReadUnits, maxWriteUnits } = request.tables;
  const share = (units: number | undefined) =>
    units === undefined ? undefined : Math.max(1, Math.floor(units / workers));
  return {
    ...request,
    selection: { ...request.selection, shard },
    tables: {
      ...request.tables,
      ...omitUndefined({ maxReadUnits: share(maxReadUnits), maxWriteUnits: share(maxWriteUnits) }),
    },
    maxFailures: undefined,
    output: { ...request.output, quiet: true },
  };
}

function committerOf(
  { place, sources, io }: OpenMigration,
  journal: RemoteJournal,
  runId: string,
  summary: JournalSummary | undefined,
): Committer {
  return new Committer({
    journal,
    destination: openDestination(place, sources, io),
    runId,
    now: () => io.now().toISOString(),
    begin: () => undefined,
    pending: summary ? pendingIntents(summary) : new Map(),
    disk: nodeDisk,
  });
}
