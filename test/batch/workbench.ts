import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import { DEFAULT_LAYOUT } from '../../src/bag/layout.js';
import { Committer } from '../../src/batch/committer.js';
import type { Destination } from '../../src/batch/committer.js';
import { nodeDisk } from '../../src/batch/disk.js';
import type { Disk } from '../../src/batch/disk.js';
import { dryRunSink, storeSink } from '../../src/batch/dry-run-sink.js';
import { JOURNAL_FILE } from '../../src/batch/journal.js';
import { pendingIntents } from '../../src/batch/journaled.js';
import { summarizeJournal } from '../../src/batch/journal-read.js';
import type { JournalSummary } from '../../src/batch/journal-read.js';
import { LazyJournal } from '../../src/batch/lazy-journal.js';
import { migrate } from '../../src/batch/migrate.js';
import type { MigrateOptions, RunReport, SettledDocument } from '../../src/batch/migrate.js';
import type { DocumentOutcome } from '../../src/batch/outcome.js';
import { rollback } from '../../src/batch/rollback.js';
import type { RollbackOutcome } from '../../src/batch/rollback.js';
import type { SourceContainer } from '../../src/batch/source.js';
import { FileContainer } from '../../src/batch/sources/file.js';
import { FilesSource } from '../../src/batch/sources/files.js';
import { NdjsonContainer } from '../../src/batch/sources/ndjson.js';
import { ObjectContainer } from '../../src/batch/sources/object.js';
import { ObjectPrefixSource } from '../../src/batch/sources/object-prefix.js';
import type { StageSettings } from '../../src/batch/stages.js';
import { verify } from '../../src/batch/verify.js';
import type { VerifyOutcome } from '../../src/batch/verify.js';
import { createBlobStore, memoryObjectStore, parseS3Uri } from '../../src/store/index.js';
import type { BlobStore, ObjectAddress, ObjectStore, StoredObject } from '../../src/store/index.js';

/** Seeded schedules run so many times as often with STATEBAG_SOAK set. */
export const SOAK = process.env['STATEBAG_SOAK'] === undefined ? 1 : 20;

export const NOW = '2026-02-01T02:00:00.000Z';
export const BLOBS = 'blobs';
export const DOCS = 'docs';

/** Thousands of small files come and go here; where the machine keeps files in memory, that is ten times as fast. */
const TEMPORARY = isWritable('/dev/shm') ? '/dev/shm' : tmpdir();

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A directory of this test alone, gone when it ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(TEMPORARY, 'statebag-batch-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Documents by name: a path below the source directory, or `s3://docs/key`. */
export type Documents = Readonly<Record<string, Uint8Array>>;

interface StoredAt extends ObjectAddress, StoredObject {}

interface Snapshot {
  readonly files: readonly (readonly [name: string, bytes: Uint8Array])[];
  readonly objects: readonly StoredAt[];
}

/** A place with documents to migrate: a directory, a bucket, an empty blob store and no journal yet. */
export class World {
  readonly source: string;
  readonly journal: string;

  constructor(
    readonly directory: string,
    public objects: ObjectStore = memoryObjectStore(),
  ) {
    this.source = join(directory, 'source');
    this.journal = join(directory, 'journal');
    mkdirSync(this.source, { recursive: true });
  }

  static async with(documents: Documents, directory = temporaryDirectory()): Promise<World> {
    const world = new World(directory);
    for (const [name, bytes] of Object.entries(documents)) await world.write(name, bytes);
    return world;
  }

  async write(name: string, bytes: Uint8Array): Promise<void> {
    if (name.startsWith('s3://')) {
      await this.objects.put(parseS3Uri(name), bytes, { attributes: { contentType: 'application/json', metadata: { name: 'kept' } } });
      return;
    }
    mkdirSync(dirname(join(this.source, name)), { recursive: true });
    writeFileSync(join(this.source, name), bytes);
  }

  /** All there is, to come back to. Journals name places, so it can be restored only to where it was. */
  async snapshot(): Promise<Snapshot> {
    const files = filesBelow(this.directory).map((name) => [name, readFileSync(join(this.directory, name))] as const);
    const objects: StoredAt[] = [];
    for (const bucket of [BLOBS, DOCS]) {
      for await (const { key } of this.objects.list(bucket, '')) objects.push({ bucket, key, ...(await this.objects.get({ bucket, key }, { withTags: true })) });
    }
    return { files, objects };
  }

  async restore({ files, objects }: Snapshot): Promise<void> {
    rmSync(this.directory, { recursive: true, force: true });
    mkdirSync(this.source, { recursive: true });
    for (const [name, bytes] of files) {
      mkdirSync(dirname(join(this.directory, name)), { recursive: true });
      writeFileSync(join(this.directory, name), bytes);
    }
    this.objects = memoryObjectStore();
    for (const { bucket, key, bytes, attributes } of objects) await this.objects.put({ bucket, key }, bytes, { attributes });
  }

  /** Every document, whole containers at a time. */
  async documents(): Promise<Record<string, Uint8Array>> {
    const files = filesBelow(this.source).map((name) => [name, readFileSync(join(this.source, name))] as const);
    return { ...Object.fromEntries(files), ...(await this.objectsOf(DOCS)) };
  }

  async blobs(): Promise<Record<string, Uint8Array>> {
    return this.objectsOf(BLOBS);
  }

  summary(): Promise<JournalSummary> {
    return summarizeJournal(this.journal);
  }

  private async objectsOf(bucket: string): Promise<Record<string, Uint8Array>> {
    const found: Record<string, Uint8Array> = {};
    for await (const { key } of this.objects.list(bucket, '')) found[`s3://${bucket}/${key}`] = (await this.objects.get({ bucket, key })).bytes;
    return found;
  }
}

/** A number that no process has: beyond what any kernel gives out. */
export const DEAD_PROCESS = 99_999_999;

/** The lock that a killed process leaves behind. */
export function leaveDeadLock({ journal }: World): void {
  if (existsSync(journal)) writeFileSync(join(journal, 'journal.lock'), `${DEAD_PROCESS} ${hostname()}\n`);
}

/** Names of all files below a directory, dotfiles too. */
export function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1)).sort();
}

