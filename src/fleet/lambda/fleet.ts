import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError } from '../../errors/index.js';
import { storeSink } from '../../run/transform.js';
import type { RowTable } from '../../sources/dynamodb/port.js';
import { knownDigests, knownManifests } from '../../store/address.js';
import { asFolder, createBlobStore } from '../../store/blob-store.js';
import type { BlobStore, ObjectStore } from '../../store/index.js';
import { openObjectStore } from '../../store/open.js';
import type { OutcomeCounts } from '../collect.js';
import { TaskRecords } from '../task-records.js';
import type { TaskEngine } from '../task.js';
import { fleetSettings } from './environment.js';
import type { FleetSettings } from './environment.js';

/** Everything a function has at hand, kept as long as its sandbox lives. */
export interface Fleet {
  readonly settings: FleetSettings;
  readonly engine: TaskEngine;
  /** Where documents are. */
  readonly objects: ObjectStore;
  /** A table of paused executions; the driver is loaded when a row is asked for. */
  readonly table: (name: string) => Promise<RowTable>;
  /** Takes a line of the log, with its end. */
  readonly log: (line: string) => void;
}

/** Opens what the settings name. Makes no request. */
export async function openFleet(settings: FleetSettings): Promise<Fleet> {
  const { s3, bucket } = settings;
  const [store, records] = await Promise.all([
    openObjectStore(settings.store, { s3, ...(bucket === undefined ? {} : { bucket }) }),
    openObjectStore(assertS3('RECORDS', settings.records), { s3 }),
  ]);
  const { allowBuckets, allowPrefixes, layout } = settings;
  const blobs = createBlobStore({ ...store, allowBuckets, allowPrefixes, layout });
  const place = { objects: records.objects, bucket: records.bucket, prefix: asFolder(records.prefix) };
  const engine = taskEngine(settings, blobs, new TaskRecords(place));
  return {
    settings,
    engine,
    objects: records.objects,
    table: tables(settings),
    log: (line) => process.stdout.write(line),
  };
}

function taskEngine(
  { target, manifestForm, isFormAsked, layout, concurrency }: FleetSettings,
  blobs: BlobStore,
  records: TaskRecords,
): TaskEngine {
  const addressing = { layout, bucket: blobs.bucket, prefix: blobs.prefix, digest: knownDigests() };
  const settings = {
    target,
    manifestForm,
    isFormAsked,
    addressing,
    manifests: knownManifests(),
    blobs: storeSink(blobs),
  };
  return { settings, records, concurrency, now: () => new Date().toISOString() };
}

/** Opened on the first call, once; after a failure again. */
export function lazyFleet(
  open: () => Promise<Fleet> = () => openFleet(fleetSettings(process.env)),
): () => Promise<Fleet> {
  let opened: Promise<Fleet> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}

function tables({ tables: options }: FleetSettings): Fleet['table'] {
  const opened = new Map<string, Promise<RowTable>>();
  return (name) => {
    const table =
      opened.get(name) ??
      import('../../sources/dynamodb/table.js').then(({ dynamoDbTable }) => dynamoDbTable(name, options));
    opened.set(name, table);
    return table;
  };
}

function assertS3(name: string, uri: string): string {
  if (uri.startsWith('s3://')) return uri;
  throw new ConfigError('VARIABLE_INVALID', `STATEBAG_${name} takes s3://bucket/prefix, not "${uri}"`);
}

/** What Lambda hands over beside the event, as far as it is needed. */
export interface LambdaContext {
  /** Milliseconds. */
  getRemainingTimeInMillis(): number;
}

/** An invocation's time. */
export interface Deadline {
  /** Aborted when no further document is to be begun. */
  readonly stop: AbortSignal;
  /** Resolves when an answer must go out, whatever is still in hand. */
  readonly end: Promise<'late'>;
  release(): void;
}

/** What a document may take from its reading to its commit, in the share of the margin that is for it. */
const ANSWER_SHARE = 0.2;

/**
 * The last `marginMs` of an invocation are for finishing: from then on nothing is begun, and in the last fifth of it
 * the answer goes out with what is done. What is still under way is not harmed: it lands or it does not, and the record
 * of the task tells the next delivery.
 */
export function deadlineOf(context: LambdaContext, marginMs: number): Deadline {
  const stop = new AbortController();
  const done = new AbortController();
  const left = context.getRemainingTimeInMillis();
  const after = (milliseconds: number) => wait(Math.max(0, milliseconds), undefined, { signal: done.signal });
  void after(left - marginMs).then(
    () => {
      stop.abort();
    },
    () => undefined,
  );
  const end = after(left - marginMs * ANSWER_SHARE).then(
    (): 'late' => 'late',
    () => new Promise<never>(() => undefined),
  );
  return {
    stop: stop.signal,
    end,
    release: () => {
      done.abort();
    },
  };
}

/** The work's result, or `late` when the time is over. */
export async function beforeEnd<T>(work: Promise<T>, { end }: Deadline): Promise<T | 'late'> {
  return Promise.race([work, end]);
}

/** Where CloudWatch keeps the metrics; `deploy/fleet` has alarms on them. */
const NAMESPACE = 'Statebag/Fleet';

const METRICS = {
  migrated: 'Migrated',
  unchanged: 'Unchanged',
  quarantined: 'Quarantined',
  failed: 'Failed',
  'not-started': 'NotStarted',
} as const;

/** One line of CloudWatch's embedded metric format. `timestamp` in milliseconds since 1970. */
export function metricsLine(engine: 's3-batch' | 'map', run: string, counts: OutcomeCounts, timestamp: number): string {
  const values = Object.entries(METRICS).map(
    ([outcome, name]) => [name, counts[outcome as keyof typeof METRICS] ?? 0] as const,
  );
  const Metrics = values.map(([Name]) => ({ Name, Unit: 'Count' }));
  const _aws = {
    Timestamp: timestamp,
    CloudWatchMetrics: [{ Namespace: NAMESPACE, Dimensions: [['Engine']], Metrics }],
  };
  return `${JSON.stringify({ Engine: engine, run, ...Object.fromEntries(values), _aws })}\n`;
}
