import type { TaskEngine } from '../batch/fleet/run-task.js';
import { TaskRecords } from '../batch/fleet/task-records.js';
import { storeSink } from '../run/blob-sinks.js';
import { knownDigests, knownManifests } from '../store/address.js';
import type { RowTable } from '../sources/dynamodb/port.js';
import { ConfigError } from '../errors/index.js';
import { asFolder, createBlobStore } from '../store/blob-store.js';
import type { BlobStore, ObjectStore } from '../store/index.js';
import { openObjectStore } from '../store/open.js';
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
      import('../sources/dynamodb/table.js').then(({ dynamoDbTable }) => dynamoDbTable(name, options));
    opened.set(name, table);
    return table;
  };
}

function assertS3(name: string, uri: string): string {
  if (uri.startsWith('s3://')) return uri;
  throw new ConfigError('VARIABLE_INVALID', `STATEBAG_${name} takes s3://bucket/prefix, not "${uri}"`);
}
