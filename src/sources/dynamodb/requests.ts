import type { TableDescription } from '@aws-sdk/client-dynamodb';
import { ConfigError, ConflictError, StateBagError, StoreError, messageOf } from '../../errors/index.js';
import type { Attribute, IndexShape, KeySchema, RowUpdate, TableShape } from './port.js';

/** The parts of an `UpdateItem` request that say what changes and under which condition. */
export interface UpdateExpression {
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, Attribute>;
}

/** The row is there, its guards hold, and each member to be changed is what was read. */
export function updateExpression(keys: KeySchema, { edits, guards }: RowUpdate): UpdateExpression {
  const words = new Placeholders();
  const conditions = [
    `attribute_exists(${words.path([keys[0]!.name])})`,
    ...Array.from(guards, ([name, value]) => equals(words, [name], value)),
    ...edits.map(({ path, before }) => equals(words, path, before)),
  ];
  const sets = edits.flatMap(({ path, after }) =>
    after === undefined ? [] : [`${words.path(path)} = ${words.value(after)}`],
  );
  const removes = edits.flatMap(({ path, after }) => (after === undefined ? [words.path(path)] : []));
  return {
    UpdateExpression: [clause('SET', sets), clause('REMOVE', removes)].filter((part) => part !== '').join(' '),
    ConditionExpression: conditions.join(' AND '),
    ...words.members(),
  };
}

function equals(words: Placeholders, path: readonly string[], value: Attribute | undefined): string {
  return value === undefined
    ? `attribute_not_exists(${words.path(path)})`
    : `${words.path(path)} = ${words.value(value)}`;
}

function clause(verb: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${verb} ${parts.join(', ')}`;
}

/** Names and values by placeholder: any name may be a reserved word, or hold a dot. */
class Placeholders {
  private readonly names = new Map<string, string>();
  private readonly values: Attribute[] = [];

  path(path: readonly string[]): string {
    return path.map((name) => this.name(name)).join('.');
  }

  value(value: Attribute): string {
    return `:v${this.values.push(value) - 1}`;
  }

  members(): Pick<UpdateExpression, 'ExpressionAttributeNames' | 'ExpressionAttributeValues'> {
    const values = Object.fromEntries(this.values.map((value, at) => [`:v${at}`, value]));
    return {
      ExpressionAttributeNames: Object.fromEntries(Array.from(this.names, ([name, word]) => [word, name])),
      ...(this.values.length > 0 && { ExpressionAttributeValues: values }),
    };
  }

  private name(name: string): string {
    const known = this.names.get(name) ?? `#n${this.names.size}`;
    this.names.set(name, known);
    return known;
  }
}

/** The keys of a table and of its indexes, hash key first. */
export function toShape({
  KeySchema,
  AttributeDefinitions,
  GlobalSecondaryIndexes,
  LocalSecondaryIndexes,
}: TableDescription): TableShape {
  const types = new Map(
    (AttributeDefinitions ?? []).map(({ AttributeName: name = '', AttributeType: type = 'S' }) => [name, type]),
  );
  const keysOf = (schema: TableDescription['KeySchema']): KeySchema => {
    const hashFirst = [...(schema ?? [])].sort((one, other) =>
      one.KeyType === other.KeyType ? 0 : one.KeyType === 'HASH' ? -1 : 1,
    );
    return hashFirst.map(({ AttributeName: name = '' }) => ({ name, type: types.get(name) ?? 'S' }));
  };
  const indexes = [...(GlobalSecondaryIndexes ?? []), ...(LocalSecondaryIndexes ?? [])];
  const shaped = indexes.map((index): [string, IndexShape] => [
    index.IndexName!,
    { keys: keysOf(index.KeySchema), isWhole: index.Projection?.ProjectionType === 'ALL' },
  ]);
  return { keys: keysOf(KeySchema), indexes: new Map(shaped) };
}

/** What was asked of the table, for the message of its refusal. */
export interface TableCall {
  readonly table: string;
  /** The IAM action it needs. */
  readonly action:
    'dynamodb:DescribeTable' | 'dynamodb:Scan' | 'dynamodb:Query' | 'dynamodb:GetItem' | 'dynamodb:UpdateItem';
}

type Code =
  | 'TABLE_NOT_FOUND'
  | 'TABLE_DENIED'
  | 'TABLE_THROTTLED'
  | 'TABLE_UNAVAILABLE'
  | 'TABLE_TIMEOUT'
  | 'TABLE_REJECTED'
  | 'ROW_CONDITION';

