import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ConfigError } from '../errors/index.js';
import { nameForStateMachine } from '../shim/error-name.js';

/** A request whose body is at hand. */
export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  /** Without `Host`. */
  readonly headers: RawHeaders;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal;
}

/**
 * The Runtime API as Lambda names it: host and port. Connections are kept; nothing times out, since waiting is its
 * nature.
 */
export class Upstream {
  readonly #hostname: string;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, scheduling: 'lifo' });

  /** Throws `ConfigError` `RUNTIME_API_INVALID`. */
  constructor(address: string | undefined) {
    const [, hostname, port = '80'] = /^([^:/]+|\[[^\]]+\])(?::(\d+))?$/.exec(address ?? '') ?? [];
    if (hostname === undefined)
      throw new ConfigError(
        'RUNTIME_API_INVALID',
        `AWS_LAMBDA_RUNTIME_API is "${address ?? ''}", not host:port; the proxy runs inside a Lambda function`,
      );
    this.#hostname = hostname.replace(/^\[|\]$/g, '');
    this.#port = Number(port);
  }

  /** Sends a body at hand. A kept connection that the other side had closed meanwhile is replaced, once. */
  async send(sent: UpstreamRequest): Promise<IncomingMessage> {
    const first = this.open(sent);
    try {
      return await answerOf(first.end(sent.body));
    } catch (error) {
      if (!first.reusedSocket || sent.signal?.aborted === true) throw error;
      return answerOf(this.open(sent, true).end(sent.body));
    }
  }

  /** A request whose body is still to be written. */
  open({ method, path, headers, signal }: UpstreamRequest, isFresh = false): ClientRequest {
    return request({
      hostname: this.#hostname,
      port: this.#port,
      method,
      path,
      headers: ['Host', `${this.#hostname}:${this.#port}`, ...headers],
      agent: isFresh ? false : this.#agent,
      ...(signal && { signal }),
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Rejects when the connection breaks before there is an answer. */
function answerOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
    // Later ones end the stream of the answer, whose reader hears of them.
    sent.on('error', () => undefined);
  });
}

/** What a request to the Runtime API is about, as far as the proxy cares. */
export type Route =
  | { readonly kind: 'next' }
  | { readonly kind: 'response'; readonly requestId: string }
  | { readonly kind: 'error'; readonly requestId: string }
  | { readonly kind: 'other' };

const INVOCATION = /^\/2018-06-01\/runtime\/invocation\/([^/?]+)(?:\/(response|error))?$/;

/** Anything that is not known is `other` and passes. */
export function routeOf(method: string | undefined, path: string | undefined): Route {
  const [, name = '', verb] = INVOCATION.exec(path ?? '') ?? [];
  if (method === 'GET' && name === 'next' && verb === undefined) return { kind: 'next' };
  if (method === 'POST' && (verb === 'response' || verb === 'error')) return { kind: verb, requestId: name };
  return { kind: 'other' };
}

export const NEXT_PATH = '/2018-06-01/runtime/invocation/next';
export const INIT_ERROR_PATH = '/2018-06-01/runtime/init/error';

export function errorPath(requestId: string): string {
  return `/2018-06-01/runtime/invocation/${requestId}/error`;
}

/** Names and values in turn, as `rawHeaders` has them: spelling, order and repetition kept. */
export type RawHeaders = readonly string[];

/** Belong to one connection, not to the message; `expect` is answered by the server that met it. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'upgrade',
  'expect',
  'host',
]);

/** What says how long a body is. */
const FRAMING = new Set(['content-length', 'transfer-encoding', 'trailer']);

/** The headers that go on, for a body that is streamed on as it is. */
export function forwardedHeaders(raw: RawHeaders): string[] {
  return omitHeaders(raw, HOP_BY_HOP);
}

/** The headers that go on with other bytes for a body. */
export function headersOf(raw: RawHeaders, body: Uint8Array): string[] {
  return [...omitHeaders(omitHeaders(raw, HOP_BY_HOP), FRAMING), 'Content-Length', String(body.length)];
}

