import { createHash, randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { summarizeJournal } from '../../src/batch/journal-read.js';
import type { JournalSummary } from '../../src/batch/journal-read.js';
import type { Row } from '../../src/batch/table.js';
import { ownerOfTemporary } from '../../src/locks/own-names.js';
import { thisOwner } from '../../src/locks/owner.js';
import { TableState } from '../fakes/table-state.js';
import { memoryObjectStore, parseS3Uri } from '../../src/store/index.js';
import type { ObjectAddress, ObjectStore, StoredObject } from '../../src/store/index.js';

/** Seeded schedules run so many times as often with STATEBAG_SOAK set. */
export const SOAK = process.env.STATEBAG_SOAK === undefined ? 1 : 20;

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
  readonly rows: ReadonlyMap<string, Row>;
}

/** A place with documents to migrate: a directory, a bucket, an empty blob store and no journal yet. */
export class World {
  readonly source: string;
  readonly journal: string;

  constructor(
    readonly directory: string,
    public objects: ObjectStore = memoryObjectStore(),
    /** Rows of paused executions; none unless a test puts some. */
    readonly table = new TableState('Tokens'),
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
      await this.objects.put(parseS3Uri(name), bytes, {
        attributes: { contentType: 'application/json', metadata: { name: 'kept' } },
      });
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
      for await (const { key } of this.objects.list(bucket, ''))
        objects.push({ bucket, key, ...(await this.objects.get({ bucket, key }, { withTags: true })) });
    }
    return { files, objects, rows: this.table.snapshot() };
  }

  async restore({ files, objects, rows }: Snapshot): Promise<void> {
    this.table.restore(rows);
    rmSync(this.directory, { recursive: true, force: true });
    mkdirSync(this.source, { recursive: true });
    for (const [name, bytes] of files) {
      mkdirSync(dirname(join(this.directory, name)), { recursive: true });
      writeFileSync(join(this.directory, name), bytes);
    }
    this.objects = memoryObjectStore();
    for (const { bucket, key, bytes, attributes } of objects)
      await this.objects.put({ bucket, key }, bytes, { attributes });
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
    for await (const { key } of this.objects.list(bucket, ''))
      found[`s3://${bucket}/${key}`] = (await this.objects.get({ bucket, key })).bytes;
    return found;
  }
}

/** A number that no process has: beyond what any kernel gives out. */
export const DEAD_PROCESS = 99_999_999;

/** The same process as this one, but for its number. */
export function deadOwner(): string {
  return thisOwner().replace(/^\d+/, String(DEAD_PROCESS));
}

/** What a lock of a dead process of this machine says. */
export function deadLock(): string {
  return `${DEAD_PROCESS} ${hostname()} ${deadOwner()} ${randomBytes(16).toString('hex')}\n`;
}

/** What a killed process leaves: a lock and temporary files that say whose they are. */
export function dieIn({ journal, directory }: World): void {
  if (existsSync(journal)) writeFileSync(join(journal, 'journal.lock'), deadLock());
  for (const name of filesBelow(directory).filter((file) => ownerOfTemporary(basename(file)) === thisOwner())) {
    const dead = basename(name).replace(thisOwner(), deadOwner());
    renameSync(join(directory, name), join(directory, dirname(name), dead));
  }
}

/** Names of all files below a directory, dotfiles too. */
export function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
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
    if (!name.endsWith('json')) return [];
    if (!name.endsWith('.ndjson')) return [[name, sha256(bytes)] as const];
    const lines = Buffer.from(bytes).toString('latin1').split(/\r?\n/);
    return lines.flatMap((line, at) =>
      line.trim() === '' ? [] : [[`${name}#L${at + 1}`, sha256(Buffer.from(line, 'latin1'))] as const],
    );
  });
  return Object.fromEntries<string>(entries.sort());
}

/** Digests by name, for comparing whole worlds with a readable difference. */
export function digests(documents: Documents): Record<string, string> {
  return Object.fromEntries<string>(
    Object.entries(documents)
      .map(([name, bytes]) => [name, sha256(bytes)] as const)
      .sort(),
  );
}

/** Pointers into the blob store, in all documents, that lead to nothing or to other bytes than they name. */
export async function danglingPointers(world: World): Promise<string[]> {
  const blobs = await world.blobs();
  const dangling = new Set<string>();
  for (const bytes of Object.values(await world.documents())) {
    for (const [uri] of Buffer.from(bytes)
      .toString('latin1')
      .matchAll(new RegExp(`s3://${BLOBS}/[^"\\\\]+`, 'g'))) {
      const blob = blobs[uri];
      if (blob === undefined || !uri.includes(`/${sha256(blob)}/`)) dangling.add(uri);
    }
  }
  return [...dangling];
}