const BY_NAME: Readonly<Record<string, Code>> = {
  ResourceNotFoundException: 'TABLE_NOT_FOUND',
  AccessDeniedException: 'TABLE_DENIED',
  UnrecognizedClientException: 'TABLE_DENIED',
  InvalidSignatureException: 'TABLE_DENIED',
  IncompleteSignatureException: 'TABLE_DENIED',
  MissingAuthenticationTokenException: 'TABLE_DENIED',
  ExpiredTokenException: 'TABLE_DENIED',
  ExpiredToken: 'TABLE_DENIED',
  CredentialsProviderError: 'TABLE_DENIED',
  ProvisionedThroughputExceededException: 'TABLE_THROTTLED',
  ThrottlingException: 'TABLE_THROTTLED',
  RequestLimitExceeded: 'TABLE_THROTTLED',
  LimitExceededException: 'TABLE_THROTTLED',
  ConditionalCheckFailedException: 'ROW_CONDITION',
  AbortError: 'TABLE_TIMEOUT',
  TransactionConflictException: 'TABLE_UNAVAILABLE',
  InternalServerError: 'TABLE_UNAVAILABLE',
  ServiceUnavailable: 'TABLE_UNAVAILABLE',
};

const SOCKETS = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
]);

/** The port's error for whatever the SDK threw, told by its name, HTTP status and socket code, never by its message. */
export function tableError(error: unknown, call: TableCall): StateBagError {
  if (error instanceof StateBagError) return error;
  const code = codeOf(error);
  const message = `Cannot ${call.action.slice('dynamodb:'.length)} on table ${call.table}: ${adviceOf(code, error, call)}${messageOf(error)}`;
  const options = { cause: error, context: { path: call.table } };
  if (code === 'TABLE_NOT_FOUND') return new ConfigError(code, message, options);
  return code === 'ROW_CONDITION' ? new ConflictError(code, message, options) : new StoreError(code, message, options);
}

/** What a wait ends with that the end of the run cuts short: nothing was written. */
export function stoppedError(cause: unknown): StoreError {
  return new StoreError('RUN_STOPPED', 'the run was stopped before this row was written; run it again to go on', {
    retryable: true,
    cause,
  });
}

function codeOf(error: unknown): Code {
  const { name, code, $metadata } = (error ?? {}) as {
    name?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  const named = BY_NAME[String(name)];
  if (named !== undefined) return named;
  if (typeof code === 'string' && SOCKETS.has(code)) return 'TABLE_UNAVAILABLE';
  if (name === 'TimeoutError' || code === 'ETIMEDOUT') return 'TABLE_TIMEOUT';
  const status = $metadata?.httpStatusCode ?? 0;
  if (status >= 500) return 'TABLE_UNAVAILABLE';
  return status === 403 || status === 401 ? 'TABLE_DENIED' : 'TABLE_REJECTED';
}

function adviceOf(code: Code, error: unknown, { action }: TableCall): string {
  if (code === 'TABLE_NOT_FOUND') return 'there is no such table in this account and region. ';
  const { name } = (error ?? {}) as { name?: unknown };
  if (name === 'AbortError') return 'the run was stopped, and no answer came in the time that was left. ';
  if (code !== 'TABLE_DENIED') return '';
  const isExpired = String(name).startsWith('ExpiredToken');
  return isExpired ? 'the credentials have expired; renew them and run again. ' : `${action} is not allowed. `;
}

/** Signals that are aborted a fixed time after others: the time for an answer once the run was stopped. */
export class Graces {
  /** One for each signal, or a long run would add a listener for every row. */
  readonly #known = new WeakMap<AbortSignal, AbortSignal>();
  readonly #milliseconds: number;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  after(stop: AbortSignal | undefined): AbortSignal | undefined {
    if (!stop) return undefined;
    const known = this.#known.get(stop);
    if (known) return known;
    const grace = new AbortController();
    const begin = () => {
      // Does not keep the process alive.
      AbortSignal.timeout(this.#milliseconds).addEventListener('abort', () => {
        grace.abort();
      });
    };
    if (stop.aborted) begin();
    else stop.addEventListener('abort', begin, { once: true });
    this.#known.set(stop, grace.signal);
    return grace.signal;
  }
}