export function headerOf(raw: RawHeaders, name: string): string | undefined {
  const at = raw.findIndex((candidate, index) => index % 2 === 0 && candidate.toLowerCase() === name);
  return at < 0 ? undefined : raw[at + 1];
}

/** Trailers in pairs, as `addTrailers` takes them. */
function pairsOf(raw: RawHeaders): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at]!, raw[2 * at + 1]!]);
}

function omitHeaders(raw: RawHeaders, names: ReadonlySet<string>): string[] {
  return pairsOf(raw)
    .filter(([name]) => !names.has(name.toLowerCase()))
    .flat();
}

/** Bytes that are read at most before a body is passed on as it comes: Lambda's own limit is 6 MB. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** A body as far as it was read; `isWhole` says whether that is all of it. */
export interface ReadBody {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
}

/**
 * Reads a body into memory, up to the limit; what lies beyond stays in the stream. Rejects when the stream breaks off.
 */
export function readBody(stream: Readable, limit = MAX_BODY_BYTES): Promise<ReadBody> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (isWhole: boolean) => {
      stream.off('data', take).off('end', end).off('error', reject).off('close', broken);
      resolve({ bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), isWhole });
    };
    const end = () => {
      settle(true);
    };
    const broken = () => {
      reject(new Error('the connection ended before the body did'));
    };
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= limit) return;
      stream.pause();
      settle(false);
    };
    stream.on('data', take).once('end', end).once('error', reject).once('close', broken);
  });
}

/**
 * Passes a request on and its answer back, bytes as they come, trailers included. `head` is what was read of the body
 * already. Resolves to the status of the answer. Rejects when either side breaks off; the other one is broken off too.
 */
export async function relay(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  upstream: Upstream,
  head?: Uint8Array,
): Promise<number | undefined> {
  const { method = 'GET', url: path = '/', rawHeaders } = incoming;
  const sent = upstream.open({ method, path, headers: forwardedHeaders(rawHeaders) });
  const answered = answerOf(sent);
  // An answer may come before the body has gone, and is then what counts.
  const pumped = pump(incoming, sent, head).catch((error: unknown) => {
    sent.destroy(error as Error);
  });
  const answer = await answered;
  await passOn(answer, outgoing);
  await pumped;
  return answer.statusCode;
}

async function pump(incoming: IncomingMessage, sent: ClientRequest, head: Uint8Array | undefined): Promise<void> {
  if (head !== undefined && !sent.write(head)) await new Promise((resolve) => sent.once('drain', resolve));
  await pipeline(incoming, sent, { end: false });
  endWithTrailers(incoming, sent);
}

/** Gives an answer back as it comes. */
export async function passOn(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  outgoing.sendDate = false;
  outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, forwardedHeaders(answer.rawHeaders));
  await pipeline(answer, outgoing, { end: false });
  endWithTrailers(answer, outgoing);
}

/** Gives an answer back with another body. */
export function passOnWith(answer: IncomingMessage, body: Uint8Array, outgoing: ServerResponse): void {
  outgoing.sendDate = false;
  outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, headersOf(answer.rawHeaders, body)).end(body);
}

function endWithTrailers(from: IncomingMessage, to: ClientRequest | ServerResponse): void {
  if (from.rawTrailers.length > 0) to.addTrailers(pairsOf(from.rawTrailers));
  to.end();
}

/** An error as a runtime reports it to the service. */
export interface Fault {
  readonly headers: RawHeaders;
  readonly body: Buffer;
}

/**
 * Errors of the shim are named for a state machine, as the adapter names them. By the invocation id the service refuses
 * a report that comes too late.
 */
export function faultOf(error: unknown, invocationId?: string): Fault {
  const named = nameForStateMachine(error);
  const { name, message } = named instanceof Error ? named : new Error(String(named));
  const body = Buffer.from(JSON.stringify({ errorMessage: message, errorType: name, stackTrace: [] }));
  return {
    headers: [
      'Content-Type',
      'application/json',
      'Lambda-Runtime-Function-Error-Type',
      name,
      'Content-Length',
      String(body.length),
      ...(invocationId === undefined ? [] : ['Lambda-Runtime-Invocation-Id', invocationId]),
    ],
    body,
  };
}
