import { resolve } from 'node:path';
import { ConfigError } from '../errors/index.js';
import type { Discrepancy } from '../journal/entry-books.js';
import { failedDocuments, failedLines, isDone, knownLines, pendingIntents } from '../journal/read.js';
import type { DamagedPlace, JournalSummary } from '../journal/read.js';
import { JournalSession, readSummary } from '../journal/session.js';
import type { RunDescription } from '../journal/session.js';
import { parseIgnore } from '../sources/container-choice.js';
import { nodeDisk } from '../sources/disk.js';
import { isTableUri } from '../sources/dynamodb/id.js';
import { EXECUTIONS_SCHEME, measureSources, openSources } from '../sources/open.js';
import type { OpenSource } from '../sources/open.js';
import { ownPlaces } from '../sources/own-files.js';
import { openStore } from '../store/open.js';
import { proveCreations } from '../store/prove-conditions.js';
import type { OpenStore } from '../store/open.js';
import { Committer } from './commit.js';
import type { CommitterOptions } from './commit.js';
import { processContext } from './context.js';
import type { RunContext } from './context.js';
import { openDestination, planPlace, refuseOverlap, refuseStreams } from './destination.js';
import type { Place } from './destination.js';
import { whereFilter } from './document.js';
import { isWhole, runSources } from './engine.js';
import { FailureLimit } from './limits.js';
import type { MigratePorts, OpenMigration } from './open-migration.js';
import { addToTotals } from './outcome.js';
import type { DocumentOutcome } from './outcome.js';
import { missingDocuments, openPlan, PlanOut } from './plan.js';
import type { PlanDescription } from './plan.js';
import { listWrittenFolders, proveConditions } from './preflight.js';
import type { UnprovenBucket } from './preflight.js';
import { completeRequest, omitUndefined } from './request.js';
import type { CompleteRequest, MigrateRequest } from './request.js';
import type { EngineOptions, RunReport, SettledDocument } from './run.js';
import { describeBucket, refuseDangers } from './store-bucket.js';
import type { StoreBucket } from './store-bucket.js';
import { readingSettings, writingSettings } from './transform.js';

/** What a migration did, or in a dry run would do. */
export interface MigrateReport extends RunReport {
  readonly applied: boolean;
  /** Present when a source was a stream: its documents have to be given again. */
  readonly isStream?: true;
  /** Directory of the journal that the run wrote to; absent when it had nothing to write down. */
  readonly journal?: string;
  /** Places of the journal that were skipped, when the request allows it; absent when there are none. */
  readonly damaged?: readonly DamagedPlace[];
  /** Where the journal does not have what earlier runs have written; absent when it has all. */
  readonly discrepancies?: readonly Discrepancy[];
  /** What is set for the bucket of the store; absent for a store in a directory. */
  readonly bucket?: StoreBucket;
  /** Buckets of which it is not known whether their server honours conditions; absent when there are none. */
  readonly unproven?: readonly UnprovenBucket[];
}

/**
 * Migrates every document of the sources, or computes it without `apply`. Reports one outcome for every document and
 * never throws for one of them. Throws `ConfigError` for a request, a source, a store or a journal that cannot be used.
 *
 * @example
 * const report = await migrate({ sources: ['bags/'], store: './store', apply: true });
 * const { complete, totals, inventory } = report;
 * if (!complete || totals.failed + totals.containersFailed + inventory.unreadable > 0) console.error(report);
 */
export async function migrate(request: MigrateRequest, ports: MigratePorts = {}): Promise<MigrateReport> {
  const context = ports.context ?? processContext();
  const opened = await openMigration(completeRequest(request, context), context);
  await ports.onBegin?.(() => measureSources(opened.sources, opened.request.shard));
  const isStream = opened.sources.some(({ source }) => source.isStream === true);
  const bucket = opened.store.directory === undefined ? await checkBucket(opened, ports) : undefined;
  const facts = { ...(isStream && { isStream }), ...(bucket && { bucket }) };
  if (!opened.request.apply) return { ...(await dryRun(opened, ports)), applied: false, ...facts };
  const unproven = writesToS3(opened)
    ? await proveConditions(listWrittenFolders(opened), opened.request.store.s3, ports.stop)
    : [];
  const session = await JournalSession.open(
    opened.request.journal,
    describeRun(opened, isStream),
    context,
    opened.request,
  );
  const { damaged = [], discrepancies = [] } = session.summary ?? {};
  try {
    const report = await write(opened, session, ports);
    const { notStarted, inventory } = report;
    await session.end({ totals: { ...report.totals }, complete: isWhole(report), notStarted, inventory });
    return {
      ...report,
      applied: true,
      ...(bucket && { bucket }),
      ...(session.hasBegun && { journal: opened.request.journal }),
      ...(damaged.length > 0 && { damaged }),
      ...(discrepancies.length > 0 && { discrepancies }),
      ...(unproven.length > 0 && { unproven }),
    };
  } finally {
    await session.close();
  }
}

