import { setImmediate as giveWay } from 'node:timers/promises';
import type { Layout } from '../bag/keys.js';
import { parseLayout } from '../bag/keys.js';
import { readDocument } from '../bag/value.js';
import type { ByteValue } from '../bag/value.js';
import { ConfigError, messageOf, StateBagError } from '../errors/index.js';
import { parseIgnore } from '../sources/container-choice.js';
import type { IsIgnored } from '../sources/container-choice.js';
import { InventoryCount } from '../sources/inventory.js';
import type { Inventory, Unseen } from '../sources/inventory.js';
import { EXECUTIONS_SCHEME, openSources } from '../sources/open.js';
import type { Surroundings } from '../sources/open.js';
import { ownPlaces } from '../sources/own-files.js';
import type { DocumentSource, SourceContainer, SourceDocument } from '../sources/source.js';
import { noStore, openStore } from '../store/open.js';
import type { StoreSettings } from '../store/open.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import { ChildExecutions, isMapRun } from './child-executions.js';
import type { Child } from './child-executions.js';
import { HistoryReader, readHistory } from './history.js';
import type { RecordedStep } from './history.js';
import { OLD_RULES_ERA } from './other-era.js';
import { StepJudge } from './step-judge.js';
import { StepReplay } from './replay-step.js';
import type { StepOutcome, StepResult } from './replay-step.js';

/** A replay as plain JSON. */
export interface ReplayRequest {
  /** `sfn://{arn}`, and files, directories, globs, `s3://bucket/prefix` or `-` with exported histories. */
  readonly sources: readonly string[];
  /** Where the pointers of recorded events lead. Without it, an event with a pointer is a failed step. */
  readonly store?: Omit<StoreSettings, 'layout'>;
  readonly s3?: S3ObjectStoreOptions;
  readonly layout?: Partial<Layout>;
  /**
   * Functions and activities that run segments, by name, partial ARN or ARN. With a version or an alias, only calls of
   * that one count. Default: all; some events say that they run none.
   */
  readonly functions?: readonly string[];
  /** Histories that are read of each source, the newest first in a state machine. What is left out is not proven. */
  readonly limit?: number;
  /** A source, file or object without histories is not a mistake. */
  readonly allowEmpty?: boolean;
  /** Patterns of entries that are left out: of names, or with a slash of whole paths and URIs. */
  readonly ignore?: readonly string[];
  /** Executions that were started by others need not be among the sources. */
  readonly allowsUnreadChildren?: boolean;
  /** Exported histories may be without the end of the execution: it was running. */
  readonly allowsRunning?: boolean;
}

/** One recorded step. */
export interface ReplayedStep extends StepResult {
  /** `{execution arn or file}#{number of the event}`. */
  readonly id: string;
  readonly state: string;
  readonly functionName: string;
}

/**
 * What was not looked at. `child-unread`: an execution that a history starts. `history-open`: what comes after the last
 * event of a history, which is not the end of the execution. `not-understood`: events of a type that is not known.
 */
export interface ReplayGap extends Omit<Unseen, 'kind'> {
  readonly kind: Unseen['kind'] | 'child-unread' | 'history-open' | 'not-understood';
}

export interface ReplayTotals extends Readonly<Record<StepOutcome, number>> {
  /** Histories that were read to their ends. */
  readonly executions: number;
  /** Executions among them that were running, as Step Functions says, or as exported histories without an end do. */
  readonly running: number;
  /** Tasks: invocations of functions and activities, and requests to other services. */
  readonly steps: number;
  /** Started executions and map runs whose histories were not read. */
  readonly unreadChildren: number;
  /** Events of types that this release does not know. */
  readonly unknownEvents: number;
}

/** `not proven`: nothing differs in what was read, and not all was read, or there was nothing to compare. */
export type ReplayAnswer = 'yes' | 'no' | 'not proven';

export interface ReplayReport {
  readonly answer: ReplayAnswer;
  readonly totals: ReplayTotals;
  readonly inventory: Inventory;
  /** Sources of which histories were left out, because of `limit`. */
  readonly limited: readonly string[];
  /** Functions of the request that no history calls. */
  readonly uncalled: readonly string[];
  /** Era of the runner that the old rules are those of. */
  readonly oldRules: string;
  /** Functions and activities that the histories call, with their versions and aliases. */
  readonly called: readonly string[];
}

export interface ReplayPorts {
  readonly context: Surroundings;
  /** Ends the replay after the execution in hand. */
  readonly stop?: AbortSignal;
  readonly onStep?: (step: ReplayedStep) => void | Promise<void>;
  readonly onGap?: (gap: ReplayGap) => void | Promise<void>;
}

/**
 * Runs every recorded step of execution histories through the old rules and through the shim, and reports each whose
 * program would be another one. Writes nothing. Throws `ConfigError` for a request, a source or a store that cannot be
 * used; whatever else cannot be read is a gap or a failed step.
 *
 * @example
 *     const { answer } = await replay({ sources: ['histories/'], store: { spec: 's3://my-bucket' } }, { context });
 */
