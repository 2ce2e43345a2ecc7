import { readNow } from './calls.js';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { memoryObjectStore } from 'statebag-shim/memory';
import type { ObjectStore } from '../../../src/store/object-store.js';
import type { Row, RowTable } from '../../../src/sources/dynamodb/port.js';
import { bag } from '../../batch/bags.js';
import { pausedRow, rowText } from '../../batch/rows.js';
import { DOCS, filesBelow, sha256 } from '../../batch/scratch.js';
import type { Documents } from '../../batch/scratch.js';
import { run } from '../../batch/workbench.js';
import { World } from '../../batch/world.js';
import { memoryTable } from '../../fakes/memory-table.js';
import { TableState } from '../../fakes/table-state.js';
import { currentProcess } from './stepped-process.js';
import type { Step, SteppedProcess } from './stepped-process.js';

/** Documents that both processes are about. */
export interface Subject {
  readonly name: string;
  readonly documents: Documents;
  readonly rows: readonly Row[];
}

const lines = Buffer.concat([1, 2, 3].flatMap((seed) => [bag(seed), Buffer.from('\n')]));

export const SUBJECTS = {
  file: { name: 'one file', documents: { 'a.json': bag(1) }, rows: [] },
  files: { name: 'two files', documents: { 'a.json': bag(1), 'b.json': bag(2) }, rows: [] },
  lines: { name: 'NDJSON of three lines', documents: { 'lines.ndjson': lines }, rows: [] },
  object: { name: 'one S3 object', documents: { [`s3://${DOCS}/one.json`]: bag(1) }, rows: [] },
  row: { name: 'one row', documents: {}, rows: [pausedRow('e1')] },
} as const satisfies Record<string, Subject>;

/** The one row of a table is a container of this name. */
export const ROW = 'row';

/** What the bytes of a container are: all of them the original, or all of them the result of one run. */
export type Form = 'original' | 'lean' | 'bridge' | 'lean of bridge';

/** Forms of every container by the digest of its bytes. */
export type Forms = ReadonlyMap<string, ReadonlyMap<string, Form>>;

/** A container was replaced. */
export interface Commit {
  readonly by: string;
  readonly container: string;
  readonly before: Form | undefined;
  readonly after: Form | undefined;
}

/** The same place with another journal. */
class JournalWorld extends World {
  override readonly journal: string;

  constructor({ directory, objects, table }: World, journal: string) {
    super(directory, objects, table);
    this.journal = join(directory, journal);
  }
}

/** A place in which two processes work. It notes which of them replaced what. */
export class PairWorld extends World {
  readonly processes: SteppedProcess[] = [];
  readonly commits: Commit[] = [];
  /** Of every container, as the last process left it. */
  readonly forms: Map<string, Form | undefined>;

  constructor(
    directory: string,
    private readonly known: Forms,
    private readonly age: { time: number | undefined } = { time: undefined },
  ) {
    super(directory, memoryObjectStore({ now: () => age.time ?? Date.now() }), new TableState('Tokens'));
    this.forms = new Map();
  }

  withJournal(name: string): World {
    return new JournalWorld(this, name);
  }

  /** The ports of a process: the disk is that of Node, which `calls.ts` has replaced. */
  get ports(): { readonly objects: ObjectStore; readonly table: RowTable } {
    return { objects: this.steppedObjects(), table: this.steppedTable() };
  }

  /** Notes a file that was replaced. */
  readonly onStep = ({ kind, path }: Step, process: SteppedProcess): void => {
    if (kind !== 'rename' || dirname(path) !== this.source || basename(path).startsWith('.statebag-')) return;
    this.committed(basename(path), readNow(path), process.name);
  };

  formOf(container: string, bytes: Uint8Array): Form | undefined {
    return this.known.get(container)?.get(sha256(bytes));
  }

  /** The form of each container, as it is now. */
  async currentForms(): Promise<Map<string, Form | undefined>> {
    const containers = await readContainers(this);
    return new Map(Object.entries(containers).map(([name, bytes]) => [name, this.formOf(name, bytes)]));
  }