/** What a run is given instead of the machine's own. */
export interface Ports {
  readonly disk?: Disk;
  readonly objects?: ObjectStore;
}

export interface RunOptions extends Partial<Omit<MigrateOptions, 'sources' | 'settings' | 'committer'>> {
  readonly apply?: boolean;
  readonly target?: StageSettings['target'];
  readonly destination?: Destination;
  readonly sources?: MigrateOptions['sources'];
}

export interface RunResult extends RunReport {
  readonly outcomes: readonly DocumentOutcome[];
  readonly settled: readonly SettledDocument[];
}

let runs = 0;

/** One run over a world as the command makes it, journal and all. Rejects where the command would exit with an error. */
export async function run(world: World, ports: Ports = {}, options: RunOptions = {}): Promise<RunResult> {
  const { disk = nodeDisk, objects = world.objects } = ports;
  const { apply = true, target = 'lean', destination, ...engine } = options;
  const outcomes: DocumentOutcome[] = [];
  const settled: SettledDocument[] = [];
  const blobs = blobStoreOn(objects);
  const settings = (sink: StageSettings['blobs']): StageSettings => ({
    target,
    manifestForm: 'list',
    office: { layout: DEFAULT_LAYOUT, bucket: BLOBS, prefix: '', digest: sha256 },
    steps: MIGRATIONS[target],
    blobs: sink,
  });
  const shared = {
    sources: sourcesOf(world, disk, objects),
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
        journal.append({ kind: 'run', v: 1, run: runId, at: NOW, tool: 'test', command: 'migrate', target, store: 'memory', bucket: BLOBS, prefix: '', sources: [world.source], options: {} });
      },
      pending: summary ? pendingIntents(summary) : new Map(),
      disk,
    });
    const report = await migrate({ ...shared, settings: settings(storeSink(blobs)), committer });
    if (committer.hasBegun) journal.append({ kind: 'end', run: runId, at: NOW, totals: { ...report.totals }, complete: report.complete });
    return { ...report, outcomes, settled };
  } finally {
    await journal.close();
  }
}

const IN_PLACE: Destination = { isCopy: false, pathOf: ({ id }) => id, open: (container) => container.replace() };

