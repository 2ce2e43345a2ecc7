import pMap from 'p-map';
import { ConfigError } from '../../errors/index.js';
import { objectContainer } from '../../sources/objects.js';
import { formatS3Uri } from '../../store/index.js';
import type { ObjectAddress } from '../../store/index.js';
import { answerOf, countOutcomes, needsSomebody } from '../collect.js';
import type { TaskAnswer } from '../collect.js';
import { decodeKey } from '../manifest.js';
import { failedTask, runTask, skippedTask } from '../task.js';
import type { TaskResult } from '../task.js';
import { beforeEnd, deadlineOf, lazyFleet, metricsLine } from './fleet.js';
import type { Deadline, Fleet, LambdaContext } from './fleet.js';
import { omit } from '../../run/request.js';

/** One object of a job. Schema 1.0 names the bucket by its ARN, 2.0 by its name. Keys are URL-encoded. */
export interface S3BatchTask {
  readonly taskId: string;
  readonly s3Key: string;
  readonly s3VersionId?: string | null;
  readonly s3BucketArn?: string;
  readonly s3Bucket?: string;
}

/** What S3 Batch Operations invokes a function with. */
export interface S3BatchEvent {
  readonly invocationSchemaVersion: string;
  readonly invocationId: string;
  readonly job: { readonly id: string };
  readonly tasks: readonly S3BatchTask[];
}

export interface S3BatchTaskResult {
  readonly taskId: string;
  readonly resultCode: 'Succeeded' | 'TemporaryFailure' | 'PermanentFailure';
  /** JSON of at most 1,024 bytes: see `docs/fleet.md`. */
  readonly resultString: string;
}

export interface S3BatchResponse {
  readonly invocationSchemaVersion: string;
  readonly treatMissingKeysAs: 'TemporaryFailure';
  readonly invocationId: string;
  readonly results: readonly S3BatchTaskResult[];
}

export type S3BatchHandler = (event: S3BatchEvent, context: LambdaContext) => Promise<S3BatchResponse>;

/**
 * Migrates the objects of an S3 Batch Operations job. `TemporaryFailure` is said only of what a retry can mend: a store
 * that is down or throttles, a document that moved while it was rewritten, time that ran out. Throws `ConfigError` for
 * an event that is none of a job, or an environment that says too little.
 */
export function createS3BatchHandler(open: () => Promise<Fleet> = lazyFleet()): S3BatchHandler {
  return async (event, context) => {
    assertJob(event);
    const fleet = await open();
    const deadline = deadlineOf(context, fleet.settings.marginMs);
    try {
      const results = await pMap(event.tasks, (task) => resultOf(task, event.job.id, fleet, deadline), {
        concurrency: fleet.settings.concurrency,
      });
      return {
        invocationSchemaVersion: event.invocationSchemaVersion,
        treatMissingKeysAs: 'TemporaryFailure',
        invocationId: event.invocationId,
        results,
      };
    } finally {
      deadline.release();
    }
  };
}

/** Configured by the environment; `docs/fleet.md` has the variables. */
export const handler: S3BatchHandler = createS3BatchHandler();

function assertJob({ invocationSchemaVersion: version, job, tasks }: Partial<S3BatchEvent>): void {
  if (!['1.0', '2.0'].includes(version ?? ''))
    throw new ConfigError(
      'EVENT_INVALID',
      `the event has the invocation schema ${JSON.stringify(version)}; 1.0 and 2.0 are known`,
    );
  if (typeof job?.id !== 'string' || !Array.isArray(tasks))
    throw new ConfigError(
      'EVENT_INVALID',
      'the event is not that of an S3 Batch Operations job: it has no job or no tasks',
    );
}

