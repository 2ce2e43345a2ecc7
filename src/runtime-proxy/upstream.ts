import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { ConfigError } from '../errors.js';
import type { RawHeaders } from './headers.js';

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
export function answerOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
    // Later ones end the stream of the answer, whose reader hears of them.
    sent.on('error', () => undefined);
  });
}
