import { isObject, isMissing } from './value.js';
import type { Value } from './value.js';
import { CONFIG, MAP, PAYLOAD_LIMIT } from './members.js';

/**
 * How numbers were read before they are printed: DynamoDB's `N` becomes an int when it is whole; JSON text says itself.
 */
type NumberOrigin = 'attribute' | 'text';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SHORT_ESCAPES = new Set(['\b', '\f', '\n', '\r', '\t', '"', '\\']);
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Bytes of UTF-8 that Python's `json.dumps(value, ensure_ascii=False)` makes of JSON text: blanks between tokens are
 * its own, and so is the spelling of numbers and escapes. Linear; `text` must be JSON. Of duplicate members each
 * counts.
 */
export function printedLength(text: Uint8Array, origin: NumberOrigin): number {
  let length = 0;
  for (let at = 0; at < text.length;) {
    const byte = text[at]!;
    const end = byte === QUOTE ? endOfString(text, at) : isNumberStart(byte) ? endOfNumber(text, at) : at + 1;
    if (byte === QUOTE) length += stringLength(text, at, end);
    else if (isNumberStart(byte)) length += numberLength(ascii(text, at, end), origin);
    else if (byte === 0x2c || byte === 0x3a) length += 2;
    else if (!BLANKS.has(byte)) length += 1;
    at = end;
  }
  return length;
}

function endOfString(text: Uint8Array, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === BACKSLASH) at++;
    else if (text[at] === QUOTE) return at + 1;
  }
  return text.length;
}

function stringLength(text: Uint8Array, start: number, end: number): number {
  let length = 0;
  for (let at = start; at < end; at++) {
    if (text[at] !== BACKSLASH) {
      length++;
      continue;
    }
    const isUnicode = text[at + 1] === 0x75;
    const width = isUnicode ? (isPair(text, at) ? 12 : 6) : 2;
    length += escapedLength(ascii(text, at, at + width));
    at += width - 1;
  }
  return length;
}

/** `\ud83d\ude00`: two escapes, one character of four bytes. */
function isPair(text: Uint8Array, at: number): boolean {
  return /^\\u[dD][89abAB]..\\u[dD][c-fC-F]..$/.test(ascii(text, at, at + 12));
}

function escapedLength(escape: string): number {
  const character = JSON.parse(`"${escape}"`) as string;
  if (SHORT_ESCAPES.has(character)) return 2;
  return character < ' ' ? 6 : Buffer.byteLength(character);
}

function isNumberStart(byte: number): boolean {
  return byte === 0x2d || (byte >= 0x30 && byte <= 0x39);
}

function endOfNumber(text: Uint8Array, start: number): number {
  let end = start + 1;
  while (end < text.length && /[0-9.eE+-]/.test(String.fromCharCode(text[end]!))) end++;
  return end;
}

function numberLength(token: string, origin: NumberOrigin): number {
  // Of `-Infinity`, which stays as it is.
  if (token === '-') return 1;
  if (/^-?\d+$/.test(token)) return token === '-0' && origin === 'attribute' ? 1 : token.length;
  const value = Number(token);
  if (origin === 'attribute' && Number.isInteger(value)) return BigInt(value).toString().length;
  return floatLength(value);
}

/**
 * Of Python's `repr`: as JavaScript's, with `.0` behind a whole number, and an exponent from 16 digits on, of two at
 * least.
 */
function floatLength(value: number): number {
  if (!Number.isFinite(value)) return value < 0 ? 9 : 8;
  const [mantissa = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 16) {
    const text = value.toString();
    if (text.includes('e')) return value.toFixed(mantissa.replace(/[-.]/g, '').length - 1 - exponent).length;
    return text.length + (Number.isInteger(value) ? 2 : 0) + (Object.is(value, -0) ? 1 : 0);
  }
  return mantissa.length + 2 + Math.max(2, String(Math.abs(exponent)).length);
}

