import { basename } from 'node:path';
import { setImmediate as giveWay } from 'node:timers/promises';
import type { Layout } from '../bag/keys.js';
import { parseLayout } from '../bag/keys.js';
import { readDocument, textMember } from '../bag/value.js';
import type { ByteValue, Value } from '../bag/value.js';
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
import { HistoryReader, readHistory, shortName } from './history.js';
import type { RecordedStep, StartedChild } from './history.js';
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
  /** Functions and activities that run segments, by name or ARN. Default: all; some events say that they run none. */
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
 * event of an exported history, which is not the end of the execution.
 */
export interface ReplayGap extends Omit<Unseen, 'kind'> {
  readonly kind: Unseen['kind'] | 'child-unread' | 'history-open';
}

export interface ReplayTotals extends Readonly<Record<StepOutcome, number>> {
  /** Histories that were read to their ends. */
  readonly executions: number;
  /** Executions among them that were running. */
  readonly running: number;
  /** Tasks: invocations of functions and activities, and requests to other services. */
  readonly steps: number;
  /** Started executions and map runs whose histories were not read. */
  readonly unreadChildren: number;
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
    steps,
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

/** An execution that was started, and where. */
interface Child extends StartedChild {
  readonly parent: string;
}

class Replay {
  readonly #inventory: InventoryCount;
  readonly #counts = { executions: 0, running: 0, steps: 0, unreadChildren: 0, ...NO_STEPS };
  readonly #children: Child[] = [];
  /** Ids of histories that were read, and whose they are, once that is known: `''` until then. */
  readonly #read = new Map<string, string>();
  /** Exported histories without the end of the execution. */
  #open = 0;
  readonly #limited: string[] = [];
  readonly #called = new Set<string>();
  readonly #functions: readonly string[];