export async function replay(request: ReplayRequest, ports: ReplayPorts): Promise<ReplayReport> {
  const layout = parseLayout(request.layout);
  const store = request.store && (await openStore({ ...request.store, layout }, ports.context.cwd));
  const steps = new StepReplay(store?.blobs ?? { ...noStore(layout), prefix: '' }, layout);
  const sources = await openSources(request.sources, {
    io: ports.context,
    s3: request.s3,
    readOnly: true,
    readsHistories: true,
    ...ownPlaces(store, layout, []),
  });
  return new Replay(
    sources.map(({ source }) => source),
    new StepJudge(steps, request.functions),
    request,
    await parseIgnore(request.ignore ?? [], ports.context.cwd),
    ports,
  ).run();
}

const NO_STEPS: Readonly<Record<StepOutcome, number>> = {
  same: 0,
  differs: 0,
  'old-fails': 0,
  'shim-fails': 0,
  failed: 0,
  'no-segment': 0,
  'no-bag': 0,
};

class Replay {
  readonly #inventory: InventoryCount;
  readonly #counts = { executions: 0, running: 0, steps: 0, unreadChildren: 0, unknownEvents: 0, ...NO_STEPS };
  readonly #children: ChildExecutions;
  /** Exported histories without the end of the execution. */
  #open = 0;
  /** Histories that end before the end of an execution that Step Functions lists as ended. */
  #cutOff = 0;
  readonly #limited: string[] = [];

