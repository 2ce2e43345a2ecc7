import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { summarizeJournal } from '../../src/journal/read.js';
import type { JournalSummary } from '../../src/journal/read.js';
import type { Row } from '../../src/sources/dynamodb/port.js';
import { TableState } from '../fakes/table-state.js';
import { deadLock, deadOwner, ownerWith } from '../locks/owners.js';
import { memoryObjectStore, parseS3Uri } from '../../src/store/index.js';
import type { ObjectAddress, ObjectStore, StoredObject } from '../../src/store/index.js';
import { BLOBS, DOCS, filesBelow, temporaryDirectory } from './scratch.js';
import type { Documents } from './scratch.js';

export {
  BLOBS,
  danglingPointers,
  digests,
  DOCS,
  documentDigests,
  filesBelow,
  NOW,
  sha256,
  SOAK,
  temporaryDirectory,
} from './scratch.js';

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

/** What a killed process leaves: a lock and temporary files that say whose they are. */
export function dieIn({ journal, directory }: World): void {
  if (existsSync(journal)) writeFileSync(join(journal, 'journal.lock'), deadLock());
  for (const name of filesBelow(directory).filter((file) => basename(file).startsWith(`.statebag-${ownerWith()}-`))) {
    const dead = basename(name).replace(ownerWith(), deadOwner());
    renameSync(join(directory, name), join(directory, dirname(name), dead));
  }
}