function ascii(text: Uint8Array, start: number, end: number): string {
  return Buffer.from(text.buffer, text.byteOffset + start, Math.min(end, text.length) - start).toString('latin1');
}

/** Stable codes; each says why the resume handler that nobody has touched would not let an execution go on. */
export type ResumeRefusalCode =
  | 'TOKEN_MISSING'
  | 'CONTEXT_UNREADABLE'
  | 'CONFIG_MISSING'
  | 'CONFIG_EMPTY'
  | 'CONFIG_NOT_OBJECT'
  | 'NUMBER_TOO_LARGE'
  | 'OUTPUT_TOO_LARGE'
  | 'TTL_EXPIRED';

interface ResumeRefusal {
  readonly code: ResumeRefusalCode;
  /** A sentence for people. */
  readonly reason: string;
}

/** What the resume handler looks at in a row of a paused execution. */
export interface PausedExecution<V extends Value = Value> {
  /** The row has a `taskToken` that is not empty. */
  readonly hasToken: boolean;
  /** Seconds since 1970; behind it the table drops the row. `undefined` for a row that stays. */
  readonly ttl: number | undefined;
  readonly ownerId: string;
  readonly conversationId: string;
  /** What lies under `context`, or under `state_data` when that says nothing; a string is opened as JSON. */
  readonly context: V | undefined;
  /** Default: `text` when `context` is a string, else `attribute`. */
  readonly numbers?: NumberOrigin;
}

export interface Resumability {
  readonly resumable: boolean;
  /** Empty when resumable. */
  readonly reasons: readonly ResumeRefusal[];
  /** Bytes of `SendTaskSuccess.output`, of which Step Functions takes 262,144; 0 when nothing can be read. */
  readonly outputBytes: number;
  /** Seconds until the table drops the row; negative behind it, `undefined` for a row that stays. */
  readonly secondsLeft: number | undefined;
}

interface ResumeOptions {
  /** Bytes of the person's answer as JSON text; it is sent three times. Default 2: an empty string. */
  readonly answerBytes?: number;
}

/** Members of `state_data` in the output, as far as they are taken over from the context. */
const PASSED_ON = [
  CONFIG,
  MAP,
  'total_segments',
  'ownerId',
  'workflowId',
  'segment_to_run',
  'current_state',
  'state_s3_path',
  'idempotency_key',
  'state_history',
] as const;

/**
 * Whether the legacy resume handler would let this execution go on, at `now` in milliseconds since 1970: it wants a
 * token, a context that is JSON, a `workflow_config` that is an object and not empty, no number that Python's decimals
 * of 28 digits refuse, and an output that Step Functions takes. Pure; never throws.
 */
export function resumability(row: PausedExecution, now: number, options: ResumeOptions = {}): Resumability {
  const bag = openContext(row.context);
  const numbers = row.numbers ?? (row.context?.kind() === 'string' ? 'text' : 'attribute');
  const outputBytes = bag === undefined ? 0 : outputLength(bag, row, numbers, options.answerBytes ?? 2);
  const secondsLeft = row.ttl === undefined ? undefined : row.ttl - now / 1000;
  const codes: (ResumeRefusalCode | undefined)[] = [
    row.hasToken ? undefined : 'TOKEN_MISSING',
    bag === undefined ? 'CONTEXT_UNREADABLE' : configRefusal(bag.member(CONFIG)),
    bag !== undefined && numbers === 'attribute' && holdsHugeNumber(bag.bytes()) ? 'NUMBER_TOO_LARGE' : undefined,
    outputBytes > PAYLOAD_LIMIT ? 'OUTPUT_TOO_LARGE' : undefined,
    secondsLeft !== undefined && secondsLeft <= 0 ? 'TTL_EXPIRED' : undefined,
  ];
  const reasons = codes.flatMap((code) => (code === undefined ? [] : [{ code, reason: REFUSALS[code] }]));
  return { resumable: reasons.length === 0, reasons, outputBytes, secondsLeft };
}

