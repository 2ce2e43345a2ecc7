import { ConfigError } from '../../errors/index.js';
import { formatS3Uri, parseS3Uri } from '../../store/index.js';
import type { ObjectStore } from '../../store/index.js';
import { decodeKey, parseCsv } from './csv.js';
import { mapAnswers } from './map-results.js';
import type { OutcomeCounts, Reported, ToldResult } from './task-answer.js';

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
