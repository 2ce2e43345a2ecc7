import {
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type {
  AttributeValue,
  DynamoDBClientConfig,
  QueryCommandOutput,
  ScanCommandOutput,
} from '@aws-sdk/client-dynamodb';
import { ConfigError } from '../../errors/index.js';
import type { StateBagError } from '../../errors/index.js';
import { pauseBefore, sleepFor } from '../../store/backoff.js';
import { Pace } from './pace.js';
import type { PaceClock } from './pace.js';
import type { Consumed, Row, RowQuery, RowTable, RowUpdate, ScanPart, TableShape } from './port.js';
import { Graces, stoppedError, tableError, toShape, updateExpression } from './requests.js';
import type { TableCall } from './requests.js';

export interface DynamoDbTableOptions {
  /** Default: that of the environment or profile; `us-east-1` when only an endpoint is given. */
  readonly region?: string;
  /** Base URL of DynamoDB Local or a VPC endpoint. */
  readonly endpoint?: string;
  /** Read units a second, at most. Default: as many as the table lets pass. */
  readonly maxReadUnits?: number;
  /** Write units a second, at most. Default: as many as the table lets pass. */
  readonly maxWriteUnits?: number;
  /** Attempts of one request, those apart that the table throttled. Default 8. */
  readonly maxAttempts?: number;
  /** Milliseconds for which a throttled request is repeated. Default 60,000. */
  readonly throttledForMs?: number;
  /** Milliseconds until a request must be answered. Default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds that the request of a row has for its answer once the run was stopped. Default 4,000. */
  readonly graceMs?: number;
  /** A client to use instead of one made from the options above. It should not repeat requests itself. */
  readonly client?: DynamoDBClient;
  /** For tests. */
  readonly clock?: PaceClock;
  /** Uniform in [0, 1). For tests. */
  readonly random?: () => number;
}

const DEFAULT_ATTEMPTS = 8;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_THROTTLED_MS = 60_000;

const DEFAULT_GRACE_MS = 4_000;
const REAL_CLOCK: PaceClock = { now: () => performance.now(), sleep: sleepFor };

/** What is sent, and the units it will take as far as that is known before. */
interface Request<T> {
  readonly action: TableCall['action'];
  readonly units: number;
  readonly send: () => Promise<T>;
}

/** What a reply tells of the capacity it took. */
interface Metered {
  readonly ConsumedCapacity?: { readonly CapacityUnits?: number | undefined } | undefined;
}

/**
 * A table of DynamoDB. Requests are repeated here and not by the SDK, so that throttling is seen and slows down what
 * follows. Makes no request by itself.
 */
export function dynamoDbTable(name: string, options: DynamoDbTableOptions = {}): RowTable {
  return new DynamoDbTable(name, options);
}

class DynamoDbTable implements RowTable {
  readonly consumed: Consumed & { read: number; write: number } = { read: 0, write: 0 };
  private readonly client: DynamoDBClient;
  private readonly clock: PaceClock;
  private readonly reads: Pace;
  private readonly writes: Pace;
  private readonly graces: Graces;
  private known: Promise<TableShape> | undefined;

  constructor(
    readonly name: string,
    private readonly options: DynamoDbTableOptions,
  ) {
    this.client = options.client ?? new DynamoDBClient(clientConfigOf(options));
    this.clock = options.clock ?? REAL_CLOCK;
    this.graces = new Graces(options.graceMs ?? DEFAULT_GRACE_MS);
    this.reads = new Pace(this.clock, options.maxReadUnits);
    this.writes = new Pace(this.clock, options.maxWriteUnits);
  }

  shape(signal?: AbortSignal): Promise<TableShape> {
    this.known ??= this.describe(signal).catch((error: unknown) => {
      this.known = undefined;
      throw error;
    });
    return this.known;
  }

  async *scan({ segment, of, index }: ScanPart, signal?: AbortSignal): AsyncIterable<readonly Row[]> {
    const request = {
      TableName: this.name,
      Segment: segment,
      TotalSegments: of,
      ...(index !== undefined && { IndexName: index }),
      ReturnConsumedCapacity: 'TOTAL' as const,
    };
    yield* this.pages(
      'dynamodb:Scan',
      (start) => this.client.send(new ScanCommand({ ...request, ...start }), abort(signal)),
      signal,
    );
  }

  async *query({ index, equals }: RowQuery, signal?: AbortSignal): AsyncIterable<readonly Row[]> {
    const names = [...equals.keys()];
    const request = {
      TableName: this.name,
      ...(index !== undefined && { IndexName: index }),
      KeyConditionExpression: names.map((_, at) => `#k${at} = :k${at}`).join(' AND '),
      ExpressionAttributeNames: Object.fromEntries(names.map((name, at) => [`#k${at}`, name])),
      ExpressionAttributeValues: Object.fromEntries(names.map((name, at) => [`:k${at}`, sent(equals.get(name)!)])),
      ReturnConsumedCapacity: 'TOTAL' as const,
    };
    yield* this.pages(
      'dynamodb:Query',
      (start) => this.client.send(new QueryCommand({ ...request, ...start }), abort(signal)),
      signal,
    );
  }

  async get(key: Row, signal?: AbortSignal): Promise<Row | undefined> {
    const command = new GetItemCommand({
      TableName: this.name,
      Key: sentRow(key),
      ConsistentRead: true,
      ReturnConsumedCapacity: 'TOTAL',
    });
    const grace = this.graces.after(signal);
    const { Item } = await this.read('dynamodb:GetItem', () => this.client.send(command, abort(grace)), signal);
    return Item as Row | undefined;
  }

  async update(key: Row, update: RowUpdate, signal?: AbortSignal): Promise<void> {
    const { keys } = await this.shape(signal);
    const expression = updateExpression(keys, update);
    const values = expression.ExpressionAttributeValues;
    const command = new UpdateItemCommand({
      TableName: this.name,
      Key: sentRow(key),
      ...expression,
      ...(values === undefined ? {} : { ExpressionAttributeValues: sentRow(values) }),
      ReturnConsumedCapacity: 'TOTAL',
    } as ConstructorParameters<typeof UpdateItemCommand>[0]);
    const grace = this.graces.after(signal);
    const request = {
      action: 'dynamodb:UpdateItem',
      units: update.units,
      send: async () => {
        const reply = await this.client.send(command, abort(grace));
        const units = reply.ConsumedCapacity?.CapacityUnits ?? update.units;
        this.consumed.write += units;
        this.writes.correct(units - update.units);
      },
    } as const;
    if (signal?.aborted) throw stoppedError(signal.reason);
    await this.attempt(request, this.writes, signal);
  }

  private async describe(signal: AbortSignal | undefined): Promise<TableShape> {
    const command = new DescribeTableCommand({ TableName: this.name });
    const { Table } = await this.read('dynamodb:DescribeTable', () => this.client.send(command, abort(signal)), signal);
    return toShape(Table ?? {});
  }

  private async *pages(
    action: TableCall['action'],
    send: (start: {
      ExclusiveStartKey?: Record<string, AttributeValue>;
    }) => Promise<ScanCommandOutput | QueryCommandOutput>,
    signal: AbortSignal | undefined,
  ): AsyncIterable<readonly Row[]> {
    let start: { ExclusiveStartKey?: Record<string, AttributeValue> } | undefined = {};
    while (start) {
      const from: { ExclusiveStartKey?: Record<string, AttributeValue> } = start;
      const { Items, LastEvaluatedKey } = await this.read(action, () => send(from), signal);
      yield (Items ?? []) as readonly Row[];
      start = LastEvaluatedKey && { ExclusiveStartKey: LastEvaluatedKey };
    }
  }

  /** What a read takes is known once it is done; the next one waits for it to be paid. */
  private read<T extends object>(
    action: TableCall['action'],
    send: () => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const metered = async () => {
      const reply = await send();
      const units = (reply as Metered).ConsumedCapacity?.CapacityUnits ?? 0;
      this.consumed.read += units;
      this.reads.correct(units);
      return reply;
    };
    return this.attempt({ action, units: 0, send: metered }, this.reads, signal);
  }

  /**
   * Sends a request until it is answered. Once the signal is aborted nothing is waited for: then it throws
   * `RUN_STOPPED`, or the error of an attempt that may have been carried out.
   */
  private async attempt<T>({ action, units, send }: Request<T>, pace: Pace, signal: AbortSignal | undefined) {
    const {
      maxAttempts = DEFAULT_ATTEMPTS,
      throttledForMs = DEFAULT_THROTTLED_MS,
      random = Math.random,
    } = this.options;
    let unsure: StateBagError | undefined;
    let throttledSince: number | undefined;
    const unlessStopped = async <R>(wait: () => Promise<R>): Promise<R> => {
      try {
        return await wait();
      } catch (cause) {
        throw unsure ?? stoppedError(cause);
      }
    };
    for (let attempt = 1, failures = 0; ; attempt++) {
      const takenAt = await unlessStopped(() => pace.take(units, signal));
      try {
        return await send();
      } catch (cause) {
        const error = await this.settled(tableError(cause, { table: this.name, action }));
        if (error.code === 'TABLE_THROTTLED') {
          pace.correct(-units);
          if (throttledSince === undefined) pace.throttled(takenAt);
          throttledSince ??= takenAt;
          if (this.clock.now() - throttledSince >= throttledForMs) throw error;
        } else {
          if (action === 'dynamodb:UpdateItem') unsure = error;
          if (!error.retryable || ++failures >= maxAttempts) throw error;
        }
        await unlessStopped(() => this.clock.sleep(pauseBefore(attempt, random), signal));
      }
    }
  }

  /** An SDK that cannot find a region or credentials says so at its first request only. */
  private async settled(error: ReturnType<typeof tableError>): Promise<ReturnType<typeof tableError>> {
    if (error.code !== 'TABLE_REJECTED') return error;
    const region = await this.client.config.region().catch(() => undefined);
    return region === undefined
      ? new ConfigError('REGION_MISSING', 'No AWS region is set: give the region option or AWS_REGION.', {
          cause: error,
        })
      : error;
  }
}

function clientConfigOf({
  region,
  endpoint,
  requestTimeoutMs = DEFAULT_TIMEOUT_MS,
}: DynamoDbTableOptions): DynamoDBClientConfig {
  const signed = region ?? (endpoint === undefined ? undefined : (process.env.AWS_REGION ?? 'us-east-1'));
  return {
    ...(signed === undefined ? {} : { region: signed }),
    ...(endpoint === undefined ? {} : { endpoint }),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
    },
  };
}

function abort(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** The SDK's own type has mutable lists and a member for what it does not know; the values are the same. */
function sentRow(row: Row): Record<string, AttributeValue> {
  return row as unknown as Record<string, AttributeValue>;
}

function sent(attribute: Row[string]): AttributeValue {
  return attribute as unknown as AttributeValue;
}
