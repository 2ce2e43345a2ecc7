import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_LAYOUT } from '../../src/bag/keys.js';
import { Committer } from '../../src/run/commit.js';
import { nodeDisk } from '../../src/sources/disk.js';
import type { Disk } from '../../src/sources/disk.js';
import { dryRunSink, storeSink } from '../../src/run/transform.js';
import { Journal } from '../../src/journal/journal.js';
import { migratedByContainer, pendingIntents } from '../../src/journal/read.js';
import type { JournalSummary } from '../../src/journal/read.js';
import type { JournalEntry } from '../../src/journal/entries.js';
import { runSources } from '../../src/run/engine.js';
import type { EngineOptions, RunReport, SettledDocument } from '../../src/run/run.js';
import type { DocumentOutcome } from '../../src/run/outcome.js';
import { Aim } from '../../src/run/aim.js';
import { RestoreLog } from '../../src/run/restore-log.js';
import { Pace } from '../../src/run/pace.js';
import { rollbackDocuments } from '../../src/run/restore.js';
import type { RollbackOutcome } from '../../src/run/restore.js';
import type { Destination, SourceContainer } from '../../src/sources/source.js';
import { RowContainer, TableSource } from '../../src/sources/dynamodb/rows.js';
import { isTableUri } from '../../src/sources/dynamodb/id.js';
import { FileContainer, FilesSource } from '../../src/sources/files.js';
import { NdjsonContainer } from '../../src/sources/ndjson.js';
import { ObjectContainer, ObjectPrefixSource } from '../../src/sources/objects.js';
import type { TransformSettings } from '../../src/run/transform.js';
import type { RowTable } from '../../src/sources/dynamodb/port.js';
import { verifyDocuments } from '../../src/run/verify.js';
import type { VerifyOutcome } from '../../src/run/verify.js';
import { createBlobStore, parseS3Uri } from '../../src/store/index.js';
import type { BlobStore, ObjectStore } from '../../src/store/index.js';
import { memoryTable } from '../fakes/memory-table.js';
import { BLOBS, DOCS, NOW, sha256 } from './world.js';
import type { World } from './world.js';
import { JOURNAL_FILE } from '../../src/sources/own-files.js';

/** What a run is given instead of the machine's own. */
export interface Ports {
  readonly disk?: Disk;
  readonly objects?: ObjectStore;
  readonly table?: RowTable;
  /** Buckets that pointers may lead to beside the store's own. Default: the fleet's. */
  readonly allowBuckets?: readonly string[];
}

export interface RunOptions extends Partial<Omit<EngineOptions, 'sources' | 'settings' | 'committer'>> {
  readonly apply?: boolean;
  readonly target?: TransformSettings['target'];
  readonly destination?: Destination;
  readonly sources?: EngineOptions['sources'];
}

export interface RunResult extends RunReport {
  readonly outcomes: readonly DocumentOutcome[];
  readonly settled: readonly SettledDocument[];
}

let runs = 0;

const RUN = {
  v: 1,
  tool: 'test',
  command: 'migrate',
  target: 'lean',
  store: 'memory',
  bucket: BLOBS,
  prefix: '',
  sources: [],
  options: {},
} as const;

/**
 * One run over a world as the command makes it, journal and all. Rejects where the command would exit with an error.
 */
export async function run(world: World, ports: Ports = {}, options: RunOptions = {}): Promise<RunResult> {
  const { disk = nodeDisk, objects = world.objects } = ports;
  const { apply = true, target = 'lean', destination, ...engine } = options;
  const outcomes: DocumentOutcome[] = [];
  const settled: SettledDocument[] = [];
  const blobs = blobStoreOn(objects, ports.allowBuckets);
  const settings = (sink: TransformSettings['blobs']): TransformSettings => ({
    target,
    manifestForm: 'list',
    addressing: { layout: DEFAULT_LAYOUT, bucket: BLOBS, prefix: '', digest: sha256 },
    blobs: sink,
  });
  const shared = {
    sources: sourcesOf(world, disk, objects, ports.table),
    concurrency: 1,
    ...engine,
    onOutcome: async (outcome: DocumentOutcome, document: SettledDocument) => {
      outcomes.push(outcome);
      settled.push(document);
      await options.onOutcome?.(outcome, document);
    },
  };
  if (!apply) return { ...(await runSources({ ...shared, settings: settings(dryRunSink(blobs)) })), outcomes, settled };
  const journal = await Journal.open(world.journal, disk);
  try {
    const runId = `run-${++runs}`;
    const summary = await detectSummary(world);
    const committer = new Committer({
      journal,
      destination: destination ?? IN_PLACE,
      runId,
      now: () => NOW,
      begin: () => {
        journal.append({ kind: 'run', run: runId, at: NOW, ...RUN, target });
      },
      pending: summary ? pendingIntents(summary) : new Map(),
      isRerun: summary !== undefined && summary.documents.size > 0,
      disk,
    });
    const report = await runSources({ ...shared, settings: settings(storeSink(blobs)), committer });
    if (committer.hasBegun)
      journal.append({ kind: 'end', run: runId, at: NOW, totals: { ...report.totals }, complete: report.complete });
    return { ...report, outcomes, settled };
  } finally {
    await journal.close();
  }
}

