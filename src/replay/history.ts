import { BagError } from '../errors/index.js';
import { findDuplicateMembers } from '../json/duplicates.js';
import { isObject, textMember } from '../bag/value.js';
import type { Value } from '../bag/value.js';
import { parseFunction } from './called-function.js';
import type { CalledFunction } from './called-function.js';
import { isKnownType } from './event-types.js';

/*
 * Histories as `GetExecutionHistory` gives them and `aws stepfunctions get-execution-history` prints them.
 */

/** An invocation that a history records: the event that a function or an activity got. */
export interface RecordedStep<V extends Value = Value> {
  /** Number of the event in the history. */
  readonly eventId: number;
  /** Name of the state; empty when the history does not say it. */
  readonly state: string;
  /** The function or activity; of a task of another service, the request has the place of the name. */
  readonly called: CalledFunction;
  /** True for a task of a service that is neither Lambda nor an activity: who gets the event is not known. */
  readonly isOtherService: boolean;
  /** What the function got, or why the history does not say it. */
  readonly event: V | UnknownEvent;
}

/** Why an event cannot be taken from a history. */
export class UnknownEvent {
  constructor(
    readonly code: 'STATE_TRUNCATED' | 'STEP_UNKNOWN',
    readonly reason: string,
  ) {}
}

/** An execution or a map run that a history starts or redrives, and whose steps are in a history of their own. */
export interface StartedChild {
  readonly state: string;
  /** ARN of the execution or of the map run; `undefined` when the history does not say it. */
  readonly arn: string | undefined;
}

interface History<V extends Value> {
  /** Present when the document says whose history it is. */
  readonly executionArn: string | undefined;
  readonly events: readonly V[];
}

/**
 * The history in a document: `{"events": […]}`, or the list of the events alone; `undefined` for a document that is one
 * event. Throws `BagError` `HISTORY_INVALID` for anything else and `HISTORY_INCOMPLETE` for one page of several.
 */
export function readHistory<V extends Value>(document: V): History<V> | undefined {
  checkNames(document, 'the document');
  if (isEvent(document)) return undefined;
  const events = document.kind() === 'array' ? document : document.member('events');
  if (events?.kind() !== 'array') throw invalid('it has no list "events"');
  for (const name of ['nextToken', 'NextToken'])
    if (textMember(document, name) !== undefined)
      throw incomplete(`it has the member ${name}: it is one page of several`);
  const sorted = events.items().toSorted((one, other) => eventId(one) - eventId(other));
  return { executionArn: textMember(document, 'executionArn'), events: sorted };
}

/** Of two members of one name, readers take one, and do not say which. */
function checkNames(value: Value, what: string): void {
  const [twice] = findDuplicateMembers(value.bytes(), new Set(), () => undefined);
  if (twice) throw invalid(`${what} has the member "${twice.name}" twice, at /${twice.path.join('/')}`);
}

function isEvent(value: Value): boolean {
  return isObject(value) && value.member('id') !== undefined && value.member('type') !== undefined;
}

function eventId(event: Value): number {
  const id = isObject(event) ? event.member('id')?.number() : undefined;
  if (id === undefined || textMember(event, 'type') === undefined) throw invalid('an event has no id or no type');
  return id;
}

/** Types of events that end an execution. */
const ENDS = new Set(['ExecutionSucceeded', 'ExecutionFailed', 'ExecutionAborted', 'ExecutionTimedOut']);

/** Where the event of an invocation is in the record of it. */
const INPUTS: Readonly<Record<string, string>> = {
  LambdaFunctionScheduled: 'input',
  ActivityScheduled: 'input',
  TaskScheduled: 'parameters',
};

/** Reads one history, event by event, the oldest first. */
export class HistoryReader<V extends Value = Value> {
  readonly children: StartedChild[] = [];
  /** Events of each type that this release does not know: the number of the first one, and how many there are. */
  readonly unknown = new Map<string, { readonly first: number; count: number }>();
  /** Names of states by the events that lead to each other. */
  readonly #states = new Map<number, string>();
  /** Requests to start an execution, by the events that lead to each other. */
  readonly #requests = new Map<number, number>();
  /** Requests whose answer is not in the history so far. */
  readonly #unanswered = new Map<number, StartedChild>();
  #last = 0;
  #lastType = '';

