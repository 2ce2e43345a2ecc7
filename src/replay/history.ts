import { BagError } from '../errors/index.js';
import { findDuplicateMembers } from '../json/duplicates.js';
import { isObject, textMember } from '../bag/value.js';
import type { Value } from '../bag/value.js';

/*
 * Histories as `GetExecutionHistory` gives them and `aws stepfunctions get-execution-history` prints them.
 */

/** An invocation that a history records: the event that a function or an activity got. */
export interface RecordedStep<V extends Value = Value> {
  /** Number of the event in the history. */
  readonly eventId: number;
  /** Name of the state; empty when the history does not say it. */
  readonly state: string;
  /** Name of the function or activity, without account and version; of a task of another service, the request. */
  readonly functionName: string;
  /** True for a task of a service that is neither Lambda nor an activity: who gets the event is not known. */
  readonly isOtherService: boolean;
  /** `undefined` when the history has only a part of it. */
  readonly event: V | undefined;
}

/** An execution or a map run that a history starts, and whose steps are in a history of their own. */
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
const SCHEDULED: Readonly<Record<string, { readonly details: string; readonly input: string; readonly name: string }>> =
  {
    LambdaFunctionScheduled: { details: 'lambdaFunctionScheduledEventDetails', input: 'input', name: 'resource' },
    ActivityScheduled: { details: 'activityScheduledEventDetails', input: 'input', name: 'resource' },
    TaskScheduled: { details: 'taskScheduledEventDetails', input: 'parameters', name: 'resourceType' },
  };

/** Reads one history, event by event, the oldest first. */
export class HistoryReader<V extends Value = Value> {
  readonly children: StartedChild[] = [];
  /** Names of states by the events that lead to each other. */
  readonly #states = new Map<number, string>();
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
    const state = this.#nameState(event, id);
    this.#noteChild(event, type, state);
    return readStep(event, { id, type, state });
  }

  /** Throws `BagError` `HISTORY_INVALID` for a history without an event. */
  end(): void {
    if (this.#last === 0) throw invalid('it has no event');
  }

  #nameState(event: V, id: number): string {
    const own = event.member('stateEnteredEventDetails') ?? event.member('stateExitedEventDetails');
    const before = event.member('previousEventId')?.number() ?? 0;
    const name = (own && textMember(own, 'name')) ?? this.#states.get(before) ?? '';
    this.#states.set(id, name);
    return name;
  }

  #noteChild(event: V, type: string, state: string): void {
    if (type === 'MapRunStarted') {
      this.children.push({ state, arn: textIn(event, 'mapRunStartedEventDetails', 'mapRunArn') });
      return;
    }
    if (!startsExecution(event, type)) return;
    // A request is recorded before the answer that has the ARN; one that failed has started nothing.
    if (type !== 'TaskSubmitted' && !(type === 'TaskSucceeded' && isRequestOnly(event))) return;
    this.children.push({ state, arn: childArn(event, type) });
  }
}

function textIn(event: Value, details: string, name: string): string | undefined {
  const found = event.member(details);
  return found && textMember(found, name);
}

const detailsName = (type: string): string => `${type[0]!.toLowerCase()}${type.slice(1)}EventDetails`;

function startsExecution(event: Value, type: string): boolean {
  const [kind, resource] = ['resourceType', 'resource'].map((name) => textIn(event, detailsName(type), name) ?? '');
  return /^(?:states|aws-sdk:sfn)$/.test(kind!) && resource!.startsWith('startExecution');
}

/** Without `.sync` and `.waitForTaskToken`, the answer to the request is the result of the task. */
function isRequestOnly(event: Value): boolean {
  return textIn(event, 'taskSucceededEventDetails', 'resource') === 'startExecution';
}

function childArn(event: Value, type: string): string | undefined {
  const output = event.member(detailsName(type))?.member('output')?.embedded();
  return output && (textMember(output, 'ExecutionArn') ?? textMember(output, 'executionArn'));
}

interface Recorded {
  readonly id: number;
  readonly type: string;
  readonly state: string;
}

/** Requests to Lambda that call a function; `invokeAsync` is deprecated, and has the event in `InvokeArgs`. */
const INVOCATION = /^invoke(?:Async|WithResponseStream)?(?:\.|$)/;

function readStep<V extends Value>(event: V, { id, type, state }: Recorded): RecordedStep<V> | undefined {
  const place = SCHEDULED[type];
  if (place === undefined) return undefined;
  const details = event.member(place.details);
  const isTask = type === 'TaskScheduled';
  // What it starts has a history of its own.
  if (isTask && startsExecution(event, type)) return undefined;
  const [service, request] = ['resourceType', 'resource'].map((name) => textIn(event, place.details, name) ?? '');
  const isOtherService = isTask && !(/(?:^|:)lambda$/.test(service!) && INVOCATION.test(request!));
  const text = details?.member(place.input);
  if (text === undefined)
    throw new BagError(
      'HISTORY_WITHOUT_DATA',
      `event ${id} (${type}) has no ${place.input}; read the history again with --include-execution-data`,
    );
  const functionName = isOtherService ? `${service}:${request}` : shortName(textMember(details!, place.name) ?? '');
  const step = { eventId: id, state, functionName, isOtherService };
  if (isTruncated(details!)) return { ...step, event: undefined };
  const value = openText(text, id);
  if (!isTask || isOtherService) return { ...step, event: value };
  checkNames(value, `the request in event ${id}`);
  const payload = value.member(request === 'invokeAsync' ? 'InvokeArgs' : 'Payload');
  return {
    ...step,
    functionName: shortName(textMember(value, 'FunctionName') ?? ''),
    event: payload === undefined ? value.parse(Buffer.from('{}')) : (payload.embedded() ?? payload),
  };
}

function isTruncated(details: Value): boolean {
  return details.member('inputDetails')?.member('truncated')?.bytes()[0] === 0x74;
}

function openText<V extends Value>(text: V, id: number): V {
  const value = text.embedded();
  if (value === undefined) throw invalid(`the input in event ${id} is not JSON`);
  return value;
}

/** `engine-run` of `arn:aws:lambda:eu-central-1:123456789012:function:engine-run:7`, and of `engine-run:7`. */
export function shortName(resource: string): string {
  const parts = resource.split(':');
  if (parts[0] !== 'arn') return parts[0]!;
  return parts[6] ?? parts.at(-1)!;
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
