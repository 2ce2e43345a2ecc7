import { addressRule } from '../bag/sources.js';
import type { BagDocument } from '../bag/bag.js';
import type { ByteValue } from '../bag/value.js';
import { noStore, openStore } from '../store/open.js';
import { parseIgnore } from '../sources/container-choice.js';
import type { Unseen } from '../sources/inventory.js';
import { measureSources, openSources } from '../sources/open.js';
import { assertKnown, asStore, completeSources, defaultTarget, omitUndefined } from './request.js';
import { ownPlaces } from '../sources/own-files.js';
import type { SourceDocument } from '../sources/source.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import { readingSettings } from './transform.js';
import { Census, lookAt, ResumeCensus } from './census.js';
import type { CensusTotals, Look } from './census.js';
import { processContext } from './context.js';
import type { RunPorts } from './context.js';
import { plannedHazards, readBagDocument, resumabilityOf, whereFilter } from './document.js';
import { runSources } from './engine.js';
import { findHiddenProgram } from './hidden-program.js';
import type { Flaw, GateInventory } from './inventory.js';
import type { DocumentOutcome } from './outcome.js';
import type { InventorySelection, Selection, SourcesRequest, StoreRequest } from './request.js';
import type { EngineOptions, RunReport, SettledDocument } from './run.js';

/** An inspection as plain JSON. */
export interface InspectRequest extends SourcesRequest, Selection, InventorySelection {
  /** Without a store, pointers are not followed. */
  readonly store?: StoreRequest;
  /** Bucket that bags name when no store is given. */
  readonly bucket?: string;
  readonly s3?: S3ObjectStoreOptions;
  /** The migration that is computed. Default `lean`, for rows of a table `bridge`. */
  readonly target?: 'lean' | 'bridge';
}

/** What a migration would make of a document, and what is in it. */
export interface InspectedDocument extends DocumentOutcome, Look {
  /** Of a row: as it is, and as the migration would leave it. */
  readonly resumability?: NonNullable<ReturnType<typeof resumabilityOf>>;
}

export interface InspectReport {
  readonly totals: CensusTotals;
  readonly resume: ResumeCensus;
  /** What was not read. */
  readonly unseen: Pick<RunReport, 'complete' | 'notStarted'>;
  readonly inventory: GateInventory;
  /** Entries that were skipped or are empty. What could not be read is among the documents. */
  readonly skippedOrEmpty: readonly Unseen[];
}

/**
 * Describes every document of the sources, and computes what a migration would make of it. Writes nothing. Throws
 * `ConfigError` for a request or a source that cannot be used.
 *
 * @example
 * const { totals } = await inspect({ sources: ['bags/'] });
 * console.log(`${totals.generations.fat} of ${totals.documents} bags are fat`);
 */
export async function inspect(
  request: InspectRequest,
  ports: RunPorts<InspectedDocument> = {},
): Promise<InspectReport> {
  assertKnown(request, INSPECT_MEMBERS);
  const context = ports.context ?? processContext();
  const { layout, tables, concurrency, where = [], limit, shard } = completeSources(request);
  const store =
    request.store === undefined ? undefined : await openStore({ ...asStore(request.store), layout }, context.cwd);
  const isIgnored = await parseIgnore(request.ignore ?? [], context.cwd);
  const sources = await openSources(request.sources, {
    io: context,
    isIgnored,
    s3: request.s3,
    tables,
    ...ownPlaces(store, layout, []),
  });
  await ports.onBegin?.(() => measureSources(sources, shard));
  const target = request.target ?? defaultTarget(request.sources);
  const settings = readingSettings({ target, layout }, store?.blobs ?? noStore(layout, request.bucket));
  const skippedOrEmpty: Unseen[] = [];
  const inspection = new Inspection(settings, context.now().getTime(), ports);
  const unseen = await runSources({
    sources: sources.map(({ source }) => source),
    settings,
    concurrency,
    allowEmpty: request.allowEmpty ?? false,
    onOutcome: (outcome, settled) => inspection.add(outcome, settled),
    onUnseen: (entry) => {
      if (entry.kind !== 'unreadable') skippedOrEmpty.push(entry);
    },
    ...omitUndefined({
      isIgnored,
      stop: ports.stop,
      limit,
      shard,
      filter: where.length > 0 ? whereFilter(where) : undefined,
    }),
  });
  return {
    totals: inspection.census.totals,
    resume: inspection.resume,
    unseen,
    inventory: { ...unseen.inventory, undecidable: inspection.undecidable },
    skippedOrEmpty,
  };
}

const INSPECT_MEMBERS: Readonly<Record<keyof InspectRequest, true>> = {
  sources: true,
  tables: true,
  layout: true,
  concurrency: true,
  limit: true,
  shard: true,
  where: true,
  store: true,
  bucket: true,
  s3: true,
  target: true,
  allowEmpty: true,
  ignore: true,
};

class Inspection {
  readonly census = new Census();
  readonly resume = new ResumeCensus();
  undecidable = 0;

  constructor(
    private readonly settings: EngineOptions['settings'],
    /** Milliseconds since 1970. */
    private readonly now: number,
    private readonly ports: RunPorts<InspectedDocument>,
  ) {}

  async add(planned: DocumentOutcome, { document, prepared }: SettledDocument): Promise<void> {
    const isUnknown = prepared !== undefined && planned.generation === 'unknown';
    const addresses = addressRule(this.settings.blobs);
    const seen: BagDocument<ByteValue> | undefined =
      prepared?.transformation?.bagDocument ?? readBagDocument(document.bytes, addresses);
    const flaw = seen && findFlaw(document, seen);
    // What a migration says of the document itself comes first.
    const outcome = planned.code === undefined ? { ...planned, ...flaw } : withoutStore(planned);
    if (isUnknown || flaw) this.undecidable++;
    const look = lookAt(document.bytes, seen, plannedHazards(prepared));
    this.census.add(outcome, look);
    const resumability = resumabilityOf(document, prepared, this.now);
    if (resumability) this.resume.add(outcome.id, resumability.before, resumability.after);
    await this.ports.onOutcome?.({ ...outcome, ...look, ...(resumability && { resumability }) });
  }
}

/** Why nothing is proved of a document, whatever a migration makes of the bag in it. */
function findFlaw(document: SourceDocument, seen: BagDocument<ByteValue>): Flaw | undefined {
  return seen.generation === 'fat' ? undefined : (document.opaque ?? findHiddenProgram(document, seen));
}

/**
 * Nothing is wrong with a document whose pointers could not be followed because no store is given; it is only not known
 * further.
 */
function withoutStore(outcome: DocumentOutcome): DocumentOutcome {
  return outcome.code === 'STORE_MISSING' ? { ...outcome, outcome: 'not-started' } : outcome;
}
