import { createHash } from 'node:crypto';
import { pMapIterable } from 'p-map';
import { IntegrityError, StateBagError } from '../errors/index.js';
import type { IntentEntry, ResultEntry } from '../journal/entries.js';
import { DEFAULT_BACKOFF, pauseBefore } from '../store/backoff.js';
import type { Backoff } from '../store/backoff.js';
import { formatS3Uri } from '../store/index.js';
import type { ObjectAddress, ObjectStore } from '../store/index.js';

/** A line of a record: what a task means to do to a document, and what is to be said once it is done. */
export type TaskEntry = IntentEntry | ResultEntry;

/** What lies in one record. */
export interface TaskRecord {
  readonly address: ObjectAddress;
  readonly entries: readonly TaskEntry[];
}

export interface RecordPlace {
  readonly objects: ObjectStore;
  readonly bucket: string;
  /** Empty, or ending with `/`. */
  readonly prefix: string;
  readonly backoff?: Backoff;
}

/** Records read at a time when all are read. */
const READ_AHEAD = 16;

const CONTENT = { attributes: { contentType: 'application/x-ndjson' } } as const;

/**
 * The journal of tasks that run on many machines: one object a task, written before the task changes anything, under a
 * key that container and change determine. Whoever is given the same task again meets the record of the first time.
 *
 *     {prefix}tasks/{sha256 of the container's id}/{sha256 of every document's id, before and after}.ndjson
 *     {prefix}results/{sha256 of the container's id}/{sha256 of the results}.ndjson
 *
 * Errors: those of the store; `IntegrityError` `RECORD_CORRUPT` for an object that is no record.
 */
export class TaskRecords {
  constructor(private readonly place: RecordPlace) {}

  /** Writes a record unless there is one of the same task. Resolves to what lies there now. */
  async keep(containerId: string, entries: readonly TaskEntry[]): Promise<readonly TaskEntry[]> {
    const address = this.at(`tasks/${digestOf(containerId)}/${taskDigest(entries)}.ndjson`);
    const isNew = await this.writeOnce(address, format(entries));
    return isNew ? entries : this.read(address);
  }

  /** Everything that was ever meant to be done to a container, the latest last. */
  async of(containerId: string): Promise<readonly TaskEntry[]> {
    const records: TaskRecord[] = [];
    for await (const record of this.below(`tasks/${digestOf(containerId)}/`)) records.push(record);
    return records.sort(byTime).flatMap(({ entries }) => entries);
  }

  /** Every record; those of one container one behind the other, by time. Memory: the records of one container. */
  async *all(): AsyncIterable<TaskRecord> {
    let group: TaskRecord[] = [];
    for await (const record of this.below('tasks/')) {
      if (group.length > 0 && folderOf(group[0]!) !== folderOf(record)) {
        yield* group.sort(byTime);
        group = [];
      }
      group.push(record);
    }
    yield* group.sort(byTime);
  }

  /** Keeps results that are too long for an answer. Resolves to where: `s3://bucket/key`. */
  async keepResults(containerId: string, results: readonly ResultEntry[]): Promise<string> {
    const told = results.map(({ doc, outcome, code, bytesBefore, bytesAfter }) => [
      doc,
      outcome,
      code,
      bytesBefore,
      bytesAfter,
    ]);
    const address = this.at(`results/${digestOf(containerId)}/${digestOf(JSON.stringify(told))}.ndjson`);
    await this.writeOnce(address, format(results));
    return formatS3Uri(address);
  }

  async read(address: ObjectAddress): Promise<readonly TaskEntry[]> {
    const { bytes } = await this.place.objects.get(address);
    return parse(address, Buffer.from(bytes).toString());
  }

  private async *below(folder: string): AsyncIterable<TaskRecord> {
    const { bucket, key } = this.at(folder);
    const load = async (address: ObjectAddress): Promise<TaskRecord> => ({
      address,
      entries: await this.read(address),
    });
    yield* pMapIterable(this.place.objects.list(bucket, key), load, { concurrency: READ_AHEAD });
  }

  /** False when something lies there already. */
  private async writeOnce(address: ObjectAddress, text: string): Promise<boolean> {
    const { attempts, sleep, random } = this.place.backoff ?? DEFAULT_BACKOFF;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.place.objects.put(address, Buffer.from(text), { ifAbsent: true, ...CONTENT });
        return true;
      } catch (error) {
        const code = error instanceof StateBagError ? error.code : '';
        if (code === 'PRECONDITION_FAILED') return false;
        if (code !== 'WRITE_CONFLICT' || attempt >= attempts) throw error;
        await sleep(pauseBefore(attempt, random));
      }
    }
  }

  private at(key: string): ObjectAddress {
    return { bucket: this.place.bucket, key: this.place.prefix + key };
  }
}

function taskDigest(entries: readonly TaskEntry[]): string {
  const changes = entries.flatMap((entry) => (entry.kind === 'intent' ? [[entry.doc, entry.before, entry.after]] : []));
  return digestOf(JSON.stringify(changes));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function format(entries: readonly TaskEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

function parse(address: ObjectAddress, text: string): readonly TaskEntry[] {
  try {
    const entries = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as TaskEntry);
    if (entries.every(({ kind }) => ['intent', 'result'].includes(kind))) return entries;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new IntegrityError(
    'RECORD_CORRUPT',
    `${formatS3Uri(address)} is no record of a task; restore it, or look for another prefix`,
  );
}

function folderOf({ address }: TaskRecord): string {
  return address.key.slice(0, address.key.lastIndexOf('/'));
}

function byTime(one: TaskRecord, other: TaskRecord): number {
  const [first, second] = [one.entries[0]?.at ?? '', other.entries[0]?.at ?? ''];
  return first < second ? -1 : Number(first > second);
}
