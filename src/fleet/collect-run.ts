import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../errors/index.js';
import { summarizeJournal } from '../journal/read.js';
import { JournalSession } from '../journal/session.js';
import type { RunContext } from '../run/context.js';
import type { Totals } from '../run/outcome.js';
import { isTableUri, tableOfRowId } from '../sources/dynamodb/id.js';
import { RowContainer } from '../sources/dynamodb/rows.js';
import { JOURNAL_FILE } from '../sources/own-files.js';
import { objectContainer } from '../sources/objects.js';
import { omitUndefined } from '../run/request.js';
import { openObjectStore, openStore } from '../store/open.js';
import type { StoreSettings } from '../store/open.js';
import { openTable } from '../sources/open.js';
import type { TableSettings } from '../sources/open.js';
import type { SourceContainer } from '../sources/source.js';
import { parseS3Uri } from '../store/address.js';
import { asFolder } from '../store/blob-store.js';
import type { ObjectStore } from '../store/object-store.js';
import { collect, totalsOf } from './collect.js';
import type { CollectOptions, Reported } from './collect.js';
import { readReport } from './reports.js';
import { TaskRecords } from './task-records.js';

/** What a fleet did, and the journal that is to say so. */
export interface FleetCollectRequest {
  /** Absolute path of the journal's directory. */
  readonly journal: string;
  /** `s3://bucket/prefix` of the records, as the functions have it in `STATEBAG_RECORDS`. */
  readonly records: string;
  /** Manifests of completion reports, or of results of a Map Run: `s3://…/manifest.json`. */
  readonly reports: readonly string[];
  readonly target: 'lean' | 'bridge';
  readonly store: StoreSettings;
  readonly tables: TableSettings;
  /** Writes no journal. */
  readonly dryRun: boolean;
}

/**
 * Records and reports of a fleet become a journal like that of `migrate`. Resolves to the totals of the journal. May
 * be repeated while the fleet works and afterwards. Throws `ConfigError` for a request that cannot be used.
 */
export async function collectRun(
  request: FleetCollectRequest,
  context: RunContext,
  onResult: NonNullable<CollectOptions['onResult']>,
): Promise<Totals> {
  const { journal, dryRun } = request;
  if (!dryRun) return collectInto(journal, request, context, onResult);
  const copy = await mkdtemp(join(tmpdir(), 'statebag-collect-'));
  try {
    await copyFile(join(journal, JOURNAL_FILE), join(copy, JOURNAL_FILE)).catch(refuseUnlessMissing);
    return await collectInto(copy, request, context, onResult);
  } finally {
    await rm(copy, { recursive: true });
  }
}

function refuseUnlessMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

async function collectInto(
  directory: string,
  request: FleetCollectRequest,
  context: RunContext,
  onResult: NonNullable<CollectOptions['onResult']>,
): Promise<Totals> {
  const session = await openSession(directory, request, context);
  try {
    const { objects, records } = await openRecords(request);
    session.begin();
    await collect({
      records,
      open: (id) => openContainer(id, objects, request.tables),
      reports: readAll(request.reports, objects),
      journal: session,
      summary: session.summary,
      runId: session.runId,
      now: () => session.now(),
      onResult,
    });
    const totals = totalsOf(await summarizeJournal(directory));
    // Intents without a result are unsettled documents of the journal; a later run or report settles them.
    await session.end({ totals: { ...totals }, complete: true });
    return totals;
  } finally {
    await session.close();
  }
}

async function openSession(
  directory: string,
  { store: settings, target, records, tables }: FleetCollectRequest,
  context: RunContext,
): Promise<JournalSession> {
  const store = await openStore(settings, context.cwd);
  const { allowBuckets, allowPrefixes, layout, s3 } = settings;
  return JournalSession.open(
    directory,
    {
      command: 'migrate',
      target,
      store: store.spec,
      bucket: store.blobs.bucket,
      prefix: store.blobs.prefix,
      sources: [records],
      options: omitUndefined({ allowBuckets, allowPrefixes, layout, s3, tables }),
    },
    context,
  );
}

async function openRecords({
  records: uri,
  store,
}: FleetCollectRequest): Promise<{ readonly objects: ObjectStore; readonly records: TaskRecords }> {
  if (!uri.startsWith('s3://'))
    throw new ConfigError(
      'USAGE',
      `--records takes s3://bucket/prefix, as the functions have it in STATEBAG_RECORDS, not "${uri}"`,
    );
  const { objects, bucket, prefix } = await openObjectStore(uri, store.s3 ? { s3: store.s3 } : {});
  return { objects, records: new TaskRecords({ objects, bucket, prefix: asFolder(prefix) }) };
}

/** As the functions of a fleet open what their items name. */
async function openContainer(id: string, objects: ObjectStore, tables: TableSettings): Promise<SourceContainer> {
  if (isTableUri(id)) return RowContainer.named(await openTable(tableOfRowId(id), tables), id);
  return objectContainer(objects, parseS3Uri(id));
}

async function* readAll(uris: readonly string[], objects: ObjectStore): AsyncIterable<Reported> {
  for (const uri of uris) yield* readReport(uri, objects);
}