async function resultOf(
  task: S3BatchTask,
  jobId: string,
  fleet: Fleet,
  deadline: Deadline,
): Promise<S3BatchTaskResult> {
  const { taskId } = task;
  const result = await beforeEnd(carryOut(task, jobId, fleet, deadline), deadline);
  if (result === 'late')
    return {
      taskId,
      resultCode: 'TemporaryFailure',
      resultString: resultString({ id: task.s3Key, counts: { 'not-started': 1 } }),
    };
  return result;
}

async function carryOut(
  task: S3BatchTask,
  jobId: string,
  fleet: Fleet,
  deadline: Deadline,
): Promise<S3BatchTaskResult> {
  const result = await migrateTask(task, jobId, fleet, deadline);
  fleet.log(metricsLine('s3-batch', jobId, countOutcomes([result]), Date.now()));
  try {
    return {
      taskId: task.taskId,
      resultCode: codeOf(result),
      resultString: resultString(await answerOf(result, fleet.engine.records)),
    };
  } catch (error) {
    const failed = failedTask(result.containerId, error, { runId: jobId, at: fleet.engine.now() });
    return {
      taskId: task.taskId,
      resultCode: codeOf(failed),
      resultString: resultString(await answerOf(failed, fleet.engine.records)),
    };
  }
}

async function migrateTask(task: S3BatchTask, runId: string, fleet: Fleet, { stop }: Deadline): Promise<TaskResult> {
  try {
    const address = addressOf(task);
    if (stop.aborted) return skippedTask(formatS3Uri(address));
    const versionId = task.s3VersionId ?? '';
    return await runTask(
      objectContainer(fleet.objects, address, versionId === '' ? undefined : versionId),
      fleet.engine,
      { runId, stop },
    );
  } catch (error) {
    return failedTask(task.s3Key, error, { runId, at: fleet.engine.now() });
  }
}

function codeOf({ results, isTemporary }: TaskResult): S3BatchTaskResult['resultCode'] {
  if (isTemporary) return 'TemporaryFailure';
  return needsSomebody(results) ? 'PermanentFailure' : 'Succeeded';
}

/** Throws `ConfigError` `EVENT_INVALID`. */
function addressOf({ s3Key, s3BucketArn, s3Bucket }: S3BatchTask): ObjectAddress {
  const bucket = s3Bucket ?? s3BucketArn?.split(':::').at(-1)?.split(':').at(-1);
  if (bucket === undefined || bucket === '') throw new ConfigError('EVENT_INVALID', 'the task names no bucket');
  try {
    return { bucket, key: decodeKey(s3Key) };
  } catch (cause) {
    throw new ConfigError('EVENT_INVALID', `the key ${JSON.stringify(s3Key)} is not URL-encoded UTF-8`, { cause });
  }
}

/** S3 keeps no more of it in a completion report. */
const MAX_BYTES = 1024;

/**
 * An answer as JSON of at most 1,024 bytes, the id left out: the report names the object. What is too long goes in this
 * order: hazards, the end of the reason, owner and workflow.
 */
function resultString(answer: TaskAnswer): string {
  if (!('result' in answer)) return JSON.stringify(omit(answer, ['id']));
  const result = omit(answer.result, ['doc', 'reason']);
  const candidates = [
    result,
    omit(result, ['hazards']),
    omit(result, ['hazards', 'ownerId', 'workflowId', 'refusals']),
  ];
  const texts = candidates.flatMap((kept) => REASONS.map((shorten) => textOf(kept, shorten(answer.result.reason))));
  return texts.find((text) => Buffer.byteLength(text) <= MAX_BYTES) ?? texts.at(-1)!;
}

/** Characters of a reason that say what it is about. */
const SHORT_REASON = 240;

const REASONS: readonly ((reason: string | undefined) => string | undefined)[] = [
  (reason) => reason,
  (reason) => (reason !== undefined && reason.length > SHORT_REASON ? `${reason.slice(0, SHORT_REASON)}…` : reason),
];

function textOf(result: object, reason: string | undefined): string {
  return JSON.stringify({ result: { ...result, ...(reason !== undefined && { reason }) } });
}