const IN_PLACE: Destination = { isCopy: false, pathOf: ({ id }) => id, open: (container) => container.replace() };

async function detectSummary(world: World): Promise<JournalSummary | undefined> {
  return existsSync(join(world.journal, JOURNAL_FILE)) ? world.summary() : undefined;
}

export function sourcesOf(
  world: World,
  disk: Disk = nodeDisk,
  objects: ObjectStore = world.objects,
  table = memoryTable(world.table),
): EngineOptions['sources'] {
  const hasFiles = readdirSync(world.source).length > 0;
  const rows = new TableSource('dynamodb://Tokens', table, {
    table: 'Tokens',
    index: undefined,
    segments: 2,
    equals: new Map(),
  });
  return [
    ...(hasFiles ? [new FilesSource(world.source, disk)] : []),
    ...(world.table.size > 0 ? [rows] : []),
    new ObjectPrefixSource(objects, { bucket: DOCS, key: '' }, () => false),
  ];
}

function blobStoreOn(objects: ObjectStore, allowBuckets: readonly string[] = ['local']): BlobStore {
  return createBlobStore({
    objects,
    bucket: BLOBS,
    allowBuckets,
    // Objects of the tests are stored at keys of their own.
    allowPrefixes: [`s3://${BLOBS}/`, ...allowBuckets.map((name) => `s3://${name}/`)],
    dedupeEntries: 64,
    backoff: { sleep: () => Promise.resolve() },
  });
}

export async function runVerify(
  world: World,
  ports: Ports = {},
  target: TransformSettings['target'] = 'lean',
): Promise<VerifyOutcome[]> {
  const outcomes: VerifyOutcome[] = [];
  const { disk = nodeDisk, objects = world.objects } = ports;
  await verifyDocuments({
    directory: world.journal,
    summary: await world.summary(),
    blobs: blobStoreOn(objects, ports.allowBuckets),
    open: opener(disk, objects, ports.table ?? memoryTable(world.table)),
    target,
    concurrency: 4,
    onOutcome: (outcome) => {
      outcomes.push(outcome);
    },
  });
  return outcomes;
}

/** Rolls back as the command does: what is restored is written into the journal. */
export async function runRollback(world: World, ports: Ports = {}, apply = true): Promise<RollbackOutcome[]> {
  const { disk = nodeDisk, objects = world.objects } = ports;
  const outcomes: RollbackOutcome[] = [];
  const journal = apply ? await Journal.open(world.journal, disk) : undefined;
  const stamp = { run: `run-${++runs}`, at: NOW };
  const summary = await world.summary();
  const frame = journal && openFrame(journal, stamp);
  const log = frame && new RestoreLog(frame);
  try {
    await rollbackDocuments({
      directory: world.journal,
      containers: migratedByContainer(summary),
      known: migratedByContainer(summary),
      blobs: blobStoreOn(objects, ports.allowBuckets),
      open: opener(disk, objects, ports.table ?? memoryTable(world.table)),
      log,
      aim: new Aim(undefined),
      onLeft: () => undefined,
      pace: new Pace(1),
      onOutcome: async (outcome, document) => {
        outcomes.push(outcome);
        await log?.record(outcome, document);
      },
    });
    if (frame?.isOpen === true) journal?.append({ kind: 'end', ...stamp, totals: {}, complete: true });
  } finally {
    await journal?.close();
  }
  return outcomes;
}

/** Puts the beginning of a rollback in front of its first entry. */
function openFrame(journal: Journal, stamp: { readonly run: string; readonly at: string }) {
  let isOpen = false;
  return {
    runId: stamp.run,
    now: () => stamp.at,
    get isFull() {
      return journal.isFull;
    },
    flush: () => journal.flush(),
    append: (entry: JournalEntry) => {
      if (!isOpen) journal.append({ kind: 'run', ...stamp, ...RUN, command: 'rollback' });
      isOpen = true;
      journal.append(entry);
    },
    get isOpen() {
      return isOpen;
    },
  };
}

function opener(disk: Disk, objects: ObjectStore, table: RowTable): (id: string) => SourceContainer {
  return (id) => {
    if (isTableUri(id)) return RowContainer.named(table, id);
    const isNdjson = /\.(ndjson|jsonl)$/i.test(id);
    if (id.startsWith('s3://')) return new ObjectContainer(objects, parseS3Uri(id), isNdjson);
    return isNdjson ? new NdjsonContainer(id, disk) : new FileContainer(id, disk);
  };
}