  /** True when the execution had ended when its history was read. */
  get isEnded(): boolean {
    return ENDS.has(this.#lastType);
  }

  /** The last event, as `event 7 (TaskStarted)`. */
  get last(): string {
    return `event ${this.#last} (${this.#lastType})`;
  }

  /**
   * The invocation that an event records, if it is one. Throws `BagError` `HISTORY_INVALID`, `HISTORY_INCOMPLETE` when
   * events before it are missing, and `HISTORY_WITHOUT_DATA` when it does not have the input of the invocation.
   */
  take(event: V): RecordedStep<V> | undefined {
    const id = eventId(event);
    const type = textMember(event, 'type')!;
    if (id !== this.#last + 1) throw incomplete(`event ${id} follows event ${this.#last}`);
    if (id === 1 && type !== 'ExecutionStarted') throw incomplete(`it begins with ${type}, not with ExecutionStarted`);
    [this.#last, this.#lastType] = [id, type];
    if (!isKnownType(type)) this.#noteUnknown(id, type);
    const state = this.#nameState(event, id);
    this.#noteChild(event, { id, type, state });
    return readStep(event, { id, type, state });
  }

  /** Throws `BagError` `HISTORY_INVALID` for a history without an event. */
  end(): void {
    if (this.#last === 0) throw invalid('it has no event');
    for (const child of this.#unanswered.values()) this.#addChild(child);
    this.#unanswered.clear();
  }

  #noteUnknown(id: number, type: string): void {
    const noted = this.unknown.get(type);
    if (noted) noted.count++;
    else this.unknown.set(type, { first: id, count: 1 });
  }

  #nameState(event: V, id: number): string {
    const own = event.member('stateEnteredEventDetails') ?? event.member('stateExitedEventDetails');
    const name = (own && textMember(own, 'name')) ?? this.#states.get(numberBefore(event)) ?? '';
    this.#states.set(id, name);
    return name;
  }

  #noteChild(event: V, { id, type, state }: Recorded): void {
    if (type === 'MapRunStarted' || type === 'MapRunRedriven') {
      this.#addChild({ state, arn: textIn(event, detailsName(type), 'mapRunArn') });
      return;
    }
    if (!startsExecution(event, type)) return;
    const request = type === 'TaskScheduled' ? id : this.#requests.get(numberBefore(event));
    if (request === undefined) return;
    this.#requests.set(id, request);
    const child = this.#unanswered.get(request);
    if (type === 'TaskScheduled') this.#unanswered.set(id, { state, arn: arnIn(event, type, 'parameters') });
    else if (REFUSED.has(type)) this.#unanswered.delete(request);
    else if (ANSWERED.has(type) && child) {
      this.#unanswered.delete(request);
      this.#addChild({ state, arn: arnIn(event, type, 'output') ?? child.arn });
    }
  }

  /** A map run that is redriven is the same one. */
  #addChild(child: StartedChild): void {
    const isNoted = child.arn !== undefined && this.children.some(({ arn }) => arn === child.arn);
    if (!isNoted) this.children.push(child);
  }
}

/** Answers to a request that has started nothing. After a timeout that is not known. */
const REFUSED = new Set(['TaskStartFailed', 'TaskSubmitFailed', 'TaskFailed']);

/** Answers with the ARN of what was started: `TaskSucceeded` is the first one of a request without `.sync`. */
const ANSWERED = new Set(['TaskSubmitted', 'TaskSucceeded']);

function numberBefore(event: Value): number {
  return event.member('previousEventId')?.number() ?? 0;
}

function textIn(event: Value, details: string, name: string): string | undefined {
  const found = event.member(details);
  return found && textMember(found, name);
}

const detailsName = (type: string): string => `${type[0]!.toLowerCase()}${type.slice(1)}EventDetails`;

function startsExecution(event: Value, type: string): boolean {
  const [kind, resource] = ['resourceType', 'resource'].map((name) => textIn(event, detailsName(type), name) ?? '');
  return /^(?:states|aws-sdk:sfn)$/.test(kind!) && /^(?:start(?:Sync)?|redrive)Execution(?:\.|$)/.test(resource!);
}

/** The ARN of an execution in a request or in the answer to it. */
function arnIn(event: Value, type: string, name: string): string | undefined {
  const text = event.member(detailsName(type))?.member(name)?.embedded();
  return text && (textMember(text, 'ExecutionArn') ?? textMember(text, 'executionArn'));
}

interface Recorded {
  readonly id: number;
  readonly type: string;
  readonly state: string;
}

/** Requests to Lambda that call a function; `invokeAsync` is deprecated, and has the event in `InvokeArgs`. */
const INVOCATION = /^invoke(?:Async|WithResponseStream)?(?:\.|$)/;

function readStep<V extends Value>(event: V, { id, type, state }: Recorded): RecordedStep<V> | undefined {
  const input = INPUTS[type];
  if (input === undefined) return undefined;
  const details = event.member(detailsName(type));
  const isTask = type === 'TaskScheduled';
  // What it starts has a history of its own.
  if (isTask && startsExecution(event, type)) return undefined;
  const [service, request] = ['resourceType', 'resource'].map((name) => textIn(event, detailsName(type), name) ?? '');
  const isOtherService = isTask && !(/(?:^|:)lambda$/.test(service!) && INVOCATION.test(request!));
  const called = nameCalled(isTask, service!, request!, isOtherService);
  const step = { eventId: id, state, called, isOtherService };
  if (details && isTruncated(details)) return { ...step, event: TRUNCATED };
  const text = details?.member(input);
  if (text === undefined)
    throw new BagError(
      'HISTORY_WITHOUT_DATA',
      `event ${id} (${type}) has no ${input}; read the history again with --include-execution-data`,
    );
  const value = openText(text, id);
  return isTask && !isOtherService ? { ...step, ...readRequest(value, request!, id) } : { ...step, event: value };
}

/** Of a request to Lambda, its parameters say it. */
function nameCalled(isTask: boolean, service: string, request: string, isOtherService: boolean): CalledFunction {
  if (!isTask) return parseFunction(request);
  return { name: isOtherService ? `${service}:${request}` : '' };
}

function readRequest<V extends Value>(
  value: V,
  request: string,
  id: number,
): Pick<RecordedStep<V>, 'called' | 'event'> {
  checkNames(value, `the request in event ${id}`);
  const named = parseFunction(textMember(value, 'FunctionName') ?? '');
  const called = { ...named, qualifier: named.qualifier ?? textMember(value, 'Qualifier') };
  const payload = value.member(request === 'invokeAsync' ? 'InvokeArgs' : 'Payload');
  const path = value.names().find((name) => name.endsWith('.$'));
  if (path !== undefined) {
    const reason = `the request in event ${id} has ${path}: it is a part of the state machine, and not what the function got`;
    return { called, event: new UnknownEvent('STEP_UNKNOWN', reason) };
  }
  if (payload === undefined) return { called, event: value.parse(Buffer.from('{}')) };
  const text = payload.embedded();
  if (text === undefined && payload.kind() === 'string') {
    const reason = `the payload in event ${id} is not JSON text, such as Base64: what the function got is not known`;
    return { called, event: new UnknownEvent('STEP_UNKNOWN', reason) };
  }
  return { called, event: text ?? payload };
}

const TRUNCATED = new UnknownEvent(
  'STATE_TRUNCATED',
  'Step Functions gives only a part of the event; look at the execution itself',
);

/** Whatever a service says in place of the whole text. */
function isTruncated(details: Value): boolean {
  const notes = [details, details.member('inputDetails'), details.member('parametersDetails')];
  const says = (note: Value | undefined, name: string, text: string) => {
    const value = note?.member(name);
    return value !== undefined && Buffer.from(value.bytes()).toString() === text;
  };
  return notes.some((note) => says(note, 'truncated', 'true') || INCLUDED.some((name) => says(note, name, 'false')));
}

/** Members of descriptions of events, of which one is false when the text was left out. */
const INCLUDED = ['included', 'includedInHistory'];

function openText<V extends Value>(text: V, id: number): V {
  const value = text.embedded();
  if (value === undefined) throw invalid(`the input in event ${id} is not JSON`);
  return value;
}

function invalid(why: string): BagError {
  return new BagError(
    'HISTORY_INVALID',
    `this is not the history of an execution: ${why}. Export it with "aws stepfunctions get-execution-history --execution-arn ARN --output json"`,
  );
}

function incomplete(why: string): BagError {
  return new BagError('HISTORY_INCOMPLETE', `a part of the history is missing: ${why}. Export all of its pages`);
}