  constructor(
    private readonly sources: readonly DocumentSource[],
    private readonly judge: StepJudge,
    private readonly request: ReplayRequest,
    isIgnored: IsIgnored | undefined,
    private readonly ports: ReplayPorts,
  ) {
    this.#children = new ChildExecutions(sources.map(({ id }) => id));
    this.#inventory = new InventoryCount(sources, {
      stop: ports.stop,
      isIgnored,
      takesAliases: true,
      onUnseen: (unseen) => ports.onGap?.(unseen),
    });
  }

  async run(): Promise<ReplayReport> {
    for (const source of this.sources) await this.#readSource(source);
    for (const child of this.#children.listUnread()) await this.#noteUnread(child);
    const { uncalled, called } = this.judge;
    const [totals, inventory, limited] = [this.#counts, this.#inventory.counts, this.#limited];
    const children = this.request.allowsUnreadChildren === true ? 0 : totals.unreadChildren;
    const open = this.#cutOff + totals.unknownEvents + (this.request.allowsRunning === true ? 0 : this.#open);
    const empty = this.request.allowEmpty === true ? inventory.empty : 0;
    const gaps = unseenIn(inventory) - empty + totals.failed + children + open + limited.length + uncalled.length;
    return { answer: toAnswer(totals, gaps), totals, inventory, limited, uncalled, called, oldRules: OLD_RULES_ERA };
  }

  async #readSource(source: DocumentSource): Promise<void> {
    const { limit = Infinity } = this.request;
    const before = unseenIn(this.#inventory.counts);
    let met = 0;
    try {
      for await (const container of this.#inventory.list(source, () => met++)) {
        if (this.ports.stop?.aborted) break;
        if (met >= limit) {
          this.#limited.push(source.id);
          break;
        }
        met++;
        await this.#readContainer(container, !source.id.startsWith(EXECUTIONS_SCHEME));
      }
    } catch (error) {
      await this.#noteListing(source, error);
    }
    if (this.ports.stop?.aborted) await this.#inventory.noteUnreadable({ id: source.id, ...STOPPED });
    else if (met === 0 && unseenIn(this.#inventory.counts) === before) await this.#inventory.noteEmptySource(source.id);
  }

  /** A listing that failed leaves a gap; a source that is wrong in itself ends the replay. */
  async #noteListing({ id }: DocumentSource, error: unknown): Promise<void> {
    const isEmpty = error instanceof ConfigError && error.code === 'SOURCE_EMPTY';
    if (isEmpty || this.ports.stop?.aborted) return;
    if (error instanceof ConfigError) throw error;
    await this.#noteUnreadable(id, error);
  }

  /** A container is one history, or has one in each document, or one event in each. */
  async #readContainer(container: SourceContainer, isExported: boolean): Promise<void> {
    const events = new OneHistory(container.id, isExported, container.executionStatus);
    let documents = 0;
    try {
      for await (const document of container.documents(this.ports.stop)) {
        documents++;
        await this.#readDocument(document, events);
        // Files are read at once, and a signal waits for the event loop.
        await giveWay();
        if (this.ports.stop?.aborted) return;
      }
      // Every execution has an event that starts it.
      if (events.isBegun || !isExported) await this.#end(events);
      else if (documents === 0) await this.#inventory.noteRead(container.id, 0);
    } catch (error) {
      await this.#noteUnreadable(container.id, error);
    }
  }

  async #readDocument({ id, bytes }: SourceDocument, events: OneHistory): Promise<void> {
    try {
      const document = readDocument(bytes);
      const whole = readHistory(document);
      if (whole === undefined) {
        await this.#take(document, events);
        return;
      }
      const history = new OneHistory(whole.executionArn ?? id, events.isExported);
      for (const event of whole.events) await this.#take(event, history);
      await this.#end(history);
    } catch (error) {
      // The rest of a history of which one event cannot be read says nothing.
      if (events.isBegun) throw error;
      await this.#noteUnreadable(id, error);
    }
  }

  async #noteUnreadable(id: string, error: unknown): Promise<void> {
    // The source is reported as one that was stopped.
    if (this.ports.stop?.aborted) return;
    if (!(error instanceof StateBagError)) throw error;
    await this.#inventory.noteUnreadable({ id, ...failureIn(error) });
  }

  async #take(event: ByteValue, history: OneHistory): Promise<void> {
    const step = history.take(event);
    if (step) await this.#replayStep(step, history.id);
  }

  async #end(history: OneHistory): Promise<void> {
    const { id, reader } = history;
    reader.end();
    this.#counts.executions++;
    this.#children.noteRead(id, reader.children);
    await this.#inventory.noteRead(id, undefined);
    for (const [type, { first, count }] of reader.unknown) await this.#noteUnknown(`${id}#${first}`, type, count);
    if (!reader.isEnded) await this.#noteOpen(history);
  }

  async #noteUnknown(id: string, type: string, count: number): Promise<void> {
    this.#counts.unknownEvents += count;
    const reason = `${count} events of the type ${type}, which this release does not know, from this one on: they may call a runner; use a newer release of statebag`;
    await this.ports.onGap?.({ kind: 'not-understood', id, code: 'EVENT_UNKNOWN', reason });
  }

  /** Step Functions gives all events that there are of a running execution. A file may be cut off after any of them. */
  async #noteOpen({ id, reader, isExported, status = '' }: OneHistory): Promise<void> {
    const isCutOff = !isExported && !GOES_ON.has(status);
    if (isCutOff) this.#cutOff++;
    else this.#counts.running++;
    if (isExported) this.#open++;
    const isRunning = isExported ? this.request.allowsRunning === true : !isCutOff;
    if (isRunning) return;
    const why = isExported
      ? 'it was running, or events are missing; export it again, or if it was running, add --allow-running'
      : `Step Functions lists it as ${status}, so events are missing, or it was redriven just now; run the command again`;
    const reason = `the history ends with ${reader.last}, before the end of the execution: ${why}`;
    await this.ports.onGap?.({ kind: 'history-open', id, code: 'HISTORY_OPEN', reason });
  }

  async #replayStep(step: RecordedStep, history: string): Promise<void> {
    const { eventId, state, called } = step;
    this.#counts.steps++;
    const result = await this.judge.judge(step);
    this.#counts[result.outcome]++;
    await this.ports.onStep?.({ id: `${history}#${eventId}`, state, functionName: called.name, ...result });
  }

  async #noteUnread({ arn, parent, state }: Child): Promise<void> {
    this.#counts.unreadChildren++;
    if (this.request.allowsUnreadChildren === true) return;
    const hint =
      arn !== undefined && isMapRun(arn) ? `name sfn://${arn}` : 'name its state machine, or its exported history,';
    const what = arn ?? 'an execution whose ARN the history does not have';
    const reason = `the state ${state} of ${parent} started ${what}, and its history was not read; ${hint} as a source`;
    await this.ports.onGap?.({ kind: 'child-unread', id: arn ?? parent, code: 'CHILD_UNREAD', reason });
  }
}

/** Of executions that have no end yet. */
const GOES_ON: ReadonlySet<string> = new Set(['RUNNING', 'PENDING_REDRIVE']);

/** The history in hand, and whose it is. */
class OneHistory {
  readonly reader = new HistoryReader<ByteValue>();
  isBegun = false;

  /** `isExported`: it comes from a file, and not from Step Functions. */
  constructor(
    readonly id: string,
    readonly isExported: boolean,
    readonly status?: string,
  ) {}

  take(event: ByteValue): RecordedStep<ByteValue> | undefined {
    this.isBegun = true;
    return this.reader.take(event);
  }
}

const STOPPED = { code: 'RUN_STOPPED', reason: 'the run was stopped before all of it was read; run it again' };

function failureIn(error: StateBagError): { readonly code: string; readonly reason: string } {
  return { code: error.code, reason: messageOf(error) };
}

function unseenIn({ skipped, unreadable, empty }: Inventory): number {
  return skipped + unreadable + empty;
}

function toAnswer(totals: ReplayTotals, gaps: number): ReplayAnswer {
  if (totals.differs + totals['old-fails'] + totals['shim-fails'] > 0) return 'no';
  return gaps === 0 && totals.same > 0 ? 'yes' : 'not proven';
}
