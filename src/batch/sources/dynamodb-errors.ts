import { ConfigError, ConflictError, StateBagError, StoreError, messageOf } from '../../errors/index.js';

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

const RETRYABLE: ReadonlySet<Code> = new Set<Code>(['TABLE_THROTTLED', 'TABLE_UNAVAILABLE', 'TABLE_TIMEOUT']);

/** The port's error for whatever the SDK threw, told by its name, HTTP status and socket code, never by its message. */
export function tableError(error: unknown, call: TableCall): StateBagError {
  if (error instanceof StateBagError) return error;
  const code = codeOf(error);
  const message = `Cannot ${call.action.slice('dynamodb:'.length)} on table ${call.table}: ${adviceOf(code, error, call)}${messageOf(error)}`;
  const options = { retryable: RETRYABLE.has(code), cause: error, context: { path: call.table } };
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
