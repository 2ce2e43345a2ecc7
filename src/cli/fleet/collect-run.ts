import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect, totalsOf } from '../../fleet/collect.js';
import type { Reported } from '../../fleet/collect.js';
import { readReport } from '../../fleet/reports.js';
import { TaskRecords } from '../../fleet/task-records.js';
import { JOURNAL_FILE } from '../../sources/own-files.js';
import { summarizeJournal } from '../../journal/read.js';
import type { ResultEntry } from '../../journal/entries.js';
import { needsAttention } from '../../run/outcome.js';
import type { Totals } from '../../run/outcome.js';
import { ConfigError } from '../../errors/index.js';
import { asFolder } from '../../store/blob-store.js';
import type { ObjectStore } from '../../store/object-store.js';
import { openObjectStore, openStore } from '../../store/open.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { JournalSession } from '../../journal/session.js';
import {
  journalDirectory,
  layoutSettings,
  outputSettings,
  s3Settings,
  storeSettings,
  tableSettings,
} from '../options.js';
import { totalRows } from '../reporters/migration-figures.js';
import { openReporter, reporting } from '../reporters/outcome-reporter.js';
import type { CollectArguments } from './fleet-options.js';
import { omitUndefined } from '../../run/request.js';
import type { SourceContainer } from '../../sources/source.js';
import { isTableUri, tableOfRowId } from '../../sources/dynamodb/id.js';
import { RowContainer } from '../../sources/dynamodb/rows.js';
import { objectContainer } from '../../sources/objects.js';
import { parseS3Uri } from '../../store/address.js';
import { openTable } from '../../sources/open.js';
import type { TableSettings } from '../../sources/open.js';

/** `fleet collect [REPORT…]`: records and reports of a fleet become a journal like that of `migrate`. */
export async function collectRun(args: CollectArguments, io: CliIo): Promise<number> {
  const directory = journalDirectory(args.options, io);
  if (!args.options['dry-run']) return collectInto(directory, args, io);
  const copy = await mkdtemp(join(tmpdir(), 'statebag-collect-'));
  try {
    await copyFile(join(directory, JOURNAL_FILE), join(copy, JOURNAL_FILE)).catch(refuseUnlessMissing);
    return await collectInto(copy, args, io);
  } finally {
    await rm(copy, { recursive: true });
  }
}

function refuseUnlessMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

async function collectInto(
  directory: string,
  { positionals: reports, options }: CollectArguments,
  io: CliIo,
): Promise<number> {
  const reporter = openReporter(io, outputSettings(options, io));
  return reporting(reporter, async () => {
    const session = await openSession(directory, options, io);
    try {
      const { objects, records } = await openRecords(options);
      session.begin();
      const onResult = (result: ResultEntry) => reporter.add(members(result), isFinding(result));
      await collect({
        records,
        open: (id) => openContainer(id, objects, tableSettings(options)),
        reports: readAll(reports, objects),
        journal: session,
        summary: session.summary,
        runId: session.runId,
        now: () => session.now(),
        onResult,
      });
      const totals = totalsOf(await summarizeJournal(directory));
      // Intents without a result are unsettled documents of the journal; a later run or report settles them.
      await session.end({ ...totals }, true);
      await reporter.finish({ totals }, totalRows(totals, false));
      return exitCodeOf(totals);
    } finally {
      await session.close();
    }
  });
}

async function openSession(
  directory: string,
  options: CollectArguments['options'],
  io: CliIo,
): Promise<JournalSession> {
  const settings = storeSettings(options, options.store, layoutSettings(options));
  const store = await openStore(settings, io.cwd);
  const { allowBuckets, allowPrefixes, layout, s3 } = settings;
  const target = options.to;
  const description = {
    target,
    store: store.spec,
    bucket: store.blobs.bucket,
    prefix: store.blobs.prefix,
    sources: [options.records],
  };
  return JournalSession.open(
    directory,
    {
      command: 'migrate',
      ...description,
      options: omitUndefined({ allowBuckets, allowPrefixes, layout, s3, tables: tableSettings(options) }),
    },
    io,
  );
}

async function openRecords(
  options: CollectArguments['options'],
): Promise<{ readonly objects: ObjectStore; readonly records: TaskRecords }> {
  const { records: uri } = options;
  if (!uri.startsWith('s3://'))
    throw new ConfigError(
      'USAGE',
      `--records takes s3://bucket/prefix, as the functions have it in STATEBAG_RECORDS, not "${uri}"`,
    );
  const { objects, bucket, prefix } = await openObjectStore(uri, { s3: s3Settings(options) });
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

function members({ doc, outcome, generation, bytesBefore, bytesAfter, code, reason }: ResultEntry) {
  return { id: doc, outcome, generation, bytesBefore, bytesAfter, ...omitUndefined({ code, reason }) };
}

function isFinding({ outcome }: ResultEntry): boolean {
  return outcome === 'failed' || outcome === 'quarantined';
}

function exitCodeOf(totals: Totals): number {
  return needsAttention(totals) ? EXIT.findings : EXIT.ok;
}