async function detectSummary(world: World): Promise<JournalSummary | undefined> {
  return existsSync(join(world.journal, JOURNAL_FILE)) ? world.summary() : undefined;
}

export function sourcesOf(world: World, disk: Disk = nodeDisk, objects: ObjectStore = world.objects): MigrateOptions['sources'] {
  const hasFiles = filesBelow(world.source).length > 0;
  return [...(hasFiles ? [new FilesSource(world.source, disk)] : []), new ObjectPrefixSource(objects, { bucket: DOCS, key: '' }, () => false)];
}

export function blobStoreOn(objects: ObjectStore): BlobStore {
  return createBlobStore({ objects, bucket: BLOBS, allowBuckets: ['local'], backoff: { sleep: () => Promise.resolve() } });
}

export async function runVerify(world: World, ports: Ports = {}): Promise<VerifyOutcome[]> {
  const outcomes: VerifyOutcome[] = [];
  const { disk = nodeDisk, objects = world.objects } = ports;
  await verify({
    directory: world.journal,
    summary: await world.summary(),
    blobs: blobStoreOn(objects),
    open: opener(disk, objects),
    target: 'lean',
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
  const runId = `run-${++runs}`;
  try {
    let hasBegun = false;
    const begin = () => {
      if (!hasBegun) journal?.append({ kind: 'run', v: 1, run: runId, at: NOW, tool: 'test', command: 'rollback', target: 'lean', store: 'memory', bucket: BLOBS, prefix: '', sources: [], options: {} });
      hasBegun = true;
    };
    await rollback({
      directory: world.journal,
      summary: await world.summary(),
      blobs: blobStoreOn(objects),
      open: opener(disk, objects),
      apply,
      concurrency: 2,
      onOutcome: (outcome) => {
        outcomes.push(outcome);
        if (outcome.outcome === 'failed') return;
        begin();
        const { id, outcome: what, bytesBefore, bytesAfter, code } = outcome;
        journal?.append({ kind: 'result', run: runId, at: NOW, doc: id, outcome: what, generation: 'unknown', bytesBefore, bytesAfter, ...(code && { code }) });
      },
    });
    if (hasBegun) journal?.append({ kind: 'end', run: runId, at: NOW, totals: {}, complete: true });
  } finally {
    await journal?.close();
  }
  return outcomes;
}

export function opener(disk: Disk, objects: ObjectStore): (id: string) => SourceContainer {
  return (id) => {
    const isNdjson = /\.(ndjson|jsonl)$/.test(id);
    if (id.startsWith('s3://')) return new ObjectContainer(objects, parseS3Uri(id), isNdjson);
    return isNdjson ? new NdjsonContainer(id, disk) : new FileContainer(id, disk);
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Digests of single documents: the lines of NDJSON each for itself, named as outcomes name them but for the directory.
 * Files in the making are left out.
 */
export function documentDigests(containers: Documents): Record<string, string> {
  const entries = Object.entries(containers).flatMap(([name, bytes]) => {
    if (!/json$/.test(name)) return [];
    if (!name.endsWith('.ndjson')) return [[name, sha256(bytes)] as const];
    const lines = Buffer.from(bytes).toString('latin1').split(/\r?\n/);
    return lines.flatMap((line, at) => (line.trim() === '' ? [] : [[`${name}#L${at + 1}`, sha256(Buffer.from(line, 'latin1'))] as const]));
  });
  return Object.fromEntries(entries.sort());
}

/** Digests by name, for comparing whole worlds with a readable difference. */
export function digests(documents: Documents): Record<string, string> {
  return Object.fromEntries(Object.entries(documents).map(([name, bytes]) => [name, sha256(bytes)]).sort());
}

/** Pointers into the blob store, in all documents, that lead to nothing or to other bytes than they name. */
export async function danglingPointers(world: World): Promise<string[]> {
  const blobs = await world.blobs();
  const dangling = new Set<string>();
  for (const bytes of Object.values(await world.documents())) {
    for (const [uri] of Buffer.from(bytes).toString('latin1').matchAll(new RegExp(`s3://${BLOBS}/[^"\\\\]+`, 'g'))) {
      const blob = blobs[uri];
      if (blob === undefined || !uri.includes(`/${sha256(blob)}/`)) dangling.add(uri);
    }
  }
  return [...dangling];
}