/** What one sentence says of each refusal. */
export const REFUSALS: Readonly<Record<ResumeRefusalCode, string>> = {
  TOKEN_MISSING: 'the row has no taskToken; the handler answers 404',
  CONTEXT_UNREADABLE: 'context and state_data hold no JSON object',
  CONFIG_MISSING: 'workflow_config is absent or null, and the handler insists on an object',
  CONFIG_EMPTY: 'workflow_config is an empty object, which the handler takes for a missing one',
  CONFIG_NOT_OBJECT: 'workflow_config is not an object, which is all the handler accepts',
  NUMBER_TOO_LARGE: 'a number of 1e28 or more cannot be converted by the handler',
  OUTPUT_TOO_LARGE: 'the output would be over the 262,144 bytes that Step Functions takes',
  TTL_EXPIRED: 'the ttl of the row has passed; the table drops it at any moment',
};

function openContext<V extends Value>(context: V | undefined): V | undefined {
  const opened = context?.kind() === 'string' ? context.embedded() : context;
  return isObject(opened) ? opened : undefined;
}

function configRefusal(config: Value | undefined): ResumeRefusalCode | undefined {
  if (isMissing(config)) return 'CONFIG_MISSING';
  if (config.kind() !== 'object') return 'CONFIG_NOT_OBJECT';
  return config.names().length === 0 ? 'CONFIG_EMPTY' : undefined;
}

/** `Decimal % 1` needs as many digits as the number has, and Python's context has 28. */
function holdsHugeNumber(text: Uint8Array): boolean {
  if (!HUGE.test(latin1(text))) return false;
  // The pattern may have matched inside a string, where it says nothing.
  const parts = latin1(text).match(STRINGS_AND_REST) ?? [];
  return parts.some(
    (part) => !part.startsWith('"') && (part.match(NUMBERS) ?? []).some((token) => Math.abs(Number(token)) >= 1e28),
  );
}

const HUGE = /\d{29}|[eE]\+?\d{2}/;
const STRINGS_AND_REST = /"[^"\\]*(?:\\.[^"\\]*)*"|[^"]+/gs;
const NUMBERS = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function latin1(text: Uint8Array): string {
  return Buffer.from(text.buffer, text.byteOffset, text.length).toString('latin1');
}

function outputLength(bag: Value, row: PausedExecution, numbers: NumberOrigin, answerBytes: number): number {
  const measureLength = (value: Value | undefined) =>
    value === undefined ? 'null'.length : printedLength(value.bytes(), numbers);
  const ofText = (text: string) => printedLength(Buffer.from(JSON.stringify(text)), 'text');
  const inner = PASSED_ON.map((name) => [name, measureLength(passedOn(bag, name))] as const);
  const name = bag.member('execution_name');
  return objectLength([
    ...['userResponse', 'human_response', 'user_callback_result'].map((member) => [member, answerBytes] as const),
    ['resumed_at', '"unknown"'.length],
    ['workflowId', measureLength(passedOn(bag, 'workflowId'))],
    ['current_segment', measureLength(bag.member('segment_to_run'))],
    ...(isMissing(name) ? [] : [['execution_name', measureLength(name)] as const]),
    ['state_data', objectLength(inner)],
    ['ownerId', ofText(row.ownerId)],
    ['conversation_id', ofText(row.conversationId)],
  ]);
}

/** A map that is a list goes out as null; an index of 0 gives way to that of the request, which has none. */
function passedOn<V extends Value>(bag: V, name: string): V | undefined {
  const value = bag.member(name);
  if (value === undefined) return undefined;
  if (name === MAP && value.kind() !== 'object') return undefined;
  return name === 'segment_to_run' && value.number() === 0 ? undefined : value;
}

/** Braces, and `"name": value` with `, ` between. */
function objectLength(members: readonly (readonly [name: string, length: number])[]): number {
  const between = Math.max(0, members.length - 1) * 2;
  return members.reduce((sum, [name, length]) => sum + name.length + 4 + length, 2 + between);
}
