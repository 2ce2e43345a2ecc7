import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import type { ExecutionListItem, HistoryEvent as SfnEvent } from '@aws-sdk/client-sfn';
import { ConfigError, messageOf, StateBagError, StoreError } from '../errors/index.js';
import { createPacer } from './executions.js';
import type {
  ExecutionsPort,
  ExecutionStatus,
  ExecutionSummary,
  HistoryEvent,
  HistoryRecord,
  PacerClock,
} from './executions.js';

export interface SfnExecutionsOptions {
  readonly region: string;
  /** Base URL of another server; default: the SDK's own, `AWS_ENDPOINT_URL_SFN` included. */
  readonly endpoint?: string;
  readonly clock?: PacerClock;
}

/** Requests a second: what every region refills for the whole account, halved, since executions need some too. */
const RATES = { list: 1, describe: 5, history: 10 } as const;

/** Step Functions through the SDK, within its rates. */
export function sfnExecutions(options: SfnExecutionsOptions): ExecutionsPort {
  return new SfnExecutions(options);
}

class SfnExecutions implements ExecutionsPort {
  readonly #client: SFNClient;
  readonly #pace: { readonly [call in keyof typeof RATES]: (signal?: AbortSignal) => Promise<void> };

  constructor({ region, endpoint, clock }: SfnExecutionsOptions) {
    // Others use the same account: what is throttled all the same is repeated ever more slowly.
    this.#client = new SFNClient({
      region,
      retryMode: 'adaptive',
      maxAttempts: 8,
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    this.#pace = {
      list: createPacer(RATES.list, clock),
      describe: createPacer(RATES.describe, clock),
      history: createPacer(RATES.history, clock),
    };
  }

  async *list(arn: string, status?: ExecutionStatus, signal?: AbortSignal): AsyncGenerator<ExecutionSummary> {
    const subject = arn.includes(':mapRun:') ? { mapRunArn: arn } : { stateMachineArn: arn };
    let nextToken: string | undefined;
    do {
      await this.#pace.list(signal);
      const command = new ListExecutionsCommand({ ...subject, statusFilter: status, maxResults: 1000, nextToken });
      const page = await asked('states:ListExecutions', arn, () => this.#client.send(command, optionsOf(signal)));
      yield* (page.executions ?? []).map(summaryOf);
      ({ nextToken } = page);
    } while (nextToken !== undefined);
  }

  async isRedrivable(executionArn: string, signal?: AbortSignal): Promise<boolean> {
    await this.#pace.describe(signal);
    const command = new DescribeExecutionCommand({ executionArn });
    const { redriveStatus } = await asked('states:DescribeExecution', executionArn, () =>
      this.#client.send(command, optionsOf(signal)),
    );
    return redriveStatus !== 'NOT_REDRIVABLE';
  }

  async *history(executionArn: string, signal?: AbortSignal): AsyncGenerator<readonly HistoryEvent[]> {
    for await (const page of this.#pages(executionArn, true, signal))
      yield page.sort((one, other) => (other.id ?? 0) - (one.id ?? 0)).map(eventOf);
  }

  async *records(executionArn: string, signal?: AbortSignal): AsyncGenerator<readonly HistoryRecord[]> {
    for await (const page of this.#pages(executionArn, false, signal))
      yield page.sort((one, other) => (one.id ?? 0) - (other.id ?? 0)).map((event) => ({ ...event }));
  }

  /** Not every server keeps to the order asked for within a page. */
  async *#pages(executionArn: string, reverseOrder: boolean, signal?: AbortSignal): AsyncGenerator<SfnEvent[]> {
    let nextToken: string | undefined;
    do {
      await this.#pace.history(signal);
      const command = new GetExecutionHistoryCommand({
        executionArn,
        reverseOrder,
        maxResults: 1000,
        includeExecutionData: true,
        nextToken,
      });
      const page = await asked('states:GetExecutionHistory', executionArn, () =>
        this.#client.send(command, optionsOf(signal)),
      );
      yield page.events ?? [];
      ({ nextToken } = page);
    } while (nextToken !== undefined);
  }
}

function optionsOf(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function summaryOf({ executionArn = '', status, startDate, stopDate }: ExecutionListItem): ExecutionSummary {
  return { arn: executionArn, status, startedAt: startDate ?? new Date(0), stoppedAt: stopDate };
}

function eventOf(event: SfnEvent): HistoryEvent {
  const entered = event.stateEnteredEventDetails ?? event.executionStartedEventDetails;
  const name = event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name;
  const patience = patienceOf(event);
  return {
    type: event.type ?? '',
    at: event.timestamp ?? new Date(0),
    ...(name === undefined ? {} : { name }),
    ...(entered === undefined
      ? {}
      : { input: entered.input ?? '', isTruncated: entered.inputDetails?.truncated === true }),
    ...(patience === undefined ? {} : { patience }),
  };
}

function patienceOf({
  taskScheduledEventDetails: task,
  activityScheduledEventDetails: activity,
}: SfnEvent): number | undefined {
  const limits = [task, activity].flatMap((details) => [details?.heartbeatInSeconds, details?.timeoutInSeconds]);
  const given = limits.filter((seconds) => seconds !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
}

const WRONG_ARN = new Set([
  'StateMachineDoesNotExist',
  'ExecutionDoesNotExist',
  'InvalidArn',
  'ResourceNotFound',
  'StateMachineTypeNotSupported',
  'ValidationException',
]);
const DENIED = new Set([
  'AccessDeniedException',
  'UnrecognizedClientException',
  'ExpiredTokenException',
  'InvalidSignatureException',
  'CredentialsProviderError',
  'KmsAccessDeniedException',
]);

/** The answer, or an error that says which IAM action was asked for on what. */
async function asked<T>(action: string, arn: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw sfnError(error, action, arn);
  }
}

function sfnError(error: unknown, action: string, arn: string): Error {
  if (error instanceof StateBagError || (error instanceof Error && error.name === 'AbortError')) return error;
  const name = error instanceof Error ? error.name : '';
  const options = { context: { path: arn }, cause: error };
  if (WRONG_ARN.has(name))
    return new ConfigError(
      'SOURCE_NOT_FOUND',
      `${action} on ${arn}: ${messageOf(error)}; only standard state machines and map runs list their executions`,
      options,
    );
  if (DENIED.has(name))
    return new StoreError('STORE_DENIED', `${action} on ${arn} is not allowed: ${messageOf(error)}`, {
      ...options,
      retryable: false,
    });
  return new StoreError('STORE_UNAVAILABLE', `${action} on ${arn} failed: ${messageOf(error)}`, {
    ...options,
    retryable: true,
  });
}
