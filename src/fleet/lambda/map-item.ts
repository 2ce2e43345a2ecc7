import pMap from 'p-map';
import { ConfigError } from '../../errors/index.js';
import { RETRYABLE_ERROR } from '../../shim/error-name.js';
import { answerOf, countOutcomes, needsSomebody } from '../collect.js';
import type { OutcomeCounts, TaskAnswer } from '../collect.js';
import { failedTask, runTask, skippedTask } from '../task.js';
import type { TaskResult } from '../task.js';
import { beforeEnd, deadlineOf, lazyFleet, metricsLine } from './fleet.js';
import type { Deadline, Fleet, LambdaContext } from './fleet.js';
import { nameOf, openItem } from './map-items.js';
import type { ItemReading, MapItem } from './map-items.js';

/** How a batch of a Distributed Map is to be treated; `BatchInput` may say it, or the event beside its items. */
export interface MapOptions extends ItemReading {
  /** What records call the run, such as the name of the execution. Default `map`. */
  readonly run?: string;
  /** How often the batch was tried before: `$$.State.RetryCount`. Default 0. */
  readonly attempt?: number;
  /** From this attempt on, what failed temporarily is reported with the rest. Default 5. */
  readonly lastAttempt?: number;
  /**
   * More findings than this share of the documents fail the batch, for the threshold of the Map. Default 100: never.
   */
  readonly toleratedPercent?: number;
}

/** A batch (`ItemBatcher`). */
export interface MapEvent extends MapOptions {
  readonly Items: readonly MapItem[];
  readonly BatchInput?: MapOptions;
}

export interface MapAnswer {
  readonly counts: OutcomeCounts;
  /** One an item, in their order. */
  readonly answers: readonly TaskAnswer[];
}

/**
 * Something that a retry may mend. A `Retry` matches it by its name, `StateBagRetryableError`, as those of the adapter.
 */
export class MapTemporaryFailure extends Error {
  override readonly name = RETRYABLE_ERROR;
}

/**
 * More documents of the batch need somebody than were to be tolerated: `StateBagTooManyFindingsError`. The message is
 * the answer.
 */
export class MapTooManyFindings extends Error {
  override readonly name = 'StateBagTooManyFindingsError';
}

export type MapHandler = (event: MapEvent | MapItem, context: LambdaContext) => Promise<MapAnswer>;

const LAST_ATTEMPT = 5;

const DEFAULT_RUN = 'map';

/**
 * Migrates the items of a Distributed Map: objects, rows of paused executions, lines of an export. Throws
 * `MapTemporaryFailure` as long as attempts are left and one might help; what is done by then is told again, the same,
 * by the next one. Throws `ConfigError` for an event without items or an environment that says too little.
 */
export function createMapHandler(open: () => Promise<Fleet> = lazyFleet()): MapHandler {
  return async (event, context) => {
    const { items, options } = readEvent(event);
    const fleet = await open();
    const deadline = deadlineOf(context, fleet.settings.marginMs);
    try {
      const results = await pMap(items, (item) => resultOf(item, options, fleet, deadline), {
        concurrency: fleet.settings.concurrency,
      });
      return await answer(results, options, fleet);
    } finally {
      deadline.release();
    }
  };
}

/** Configured by the environment; `docs/fleet.md` has the variables. */
export const handler: MapHandler = createMapHandler();

function readEvent(event: MapEvent | MapItem): { readonly items: readonly MapItem[]; readonly options: MapOptions } {
  if (typeof (event as unknown) !== 'object' || (event as unknown) === null)
    throw new ConfigError('EVENT_INVALID', 'the event is no batch of a Map');
  if (!('Items' in event)) return { items: [event], options: {} };
  const { Items: items, BatchInput: shared = {}, ...own } = event;
  if (!Array.isArray(items)) throw new ConfigError('EVENT_INVALID', 'Items of the event is no array');
  return { items, options: { ...shared, ...own } };
}

async function resultOf(item: MapItem, options: MapOptions, fleet: Fleet, deadline: Deadline): Promise<TaskResult> {
  const result = await beforeEnd(carryOut(item, options, fleet, deadline), deadline);
  return result === 'late' ? skippedTask(nameOf(item)) : result;
}

async function carryOut(item: MapItem, options: MapOptions, fleet: Fleet, { stop }: Deadline): Promise<TaskResult> {
  const runId = options.run ?? DEFAULT_RUN;
  try {
    if (stop.aborted) return skippedTask(nameOf(item));
    const { container, destination } = await openItem(item, options, fleet, stop);
    return await runTask(container, fleet.engine, { runId, stop, ...(destination && { destination }) });
  } catch (error) {
    return failedTask(nameOf(item), error, { runId, at: fleet.engine.now() });
  }
}

async function answer(
  results: readonly TaskResult[],
  options: MapOptions,
  { engine: { records }, log }: Fleet,
): Promise<MapAnswer> {
  const { attempt = 0, lastAttempt = LAST_ATTEMPT, toleratedPercent = 100 } = options;
  const counts = countOutcomes(results);
  log(metricsLine('map', options.run ?? DEFAULT_RUN, counts, Date.now()));
  const temporary = results.filter(({ isTemporary }) => isTemporary);
  if (temporary.length > 0 && attempt < lastAttempt) {
    throw new MapTemporaryFailure(
      `${temporary.length} of ${results.length} items may go well if they are tried again, the first of them ${whyOf(temporary[0]!)}`,
    );
  }
  const documents = results.flatMap((result) => result.results);
  const findings = documents.filter((result) => needsSomebody([result])).length;
  if (findings * 100 > toleratedPercent * documents.length) {
    const told = {
      id: results[0]!.containerId,
      counts,
      results: await records.keepResults(results[0]!.containerId, documents),
    };
    throw new MapTooManyFindings(JSON.stringify(told));
  }
  return { counts, answers: await Promise.all(results.map((result) => answerOf(result, records))) };
}

function whyOf({ containerId, results, notStarted }: TaskResult): string {
  const [first] = [...results.filter((result) => needsSomebody([result])), ...notStarted];
  return `${containerId}: ${first?.code ?? ''} ${first?.reason ?? ''}`;
}