  constructor(
    private readonly sources: readonly DocumentSource[],
    private readonly replayer: StepReplay,
    private readonly request: ReplayRequest,
    isIgnored: IsIgnored | undefined,
    private readonly ports: ReplayPorts,
  ) {
    this.#functions = (request.functions ?? []).map(shortName);
    this.#inventory = new InventoryCount(sources, {
      stop: ports.stop,
      isIgnored,
      takesAliases: true,
      onUnseen: (unseen) => ports.onGap?.(unseen),
    });
  }

  async run(): Promise<ReplayReport> {
    for (const source of this.sources) await this.#readSource(source);
    for (const child of this.#children) await this.#noteUnlessRead(child);
    const uncalled = this.#functions.filter((name) => !this.#called.has(name));
    const [totals, inventory, limited] = [this.#counts, this.#inventory.counts, this.#limited];
    const children = this.request.allowsUnreadChildren === true ? 0 : totals.unreadChildren;
    const open = this.request.allowsRunning === true ? 0 : this.#open;
    const empty = this.request.allowEmpty === true ? inventory.empty : 0;
    const gaps = unseenIn(inventory) - empty + totals.failed + children + open + limited.length + uncalled.length;
    return { answer: toAnswer(totals, gaps), totals, inventory, limited, uncalled };
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
    const events = new OneHistory(container.id, isExported);
    let documents = 0;
    try {
      for await (const document of container.documents(this.ports.stop)) {
        documents++;
        await this.#readDocument(document, events);
        // Files are read at once, and a signal waits for the event loop.
        await giveWay();
        if (this.ports.stop?.aborted) return;
      }
      if (events.isBegun) await this.#end(events);
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

  async #end({ id, reader, isExported }: OneHistory): Promise<void> {
    reader.end();
    this.#counts.executions++;
    if (!reader.isEnded) this.#counts.running++;
    this.#read.set(id, '');
    this.#children.push(...reader.children.map((child) => ({ ...child, parent: id })));
    await this.#inventory.noteRead(id, undefined);
    if (isExported && !reader.isEnded) await this.#noteOpen(id, reader.last);
  }

  /** Step Functions gives all events that there are. A file may be cut off after any of them. */
  async #noteOpen(id: string, last: string): Promise<void> {
    this.#open++;
    if (this.request.allowsRunning === true) return;
    const reason = `the history ends with ${last}, before the end of the execution: it was running, or events are missing; export it again, or if it was running, add --allow-running`;
    await this.ports.onGap?.({ kind: 'history-open', id, code: 'HISTORY_OPEN', reason });
  }

  async #replayStep(step: RecordedStep, history: string): Promise<void> {
    const { eventId, state, functionName } = step;
    this.#counts.steps++;
    this.#called.add(functionName);
    const result = await this.#judge(step);
    this.#counts[result.outcome]++;
    await this.ports.onStep?.({ id: `${history}#${eventId}`, state, functionName, ...result });
  }

  async #judge({ functionName, event, isOtherService }: RecordedStep): Promise<StepResult> {
    const isChosen = this.#functions.includes(functionName);
    if (this.#functions.length > 0 && !isChosen)
      return { outcome: 'no-segment', reason: 'the function is not one of --function' };
    if (event === undefined)
      return {
        outcome: 'failed',
        code: 'STATE_TRUNCATED',
        reason: 'Step Functions gives only a part of the event; look at the execution itself',
      };
    if (isOtherService) return judgeOtherService(functionName, event);
    const other = isChosen ? undefined : findOtherPurpose(event);
    if (other !== undefined) return { outcome: 'no-segment', reason: other };
    const result = await this.replayer.replay(event.bytes());
    return result.outcome === 'no-bag' && namesProgram(event) ? HIDDEN : result;
  }

  /** A file has the name of the execution. It is not the parent's own, and stands for one execution only. */
  #isRead(arn: string, parent: string): boolean {
    if (this.#read.has(arn) || this.sources.some(({ id }) => id === EXECUTIONS_SCHEME + arn)) return true;
    const name = arn.split(':').at(-1)!;
    const isIts = ([id, owner]: readonly [string, string]) =>
      id !== parent && (owner === '' || owner === arn) && nameInFile(id) === name;
    const [file] = Array.from(this.#read).find(isIts) ?? [];
    if (file !== undefined) this.#read.set(file, arn);
    return file !== undefined;
  }

  async #noteUnlessRead({ arn, parent, state }: Child): Promise<void> {
    if (arn !== undefined && this.#isRead(arn, parent)) return;
    this.#counts.unreadChildren++;
    if (this.request.allowsUnreadChildren === true) return;
    const what = arn ?? 'an execution whose ARN the history does not have';
    const reason = `the state ${state} of ${parent} started ${what}, and its history was not read; name its state machine or map run as a source`;
    await this.ports.onGap?.({ kind: 'child-unread', id: arn ?? parent, code: 'CHILD_UNREAD', reason });
  }
}

/** The name of an execution, as exported files have it. */
function nameInFile(id: string): string {
  return basename(id).replace(/\.json(?:\.gz)?$/i, '');
}

/** The history in hand, and whose it is. */
class OneHistory {
  readonly reader = new HistoryReader<ByteValue>();
  isBegun = false;

  /** `isExported`: it comes from a file, and not from Step Functions. */
  constructor(
    readonly id: string,
    readonly isExported: boolean,
  ) {}

  take(event: ByteValue): RecordedStep<ByteValue> | undefined {
    this.isBegun = true;
    return this.reader.take(event);
  }
}

/** Members next to a bag in events of functions that store a token or merge results, and run no segment. */
const TOKENS = ['TaskToken', 'taskToken', 'task_token'];

function findOtherPurpose(event: Value): string | undefined {
  const action = textMember(event, 'action');
  if (action !== undefined) return `the event asks for the action ${action}`;
  const token = TOKENS.find((name) => (event.member(name)?.text() ?? '') !== '');
  return token && `the event hands over a task token (${token})`;
}

/** Members that a bag may have its program in, or the place of it. */
const PROGRAM = /workflow_config|partition_map|segment_manifest|segment_config/;

/** A queue or a container may be read by a runner, which is not seen in a history. */
function judgeOtherService(request: string, event: Value): StepResult {
  if (!namesProgram(event)) return { outcome: 'no-segment', reason: `${request} gets no program` };
  return {
    outcome: 'failed',
    code: 'BAG_HIDDEN',
    reason: `${request} gets a bag or a program, and what reads it there is not known; if it is not a runner, name the runners with --function`,
  };
}

function namesProgram(event: Value): boolean {
  return PROGRAM.test(unescapeAll(Buffer.from(event.bytes()).toString('latin1')));
}

/** Neither the old rules nor the shim find the bag, so that nothing is compared. */
const HIDDEN: StepResult = {
  outcome: 'failed',
  code: 'BAG_HIDDEN',
  reason: 'members of a bag are in the event at a place where no bag is expected, so the step was not compared',
};

/** Each character that is escaped by its number, at whatever depth of JSON text in JSON text. */
function unescapeAll(text: string): string {
  const plain = text.replace(/\\+u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  return plain === text ? text : unescapeAll(plain);
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
