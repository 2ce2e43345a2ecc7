import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LambdaContext } from '../shim/lambda.js';
import type { AdaptedWire } from '../shim/wire-shim.js';
import { readBody } from './body.js';
import { faultOf } from './fault.js';
import { forwardedHeaders, headerOf, headersOf } from './headers.js';
import { Invocations, contextUntil } from './invocations.js';
import type { Invocation } from './invocations.js';
import { passOn, passOnWith, relay } from './relay.js';
import { NEXT_PATH, errorPath, routeOf } from './route.js';
import type { Upstream } from './upstream.js';

/** What the proxy does to events and results; `WireShim` is one. */
export interface Adaptation {
  adapt(event: Uint8Array, context: LambdaContext): Promise<AdaptedWire>;
  seal(result: Uint8Array, before: AdaptedWire, context: LambdaContext): Promise<Uint8Array>;
}

/**
 * A proxy of the Lambda Runtime API. Events on their way to the runtime and results on their way back are adapted; all
 * else passes: streamed responses, errors, other paths, headers, status codes. What the adaptation refuses is reported
 * to the service in the runtime's place.
 */
export class RuntimeProxy {
  readonly #server: Server;
  readonly #upstream: Upstream;
  readonly #adaptation: () => Promise<Adaptation>;
  readonly #invocations = new Invocations();
  readonly #underWay = new Set<Promise<void>>();

  /** The adaptation is asked for with the first event, so that it may load meanwhile. */
  constructor(upstream: Upstream, adaptation: () => Promise<Adaptation>) {
    this.#upstream = upstream;
    this.#adaptation = adaptation;
    this.#server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 }, (incoming, outgoing) => {
      this.#take(incoming, outgoing);
    });
  }

  /** Resolves to `host:port`, for `AWS_LAMBDA_RUNTIME_API`. */
  async listen(port = 0): Promise<string> {
    await new Promise<void>((resolve, reject) => this.#server.once('error', reject).listen(port, '127.0.0.1', resolve));
    const { address, port: given } = this.#server.address() as AddressInfo;
    return `${address}:${given}`;
  }

  /**
   * Lets answers on their way reach the service, for so many milliseconds, and closes. Waiting for events ends at once.
   */
  async close(graceMs: number): Promise<void> {
    this.#server.close();
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([Promise.allSettled(this.#underWay), grace]);
    clearTimeout(timer);
    this.#server.closeAllConnections();
    this.#upstream.close();
  }

  #take(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const route = routeOf(incoming.method, incoming.url);
    const work = this.#answer(incoming, outgoing).catch(() => {
      // Whatever broke on one side breaks on the other, as it would without a proxy.
      outgoing.destroy();
    });
    if (route.kind === 'next') return;
    this.#underWay.add(work);
    void work.then(() => this.#underWay.delete(work));
  }

  #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const route = routeOf(incoming.method, incoming.url);
    if (route.kind === 'next') return this.#next(incoming, outgoing);
    if (route.kind === 'response') return this.#response(incoming, outgoing, route.requestId);
    return route.kind === 'error'
      ? this.#relayAnswer(incoming, outgoing, route.requestId)
      : relay(incoming, outgoing, this.#upstream);
  }

  /** Waits until there is an event that the runtime can be given. */
  async #next(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const gone = new AbortController();
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) gone.abort();
    });
    for (;;) {
      const answer = await this.#upstream.send({
        method: 'GET',
        path: NEXT_PATH,
        headers: forwardedHeaders(incoming.rawHeaders),
        signal: gone.signal,
      });
      const requestId = headerOf(answer.rawHeaders, 'lambda-runtime-aws-request-id');
      if (answer.statusCode !== 200 || requestId === undefined) return passOn(answer, outgoing);
      const { bytes } = await readBody(answer, Infinity);
      const event = await this.#adapt(requestId, bytes, answer);
      if (event) {
        passOnWith(answer, event, outgoing);
        return;
      }
    }
  }

  /** The event for the runtime; `undefined` when the invocation was answered with an error in its place. */
  async #adapt(requestId: string, event: Uint8Array, { rawHeaders }: IncomingMessage): Promise<Uint8Array | undefined> {
    const deadline = Number(headerOf(rawHeaders, 'lambda-runtime-deadline-ms') ?? Infinity);
    const context = contextUntil(deadline);
    try {
      const adapted = await (await this.#adaptation()).adapt(event, context);
      this.#invocations.begin(requestId, { adapted, context, deadline });
      return adapted.bytes;
    } catch (error) {
      const answer = await this.#report(requestId, error);
      answer.resume();
      return undefined;
    }
  }

  async #response(incoming: IncomingMessage, outgoing: ServerResponse, requestId: string): Promise<void> {
    const invocation = this.#invocations.find(requestId);
    const isStreamed =
      headerOf(incoming.rawHeaders, 'lambda-runtime-function-response-mode')?.toLowerCase() === 'streaming';
    if (invocation === undefined || isStreamed || invocation.adapted.mode === 'observe')
      return this.#relayAnswer(incoming, outgoing, requestId);
    const { bytes, isWhole } = await readBody(incoming);
    if (!isWhole) return this.#relayAnswer(incoming, outgoing, requestId, bytes);
    const answer = await this.#sendSealed(requestId, bytes, incoming, invocation);
    this.#invocations.end(requestId);
    passOnWith(answer, (await readBody(answer, Infinity)).bytes, outgoing);
  }

  #relayAnswer(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    requestId: string,
    head?: Uint8Array,
  ): Promise<void> {
    this.#invocations.end(requestId);
    return relay(incoming, outgoing, this.#upstream, head);
  }

  /** The service's answer to the sealed result, or to the error that stands in its place. */
  async #sendSealed(
    requestId: string,
    result: Uint8Array,
    { url: path = '/', rawHeaders }: IncomingMessage,
    { adapted, context }: Invocation,
  ): Promise<IncomingMessage> {
    let body: Uint8Array;
    try {
      body = await (await this.#adaptation()).seal(result, adapted, context);
    } catch (error) {
      return this.#report(requestId, error);
    }
    return this.#upstream.send({ method: 'POST', path, headers: headersOf(rawHeaders, body), body });
  }

  #report(requestId: string, error: unknown): Promise<IncomingMessage> {
    const { headers, body } = faultOf(error);
    return this.#upstream.send({ method: 'POST', path: errorPath(requestId), headers, body });
  }
}
