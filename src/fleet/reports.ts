import { ConfigError } from '../errors/index.js';
import { formatS3Uri, parseS3Uri } from '../store/index.js';
import type { ObjectStore } from '../store/index.js';
import type { OutcomeCounts, Reported, TaskAnswer, ToldResult } from './collect.js';
import { decodeKey, parseCsv } from './manifest.js';

/** One child execution in a result file: its input and output are JSON text, or JSON where the writer was told to. */
interface ChildExecution {
  readonly Input?: unknown;
  readonly Output?: unknown;
  readonly Status?: string;
  readonly Error?: string;
  readonly Cause?: string;
}

/** What a result file of a Map Run tells, an array or one execution a line. Throws `ConfigError` `REPORT_INVALID`. */
function* mapAnswers(uri: string, text: string): Iterable<Reported> {
  for (const child of childrenOf(uri, text)) {
    const output = opened(child.Output) as { readonly answers?: readonly TaskAnswer[] } | undefined;
    const answers = output?.answers ?? answerInCause(child);
    if (answers) yield* answers.map((answer) => ({ answer }));
    else
      yield {
        silent: { ids: idsOf(opened(child.Input)), code: child.Error ?? 'TASK_FAILED', reason: reasonOf(child) },
      };
  }
}

function childrenOf(uri: string, text: string): readonly ChildExecution[] {
  try {
    const isArray = text.trimStart().startsWith('[');
    return (
      isArray
        ? JSON.parse(text)
        : text
            .split('\n')
            .filter((line) => line.trim() !== '')
            .map((line) => JSON.parse(line) as unknown)
    ) as readonly ChildExecution[];
  } catch (cause) {
    throw new ConfigError('REPORT_INVALID', `${uri} is no result file of a Map Run: it is no JSON`, { cause });
  }
}

/** A batch that failed for its findings carries its answer as the message of the error. */
function answerInCause({ Cause: cause }: ChildExecution): readonly TaskAnswer[] | undefined {
  const { errorMessage } = (opened(cause) ?? {}) as { readonly errorMessage?: unknown };
  const told = opened(errorMessage) as Partial<TaskAnswer> | undefined;
  return told && 'counts' in told ? [told as TaskAnswer] : undefined;
}

function reasonOf({ Status: status, Cause: cause = '' }: ChildExecution): string {
  const { errorMessage } = (opened(cause) ?? {}) as { readonly errorMessage?: unknown };
  return typeof errorMessage === 'string'
    ? errorMessage
    : cause === ''
      ? `the batch is ${status ?? 'without an answer'}`
      : cause;
}

/** Reads JSON that may be in a string. `undefined` when it is not a JSON object. */
function opened(value: unknown): object | undefined {
  const parsed = typeof value === 'string' ? detectJson(value) : value;
  return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
}

function detectJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A cause may be any text.
    return undefined;
  }
}

/** What a batch was about, as far as its input says so. */
function idsOf(input: object | undefined): readonly string[] {
  const { Items: items = input === undefined ? [] : [input], BatchInput: shared } = (input ?? {}) as {
    readonly Items?: readonly object[];
    readonly BatchInput?: { readonly bucket?: string };
  };
  return items.flatMap((item) => {
    const {
      id,
      lines,
      Key: key,
      Bucket: bucket = shared?.bucket,
    } = item as { id?: string; lines?: readonly number[]; Key?: string; Bucket?: string };
    if (id !== undefined) return [lines ? `${id}#L${lines.join('-L')}` : id];
    return key !== undefined && bucket !== undefined ? [formatS3Uri({ bucket, key })] : [];
  });
}

/** The manifest of a completion report of S3 Batch Operations. */
interface BatchReport {
  readonly Results: readonly { readonly Bucket: string; readonly Key: string }[];
}

/** The manifest that the ResultWriter of a Distributed Map leaves. */
interface MapRun {
  readonly DestinationBucket: string;
  readonly ResultFiles: Readonly<
    Record<'SUCCEEDED' | 'FAILED' | 'PENDING', readonly { readonly Key: string }[] | undefined>
  >;
}

/**
 * What a manifest leads to: the tasks of an S3 Batch Operations job, or the items of a Map Run. Memory: one result
 * file. Throws `ConfigError` `REPORT_INVALID` for anything else, and what the store throws.
 */
export async function* readReport(uri: string, objects: ObjectStore): AsyncIterable<Reported> {
  const manifest = parseObject(uri, await textOf(uri, objects)) as Partial<BatchReport & MapRun>;
  if (Array.isArray(manifest.Results)) yield* batchTasks(manifest.Results, objects);
  else if (manifest.ResultFiles) yield* mapItems(manifest as MapRun, objects);
  else
    throw new ConfigError(
      'REPORT_INVALID',
      `${uri} is neither the manifest.json of a completion report nor that of a ResultWriter`,
    );
}

async function* batchTasks(files: BatchReport['Results'], objects: ObjectStore): AsyncIterable<Reported> {
  for (const { Bucket: bucket, Key: key } of files) {
    const text = await textOf(formatS3Uri({ bucket, key }), objects);
    for (const [inBucket = '', inKey = '', , status = '', code = '', http = '', message = ''] of parseCsv(text)) {
      yield taskOf(formatS3Uri({ bucket: inBucket, key: decodeKey(inKey) }), message, `${status} ${code} ${http}`);
    }
  }
}

/** The result string of a handler, or whatever the service says of one that gave none. */
function taskOf(id: string, message: string, status: string): Reported {
  const told = parseTold(message);
  if (told === undefined) return { silent: { ids: [id], code: 'TASK_FAILED', reason: `${status.trim()}: ${message}` } };
  return { answer: 'result' in told ? { id, result: { ...told.result, doc: id } } : { ...told, id } };
}

/** An answer whose id the row of the report says. */
type Told =
  { readonly result: Omit<ToldResult, 'doc'> } | { readonly counts: OutcomeCounts; readonly results?: string };

function parseTold(message: string): Told | undefined {
  try {
    const told: unknown = JSON.parse(message);
    const isTold = typeof told === 'object' && told !== null && ('result' in told || 'counts' in told);
    return isTold ? (told as Told) : undefined;
  } catch {
    // Not ours: a time-out, a crash, an access that was refused.
    return undefined;
  }
}

async function* mapItems(
  { DestinationBucket: bucket, ResultFiles: files }: MapRun,
  objects: ObjectStore,
): AsyncIterable<Reported> {
  const keys = [...(files.SUCCEEDED ?? []), ...(files.FAILED ?? []), ...(files.PENDING ?? [])].map(
    ({ Key: key }) => key,
  );
  for (const key of keys) {
    const uri = formatS3Uri({ bucket, key });
    yield* mapAnswers(uri, await textOf(uri, objects));
  }
}

async function textOf(uri: string, objects: ObjectStore): Promise<string> {
  return Buffer.from((await objects.get(parseS3Uri(uri))).bytes).toString();
}

function parseObject(uri: string, text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw new ConfigError('REPORT_INVALID', `${uri} is no JSON; name the manifest.json of the report`, { cause });
  }
  throw new ConfigError('REPORT_INVALID', `${uri} is no JSON object`);
}