/**
 * A stream has other documents each time: a later run proves nothing about those of this one. With `--allow-empty` a
 * source without documents proves nothing about those of earlier runs.
 */
function describeRun({ request, description }: OpenMigration, isStream: boolean): RunDescription {
  const kept = { ...(isStream && { isStream }), ...(request.allowEmpty === true && { allowEmpty: true }) };
  return { command: 'migrate', ...description, options: { ...description.options, ...kept } };
}

function writesToS3({ store, sources }: OpenMigration): boolean {
  return store.directory === undefined || sources.some(({ source }) => source.id.startsWith('s3://'));
}

/** Throws `ConfigError` `BLOBS_EXPIRE` for a run that writes, unless the request allows it. */
async function checkBucket({ request, store }: OpenMigration, ports: MigratePorts): Promise<StoreBucket | undefined> {
  const signal = ports.stop && { signal: ports.stop };
  const bucket = await describeBucket(store, request.layout, request.store.s3, signal);
  if (request.apply && request.allowExpiry !== true) refuseDangers(bucket);
  return bucket;
}

/** Writes blobs, journal and documents, in that order for every document. */
async function write(opened: OpenMigration, session: JournalSession, ports: MigratePorts): Promise<RunReport> {
  const { request, store } = opened;
  const stop = ports.stop ? AbortSignal.any([ports.stop, session.failed]) : session.failed;
  if (request.workers > 1) {
    const { runWorkers } = await import('./workers.js');
    return runWorkers(opened, session, { ...ports, stop });
  }
  return runMigration(opened, {
    settings: writingSettings(request, store.blobs),
    committer: openCommitter(opened, session, session),
    summary: session.summary,
    stop,
    ...(ports.pace && { pace: ports.pace }),
    onOutcome: (outcome) => ports.onOutcome?.(outcome),
  });
}

/** Computes everything and writes nothing, but for the plan when one was asked for. */
async function dryRun(opened: OpenMigration, ports: MigratePorts): Promise<RunReport> {
  const { request, store, description, context } = opened;
  const isAsked = request.onlyFailed === true || request.maxFailures !== undefined;
  const summary = isAsked ? await readSummary(request.journal, request) : undefined;
  const planOut = request.planOut === undefined ? undefined : await PlanOut.open(request.planOut, description, context);
  let isSealed = false;
  try {
    const report = await runMigration(opened, {
      settings: readingSettings(request, store.blobs),
      summary,
      ...(ports.stop && { stop: ports.stop }),
      ...(ports.pace && { pace: ports.pace }),
      onOutcome: async (outcome, settled) => {
        if (settled) await planOut?.add(outcome, settled);
        await ports.onOutcome?.(outcome);
      },
    });
    if (report.complete) await planOut?.seal();
    isSealed = report.complete;
    return report;
  } finally {
    if (!isSealed) await planOut?.discard();
  }
}

export async function openMigration(request: CompleteRequest, context: RunContext): Promise<OpenMigration> {
  const { store: settings, layout, journal, out, tables } = request;
  const store = await openStore(settings, context.cwd, request.apply ? proveCreations : undefined);
  const copies = out === undefined || out === '-' ? [] : [resolve(context.cwd, out)];
  refuseReadOnly(request.sources);
  const own = ownPlaces(store, layout, [journal, ...copies]);
  const isIgnored = await parseIgnore(request.ignore ?? [], context.cwd);
  const sources = await openSources(request.sources, { io: context, s3: settings.s3, tables, isIgnored, ...own });
  const place = await planPlace(out, sources, context);
  refuseOverlap(place, sources);
  if (request.apply) refuseStreams(place, sources, request.workers);
  const description = describe(request, store, sources, context);
  const plan = request.plan === undefined ? undefined : await openPlan(request.plan, description);
  return { request, context, store, sources, isIgnored, place, plan, description };
}

/** The state of an execution cannot be edited from outside. */
function refuseReadOnly(specs: readonly string[]): void {
  const spec = specs.find((given) => given.startsWith(EXECUTIONS_SCHEME));
  if (spec === undefined) return;
  throw new ConfigError(
    'SOURCE_READ_ONLY',
    `${spec}: the bag inside an execution cannot be edited from outside; a wrapped reader converts it when the execution goes on. statebag can-contract counts what is left`,
  );
}

function describe(
  request: CompleteRequest,
  store: OpenStore,
  sources: readonly OpenSource[],
  { cwd }: RunContext,
): PlanDescription {
  const { target, manifestForm, layout, concurrency, limit, shard, where = [], ignore = [], plan, out } = request;
  const { allowBuckets, allowPrefixes, s3 } = request.store;
  const tables = request.sources.some(isTableUri) ? request.tables : undefined;
  return {
    target,
    store: store.spec,
    bucket: store.blobs.bucket,
    prefix: store.blobs.prefix,
    sources: sources.map(({ source }) => source.id),
    options: omitUndefined({
      manifestForm: manifestForm ?? 'list',
      isFormAsked: manifestForm === undefined ? undefined : true,
      layout,
      out: out === undefined || out === '-' ? out : `${resolve(cwd, out)}${out.endsWith('/') ? '/' : ''}`,
      concurrency,
      limit,
      shard,
      where,
      ignore: ignore.length > 0 ? ignore : undefined,
      plan,
      onlyFailed: request.onlyFailed === true ? true : undefined,
      allowBuckets,
      allowPrefixes,
      s3,
      tables,
    }),
  };
}