  /** Puts everything of a snapshot here. Journals name the place that they are about: it is replaced by this one. */
  async fill({ directory, files, objects, rows }: Template, blobTime: number | undefined): Promise<void> {
    for (const [name, bytes] of files) {
      mkdirSync(dirname(join(this.directory, name)), { recursive: true });
      const isJournal = basename(name) === 'journal.ndjson';
      writeFileSync(
        join(this.directory, name),
        isJournal ? bytes.toString().replaceAll(directory, this.directory) : bytes,
      );
    }
    this.age.time = blobTime;
    for (const { bucket, key, bytes, attributes } of objects)
      await this.objects.put({ bucket, key }, bytes, { attributes });
    this.age.time = undefined;
    this.table.restore(rows);
    for (const [name, form] of await this.currentForms()) this.forms.set(name, form);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Notes a change that a run has made, if it is one. */
  changed(container: string, form: Form | undefined, by: string): void {
    if (form !== this.forms.get(container)) this.note(container, form, by);
  }

  private committed(container: string, bytes: Uint8Array, by: string): void {
    this.note(container, this.formOf(container, bytes), by);
  }

  private note(container: string, after: Form | undefined, by: string): void {
    this.commits.push({ by, container, before: this.forms.get(container), after });
    this.forms.set(container, after);
  }

  private steppedObjects(): ObjectStore {
    const { objects } = this;
    const step = <T>(kind: string, uri: string, call: () => Promise<T>): Promise<T> =>
      currentProcess()?.step({ kind, path: uri }, call) ?? call();
    return {
      description: objects.description,
      keepsAttributes: objects.keepsAttributes,
      get: (address, request) => step('get', uriOf(address), () => objects.get(address, request)),
      list: async function* (bucket, prefix, signal) {
        await step('list', uriOf({ bucket, key: prefix }), () => Promise.resolve());
        yield* objects.list(bucket, prefix, signal);
      },
      put: (address, bytes, request) =>
        step('put', uriOf(address), async () => {
          const version = await objects.put(address, bytes, request);
          if (address.bucket === DOCS) this.committed(uriOf(address), bytes, currentProcess()!.name);
          return version;
        }),
      delete: (address, request) => step('delete', uriOf(address), () => objects.delete(address, request)),
    };
  }

  private steppedTable(): RowTable {
    const table = memoryTable(this.table);
    const step = <T>(kind: string, call: () => Promise<T>): Promise<T> =>
      currentProcess()?.step({ kind, path: `dynamodb://${table.name}` }, call) ?? call();
    return {
      name: table.name,
      consumed: table.consumed,
      shape: () => table.shape(),
      scan: async function* (part, signal) {
        await step('scan', () => Promise.resolve());
        yield* table.scan(part, signal);
      },
      query: (query, signal) => table.query(query, signal),
      get: (key, signal) => step('get', () => table.get(key, signal)),
      update: (key, update, signal) =>
        step('update', async () => {
          await table.update(key, update, signal);
          this.committed(ROW, bytesOfRow(this.table.get(key)!), currentProcess()!.name);
        }),
    };
  }
}

/** All that is in a world before two processes begin. */
export interface Template {
  readonly directory: string;
  readonly forms: Forms;
  readonly files: readonly (readonly [name: string, bytes: Buffer])[];
  readonly objects: Awaited<ReturnType<World['snapshot']>>['objects'];
  readonly rows: ReadonlyMap<string, Row>;
}

export interface TemplateOptions {
  /** What earlier runs have made of the documents. */
  readonly earlier?: ((world: PairWorld) => Promise<unknown>) | undefined;
  /** Rows that may take the place of the first one. What runs make of them is known as well. */
  readonly successors?: readonly Row[] | undefined;
}

/** A template of the documents of a subject in a directory, which is removed again. */
export async function makeTemplate(
  subject: Subject,
  directory: string,
  { earlier = () => Promise.resolve(), successors = [] }: TemplateOptions = {},
): Promise<Template> {
  const forms: MutableForms = new Map();
  await addForms(forms, subject, `${directory}-forms`);
  for (const row of successors) await addForms(forms, { ...subject, rows: [row] }, `${directory}-forms`);
  const world = await worldOf(subject, directory, forms);
  await earlier(world);
  const { files, objects, rows } = await world.snapshot();
  world.remove();
  return { directory, forms, files: files.map(([name, bytes]) => [name, Buffer.from(bytes)]), objects, rows };
}

async function worldOf({ documents, rows }: Subject, directory: string, forms: Forms = new Map()): Promise<PairWorld> {
  const world = new PairWorld(directory, forms);
  for (const [name, bytes] of Object.entries(documents)) await world.write(name, bytes);
  for (const row of rows) world.table.put(row);
  return world;
}

type MutableForms = Map<string, Map<string, Form>>;

/** What one run alone makes of each container, and lean of what bridge has made. */
async function addForms(forms: MutableForms, subject: Subject, directory: string): Promise<void> {
  const note = async (world: PairWorld, form: Form) => {
    for (const [name, bytes] of Object.entries(await readContainers(world))) {
      const ofName = forms.get(name) ?? new Map<string, Form>();
      forms.set(name, ofName);
      // Where lean of bridge has the bytes of lean, it is lean.
      if (!ofName.has(sha256(bytes))) ofName.set(sha256(bytes), form);
    }
  };
  const world = await worldOf(subject, directory);
  await note(world, 'original');
  await run(world);
  await note(world, 'lean');
  world.remove();
  const other = await worldOf(subject, directory);
  await run(other, {}, { target: 'bridge' });
  await note(other, 'bridge');
  await run(other.withJournal('second'));
  await note(other, 'lean of bridge');
  other.remove();
}

/** The bytes of every container by its name. Unfinished files and locks are left out. */
async function readContainers(world: World): Promise<Record<string, Uint8Array>> {
  const documents = Object.entries(await world.documents()).filter(
    ([name]) => !basename(name).startsWith('.statebag-'),
  );
  const rows = world.table.all().map((row) => [ROW, bytesOfRow(row)] as const);
  return Object.fromEntries([...documents, ...rows]);
}

/** Names of unfinished files and locks in a world. */
export function leftoversIn(world: World): string[] {
  return filesBelow(world.directory).filter((name) => /^(\.statebag-.*|journal\.lock.*)$/.test(basename(name)));
}

function bytesOfRow(row: Row): Uint8Array {
  return Buffer.from(rowText(row));
}

function uriOf({ bucket, key }: { readonly bucket: string; readonly key: string }): string {
  return `s3://${bucket}/${key}`;
}
