import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_LAYOUT } from '../../src/bag/keys.js';
import { Committer } from '../../src/batch/committer.js';
import type { Destination } from '../../src/batch/committer.js';
import { nodeDisk } from '../../src/batch/disk.js';
import type { Disk } from '../../src/batch/disk.js';
import { dryRunSink, storeSink } from '../../src/batch/dry-run-sink.js';
import { JOURNAL_FILE } from '../../src/batch/journal.js';
import { pendingIntents } from '../../src/batch/journaled.js';
import type { JournalSummary } from '../../src/batch/journal-read.js';
import { LazyJournal } from '../../src/batch/lazy-journal.js';
import { migrate } from '../../src/batch/migrate.js';
import type { MigrateOptions, RunReport, SettledDocument } from '../../src/batch/migrate.js';
import type { DocumentOutcome } from '../../src/batch/outcome.js';
import { rollback } from '../../src/batch/rollback.js';
import type { RollbackOutcome } from '../../src/batch/rollback.js';
import type { SourceContainer } from '../../src/batch/source.js';
import { TableSource } from '../../src/batch/sources/dynamodb.js';
import { isTableUri } from '../../src/batch/sources/dynamodb-id.js';
import { RowContainer } from '../../src/batch/sources/dynamodb-row.js';
import { FileContainer } from '../../src/batch/sources/file.js';
import { FilesSource } from '../../src/batch/sources/files.js';
import { NdjsonContainer } from '../../src/batch/sources/ndjson.js';
import { ObjectContainer } from '../../src/batch/sources/object.js';
import { ObjectPrefixSource } from '../../src/batch/sources/object-prefix.js';
import type { TransformSettings } from '../../src/batch/transform.js';
import type { RowTable } from '../../src/batch/table.js';
import { verify } from '../../src/batch/verify.js';
import type { VerifyOutcome } from '../../src/batch/verify.js';
import { createBlobStore, parseS3Uri } from '../../src/store/index.js';
import type { BlobStore, ObjectStore } from '../../src/store/index.js';
import { memoryTable } from '../fakes/memory-table.js';
import { BLOBS, DOCS, NOW, sha256 } from './world.js';
import type { World } from './world.js';

/** What a run is given instead of the machine's own. */
export interface Ports {
  readonly disk?: Disk;
  readonly objects?: ObjectStore;
  readonly table?: RowTable;
  /** Buckets that pointers may lead to beside the store's own. Default: the fleet's. */
  readonly allowBuckets?: readonly string[];
}

export interface RunOptions extends Partial<Omit<MigrateOptions, 'sources' | 'settings' | 'committer'>> {
  readonly apply?: boolean;
  readonly target?: TransformSettings['target'];
  readonly destination?: Destination;
  readonly sources?: MigrateOptions['sources'];
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
  if (!apply) return { ...(await migrate({ ...shared, settings: settings(dryRunSink(blobs)) })), outcomes, settled };
  const journal = await LazyJournal.at(world.journal, disk);
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
      disk,
    });
    const report = await migrate({ ...shared, settings: settings(storeSink(blobs)), committer });
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
): MigrateOptions['sources'] {
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
  await verify({
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
  const journal = apply ? await LazyJournal.at(world.journal, disk) : undefined;
  const stamp = { run: `run-${++runs}`, at: NOW };
  const restored = () => outcomes.filter(({ outcome }) => outcome !== 'failed');
  try {
    await rollback({
      directory: world.journal,
      summary: await world.summary(),
      blobs: blobStoreOn(objects, ports.allowBuckets),
      open: opener(disk, objects, ports.table ?? memoryTable(world.table)),
      apply,
      concurrency: 1,
      onOutcome: (outcome) => {
        outcomes.push(outcome);
        if (outcome.outcome === 'failed') return;
        if (restored().length === 1) journal?.append({ kind: 'run', ...stamp, ...RUN, command: 'rollback' });
        const { id, outcome: what, bytesBefore, bytesAfter, code } = outcome;
        journal?.append({
          kind: 'result',
          ...stamp,
          doc: id,
          outcome: what,
          generation: 'unknown',
          bytesBefore,
          bytesAfter,
          ...(code && { code }),
        });
      },
    });
    if (restored().length > 0) journal?.append({ kind: 'end', ...stamp, totals: {}, complete: true });
  } finally {
    await journal?.close();
  }
  return outcomes;
}

function opener(disk: Disk, objects: ObjectStore, table: RowTable): (id: string) => SourceContainer {
  return (id) => {
    if (isTableUri(id)) return RowContainer.named(table, id);
    const isNdjson = /\.(ndjson|jsonl)$/i.test(id);
    if (id.startsWith('s3://')) return new ObjectContainer(objects, parseS3Uri(id), isNdjson);
    return isNdjson ? new NdjsonContainer(id, disk) : new FileContainer(id, disk);
  };
}