/** The ports of one run over an open migration: for a dry run they only read. */
export interface EnginePorts extends Pick<EngineOptions, 'settings' | 'committer' | 'stop' | 'pace'> {
  /** What the journal says of earlier runs. */
  readonly summary: JournalSummary | undefined;
  readonly onOutcome: (outcome: DocumentOutcome, settled: SettledDocument | undefined) => void | Promise<void>;
}

/** Runs the engine over the sources, and reports also the documents of a plan that the sources no longer have. */
export async function runMigration(opened: OpenMigration, ports: EnginePorts): Promise<RunReport> {
  const { plan } = opened;
  const seen = new Set<string>();
  const report = await runSources({
    ...engineOptions(opened, ports),
    onOutcome: async (outcome, settled) => {
      if (plan) seen.add(outcome.id);
      await ports.onOutcome(outcome, settled);
    },
  });
  return plan ? await addMissing(opened, report, seen, ports) : report;
}

function engineOptions({ request, sources, isIgnored, plan, place }: OpenMigration, ports: EnginePorts): EngineOptions {
  const { settings, committer, stop, pace, summary } = ports;
  const { where = [], limit, shard, concurrency, maxFailures, onlyFailed, journal, manifestForm } = request;
  const failed = onlyFailed === true ? failedIn(summary, journal, place) : undefined;
  return {
    sources: sources.map(({ source }) => source),
    settings,
    concurrency,
    allowEmpty: request.allowEmpty ?? false,
    // A form that is asked for makes work of documents that an earlier run has migrated to another one.
    ...(summary && manifestForm === undefined && { isDone: (id: string) => isDone(summary, id) }),
    ...omitUndefined({
      isIgnored,
      committer,
      stop,
      pace,
      failureLimit: maxFailures && new FailureLimit(maxFailures, summary),
      filter: where.length > 0 ? whereFilter(where) : undefined,
      only: failed?.ids ?? (plan && new Set(plan.documents.keys())),
      onlyLines: failed?.lines,
      limit,
      shard,
      expectations: plan?.documents,
    }),
  };
}

/** What `--only-failed` takes: names of documents and of whole containers, and lines by their bytes. */
interface Failed {
  readonly ids: ReadonlySet<string>;
  /** Digests by container. */
  readonly lines: ReadonlyMap<string, ReadonlySet<string> | undefined>;
}

function failedIn(summary: JournalSummary | undefined, directory: string, place: Place): Failed {
  if (!summary)
    throw new ConfigError('JOURNAL_MISSING', `--only-failed asks the journal, and there is none at ${directory}`);
  const lines = failedLines(summary);
  // A copy is made as a whole, and a line without a digest may be anywhere: then all lines of the file are taken.
  const whole = Array.from(lines.keys()).filter((id) => place.kind !== 'in-place' || lines.get(id) === undefined);
  return { ids: new Set([...failedDocuments(summary), ...whole]), lines };
}

/** Made when the first copy is found that differs. */
function writtenLines(summary: JournalSummary | undefined): (containerId: string) => ReadonlySet<string> | undefined {
  let known: ReturnType<typeof knownLines> | undefined;
  return (containerId) =>
    (known ??= summary ? knownLines(summary) : new Map<string, ReadonlySet<string>>()).get(containerId);
}

/** Only a run that was to see everything can miss something. */
async function addMissing(
  { plan, request }: OpenMigration,
  report: RunReport,
  seen: ReadonlySet<string>,
  ports: EnginePorts,
): Promise<RunReport> {
  if (!plan || !report.complete || request.limit !== undefined) return report;
  for (const outcome of missingDocuments(plan, seen, request.shard)) {
    addToTotals(report.totals, outcome);
    await ports.onOutcome(outcome, undefined);
  }
  return report;
}

type JournalWriter = CommitterOptions['journal'];

/** Which run writes, and what the journal says of earlier ones. */
interface CurrentRun {
  readonly runId: string;
  readonly summary: JournalSummary | undefined;
}

/** `journal` writes in this process, or sends to the one that writes for all workers. */
export function openCommitter(
  { place, sources, context }: OpenMigration,
  journal: JournalWriter,
  { runId, summary }: CurrentRun,
): Committer {
  return new Committer({
    journal,
    destination: openDestination(place, sources, context, writtenLines(summary)),
    runId,
    now: () => context.now().toISOString(),
    // The session puts the beginning of the run before its first entry by itself.
    begin: () => undefined,
    pending: summary ? pendingIntents(summary) : new Map(),
    isRerun: summary !== undefined && summary.documents.size > 0,
    disk: nodeDisk,
  });
}
