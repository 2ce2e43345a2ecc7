import { addressRule } from '../bag/sources.js';
import { noStore, openStore } from '../store/open.js';
import { openSources, orderedSources } from '../sources/open.js';
import { parseIgnore } from '../sources/container-choice.js';
import { ALL_PLACES } from '../sources/own-files.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import { processContext } from './context.js';
import type { RunPorts } from './context.js';
import { checkContract } from './contract-check.js';
import type { ContractCheck, Remainder } from './contract-check.js';
import { asStore, assertKnown, completeSources } from './request.js';
import type { InventorySelection, SourcesRequest, StoreRequest } from './request.js';

/** A survey as plain JSON. */
export interface SurveyRequest extends SourcesRequest, InventorySelection {
  /** With a store, a key is a content address only where its readers may read it. Without one, the layout decides. */
  readonly store?: StoreRequest;
  readonly s3?: S3ObjectStoreOptions;
  /** Bags of the bridge form may stay, because their readers understand pointers under the old names. */
  readonly acceptBridge?: boolean;
}

/**
 * Reads every document of the sources and reports each that an unwrapped reader of lean bags could not read, and
 * everything that was not looked at. Executions are read last, because a bag that is resumed moves into one. Writes
 * nothing. Throws `ConfigError` for a request or a source that cannot be used.
 *
 * @example
 * const onOutcome = ({ id, code }) => console.log(id, code);
 * const { canContract } = await survey({ sources: ['paused/'] }, { onOutcome });
 */
export async function survey(request: SurveyRequest, ports: RunPorts<Remainder> = {}): Promise<ContractCheck> {
  assertKnown(request, SURVEY_MEMBERS);
  const context = ports.context ?? processContext();
  const { layout, tables, concurrency } = completeSources(request);
  const isIgnored = await parseIgnore(request.ignore ?? [], context.cwd);
  const sources = await openSources(request.sources, { io: context, s3: request.s3, tables, isIgnored, ...ALL_PLACES });
  const blobs =
    request.store === undefined
      ? noStore(layout)
      : (await openStore({ ...asStore(request.store), layout }, context.cwd)).blobs;
  return checkContract({
    addresses: addressRule(blobs),
    sources: orderedSources(sources),
    concurrency,
    allowEmpty: request.allowEmpty ?? false,
    isIgnored,
    acceptBridge: request.acceptBridge ?? false,
    stop: ports.stop,
    ...(ports.onOutcome && { onRemainder: ports.onOutcome }),
  });
}

const SURVEY_MEMBERS: Readonly<Record<keyof SurveyRequest, true>> = {
  sources: true,
  tables: true,
  layout: true,
  concurrency: true,
  store: true,
  s3: true,
  allowEmpty: true,
  ignore: true,
  acceptBridge: true,
};
