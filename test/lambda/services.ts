import pMap from 'p-map';
import type { MapEvent, MapHandler } from 'statebag-shim/lambda/map-item';
import type { S3BatchHandler, S3BatchTaskResult } from 'statebag-shim/lambda/s3-batch';
import type { ObjectStore } from '../../src/store/object-store.js';
import { AMPLE, shuffled } from './census.js';

export type MapItem = MapEvent['Items'][number];

/** A key as S3 has it in tasks and reports: as in a query string, but `/` stays. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');
}

/** A row of a report: every field in quotes, quotes in them twice. */
function csvRow(fields: readonly string[]): string {
  return fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(',');
}

/** How a service plays: tasks out of order, several at a time, some of them more than once. */
export interface Playing {
  readonly seed: number;
  /** Every n-th task is delivered once more after it was answered. */
  readonly againEvery: number;
  readonly concurrency: number;
  readonly context?: typeof AMPLE;
}

/**
 * S3 Batch Operations: sends every key to one of the sandboxes, again what failed temporarily, and writes the report.
 */
export async function runBatchJob(
  keys: readonly string[],
  handlers: readonly S3BatchHandler[],
  objects: ObjectStore,
  playing: Playing,
): Promise<string> {
  const rows = await pMap(
    shuffled(keys, playing.seed),
    async (key, at) => {
      const deliveries = at % playing.againEvery === 0 ? 2 : 1;
      let told = await deliver(key, at, handlers, playing.context);
      for (let again = 1; again < deliveries || (told.resultCode === 'TemporaryFailure' && again < 6); again++)
        told = await deliver(key, at + again, handlers, playing.context);
      const isDone = told.resultCode === 'Succeeded';
      return {
        isDone,
        row: csvRow([
          'paused',
          encodeKey(key),
          '',
          isDone ? 'succeeded' : 'failed',
          isDone ? '' : told.resultCode,
          '200',
          told.resultString,
        ]),
      };
    },
    { concurrency: playing.concurrency },
  );
  const files = await Promise.all(
    [true, false].map(async (isDone) => {
      const key = `report/job-1/results/${isDone ? 'succeeded' : 'failed'}.csv`;
      await objects.put(
        { bucket: 'fleet', key },
        Buffer.from(
          rows
            .filter((row) => row.isDone === isDone)
            .map(({ row }) => `${row}\n`)
            .join(''),
        ),
      );
      return { TaskExecutionStatus: isDone ? 'succeeded' : 'failed', Bucket: 'fleet', MD5Checksum: '', Key: key };
    }),
  );
  const manifest = {
    Format: 'Report_CSV_20180820',
    ReportCreationDate: '2026-02-01T00:00:00Z',
    Results: files,
    ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
  };
  await objects.put({ bucket: 'fleet', key: 'report/job-1/manifest.json' }, Buffer.from(JSON.stringify(manifest)));
  return 's3://fleet/report/job-1/manifest.json';
}

async function deliver(
  key: string,
  at: number,
  handlers: readonly S3BatchHandler[],
  context = AMPLE,
): Promise<S3BatchTaskResult> {
  const place =
    at % 2 === 0 ? { s3BucketArn: 'arn:aws:s3:::paused', s3VersionId: null } : { s3Bucket: 'paused', s3VersionId: '' };
  const event = {
    invocationSchemaVersion: at % 2 === 0 ? '1.0' : '2.0',
    invocationId: `invocation-${at}`,
    job: { id: 'job-1' },
    tasks: [{ taskId: `task-${at}`, s3Key: encodeKey(key), ...place }],
  };
  const { results } = await handlers[at % handlers.length]!(event, context);
  return results[0]!;
}

/** A Distributed Map: batches of items, retried by the name of the error, and the files of its ResultWriter. */
export async function runMap(
  items: readonly MapItem[],
  handlers: readonly MapHandler[],
  objects: ObjectStore,
  playing: Playing & { readonly batch: number },
): Promise<string> {
  const mixed = shuffled(items, playing.seed);
  const batches = Array.from({ length: Math.ceil(mixed.length / playing.batch) }, (_, at) =>
    mixed.slice(at * playing.batch, (at + 1) * playing.batch),
  );
  const children = await pMap(batches, (batch, at) => childExecution(batch, at, handlers, playing), {
    concurrency: playing.concurrency,
  });
  const files = {
    SUCCEEDED: children.filter(({ Status }) => Status === 'SUCCEEDED'),
    FAILED: children.filter(({ Status }) => Status === 'FAILED'),
  };
  const listed: Record<string, { Key: string; Size: number }[]> = { PENDING: [] };
  for (const [status, executions] of Object.entries(files)) {
    const bytes = Buffer.from(JSON.stringify(executions));
    await objects.put({ bucket: 'fleet', key: `map/${status}_0.json` }, bytes);
    listed[status] = executions.length === 0 ? [] : [{ Key: `map/${status}_0.json`, Size: bytes.length }];
  }
  await objects.put(
    { bucket: 'fleet', key: 'map/manifest.json' },
    Buffer.from(JSON.stringify({ DestinationBucket: 'fleet', MapRunArn: 'arn', ResultFiles: listed })),
  );
  return 's3://fleet/map/manifest.json';
}

interface ChildExecution {
  readonly Input: string;
  readonly Status: 'SUCCEEDED' | 'FAILED';
  readonly Output?: string;
  readonly Error?: string;
  readonly Cause?: string;
}

async function childExecution(
  Items: readonly MapItem[],
  at: number,
  handlers: readonly MapHandler[],
  { againEvery, context = AMPLE }: Playing,
): Promise<ChildExecution> {
  const Input = JSON.stringify({ Items });
  const invoke = (attempt: number) =>
    handlers[(at + attempt) % handlers.length]!(
      JSON.parse(JSON.stringify({ Items, attempt, lastAttempt: 5, run: 'night' })) as { Items: MapItem[] },
      context,
    );
  for (let attempt = 0; ; attempt++) {
    try {
      if (attempt === 0 && at % againEvery === 0) await invoke(0);
      return { Input, Status: 'SUCCEEDED', Output: JSON.stringify(await invoke(attempt)) };
    } catch (error) {
      const { name, message } = error as Error;
      if (name !== 'StateBagRetryableError' || attempt === 5)
        return {
          Input,
          Status: 'FAILED',
          Error: name,
          Cause: JSON.stringify({ errorType: name, errorMessage: message }),
        };
    }
  }
}
