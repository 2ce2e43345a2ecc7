import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BagError, ConfigError } from '../errors/index.js';
import type { StateBagError } from '../errors/index.js';
import type { LambdaContext, Mode } from '../shim/options.js';
import type { AdaptedWire } from '../shim/wire-shim.js';
import {
  NEXT_PATH,
  errorPath,
  faultOf,
  forwardedHeaders,
  headerOf,
  headersOf,
  passOn,
  passOnWith,
  readBody,
  relay,
  routeOf,
} from './runtime-api.js';
import type { Upstream } from './runtime-api.js';

/** What the proxy does to events and results; `WireShim` is one. */
export interface Adaptation {
  adapt(event: Uint8Array, context: LambdaContext): Promise<AdaptedWire>;
  seal(result: Uint8Array, before: AdaptedWire, context: LambdaContext): Promise<Uint8Array>;
}

/**
 * A proxy of the Lambda Runtime API. Events on their way to the runtime and results on their way back are adapted; all
 * else passes: errors, other paths, headers, status codes, and streamed responses in the modes that convert no result.
 * What the adaptation refuses is reported to the service in the runtime's place, and so is a stream in another mode.
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

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const route = routeOf(incoming.method, incoming.url);
    if (route.kind === 'next') return this.#next(incoming, outgoing);
    if (route.kind === 'other') {
      await relay(incoming, outgoing, this.#upstream);
      return;
    }
    const invocationId = headerOf(incoming.rawHeaders, INVOCATION_ID);
    const key = { requestId: route.requestId, invocationId };
    return route.kind === 'response'
      ? this.#response(incoming, outgoing, key)
      : this.#relayAnswer(incoming, outgoing, key);
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
      const invocationId = headerOf(answer.rawHeaders, INVOCATION_ID);
      if (answer.statusCode !== 200 || requestId === undefined) return passOn(answer, outgoing);
      const { bytes } = await readBody(answer, Infinity);
      const event = await this.#adapt({ requestId, invocationId }, bytes, answer);
      if (event) {
        passOnWith(answer, event, outgoing);
        return;
      }
    }
  }

  /** The event for the runtime; `undefined` when the invocation was answered with an error in its place. */
  async #adapt(
    key: InvocationKey,
    event: Uint8Array,
    { rawHeaders }: IncomingMessage,
  ): Promise<Uint8Array | undefined> {
    const deadline = Number(headerOf(rawHeaders, 'lambda-runtime-deadline-ms') ?? Infinity);
    const context = contextUntil(deadline);
    try {
      const adapted = await (await this.#adaptation()).adapt(event, context);
      this.#invocations.begin(key, { adapted, context, deadline });
      return adapted.bytes;
    } catch (error) {
      const answer = await this.#report(key, error);
      answer.resume();
      return undefined;
    }
  }

  async #response(incoming: IncomingMessage, outgoing: ServerResponse, key: InvocationKey): Promise<void> {
    const invocation = this.#invocations.find(key);
    if (invocation === undefined) {
      refuseUnknown(incoming, outgoing, key);
      return;
    }
    const isStreamed =
      headerOf(incoming.rawHeaders, 'lambda-runtime-function-response-mode')?.toLowerCase() === 'streaming';
    const { mode } = invocation.adapted;
    if (isStreamed) {
      if (mode === 'observe' || mode === 'shadow') return this.#relayAnswer(incoming, outgoing, key);
      return this.#refuse(incoming, outgoing, key, streamed(mode));
    }
    const { bytes, isWhole } = await readBody(incoming);
    if (!isWhole && mode === 'observe') return this.#relayAnswer(incoming, outgoing, key, bytes);
    if (!isWhole) return this.#refuse(incoming, outgoing, key, tooLarge(bytes.length));
    const answer = await this.#sendSealed(key, bytes, incoming, invocation);
    return this.#endWith(answer, outgoing, key);
  }

  /** Reports an error in the place of the runtime's answer. */
  async #refuse(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    key: InvocationKey,
    error: StateBagError,
  ): Promise<void> {
    incoming.resume();
    await this.#endWith(await this.#report(key, error), outgoing, key);
  }

  /** Gives the service's answer to the runtime. */
  async #endWith(answer: IncomingMessage, outgoing: ServerResponse, key: InvocationKey): Promise<void> {
    if (isAccepted(answer.statusCode)) this.#invocations.end(key);
    passOnWith(answer, (await readBody(answer, Infinity)).bytes, outgoing);
  }

  async #relayAnswer(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    key: InvocationKey,
    head?: Uint8Array,
  ): Promise<void> {
    const status = await relay(incoming, outgoing, this.#upstream, head);
    if (isAccepted(status)) this.#invocations.end(key);
  }

  /** The service's answer to the sealed result, or to the error that is reported in its place. */
  async #sendSealed(
    key: InvocationKey,
    result: Uint8Array,
    { url: path = '/', rawHeaders }: IncomingMessage,
    { adapted, context }: Invocation,
  ): Promise<IncomingMessage> {
    let body: Uint8Array;
    try {
      body = await (await this.#adaptation()).seal(result, adapted, context);
    } catch (error) {
      return this.#report(key, error);
    }
    return this.#upstream.send({ method: 'POST', path, headers: headersOf(rawHeaders, body), body });
  }

  #report({ requestId, invocationId }: InvocationKey, error: unknown): Promise<IncomingMessage> {
    const { headers, body } = faultOf(error, invocationId);
    return this.#upstream.send({ method: 'POST', path: errorPath(requestId), headers, body });
  }
}

const INVOCATION_ID = 'lambda-runtime-invocation-id';

/** Only then will the runtime not send the answer again. */
function isAccepted(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300;
}

/** In the words of the service. An answer whose event is not known cannot be sealed, so it is not passed on. */
function refuseUnknown(incoming: IncomingMessage, outgoing: ServerResponse, { requestId }: InvocationKey): void {
  incoming.resume();
  const errorMessage = `statebag: no invocation with the request id ${requestId} is under way, or its answer was accepted`;
  outgoing.writeHead(403, { 'Content-Type': 'application/json' });
  outgoing.end(JSON.stringify({ errorMessage, errorType: 'InvalidRequestID' }));
}

/** A stream cannot be sealed: its bytes would be with the service before its last bag is known. */
function streamed(mode: Mode): ConfigError {
  return new ConfigError(
    'HANDLER_INVALID',
    `the handler streams its answer, and the mode ${mode} cannot convert a stream; Step Functions takes none. Return the answer instead, or set STATEBAG_MODE or STATEBAG_MODES to observe for this function`,
  );
}

function tooLarge(bytes: number): BagError {
  return new BagError('PAYLOAD_TOO_LARGE', `the result takes more than ${bytes} bytes, and Lambda takes 6 MB`);
}

/** An invocation that a runtime is at work on. */
export interface Invocation {
  readonly adapted: AdaptedWire;
  readonly context: LambdaContext;
  /** Milliseconds since 1970; infinite when the service names none. */
  readonly deadline: number;
}

/**
 * What names an invocation. The service may give a request id twice at a time: to an invocation that timed out, and to
 * its retry. Newer services tell the two apart by an invocation id, which newer runtimes send back.
 */
export interface InvocationKey {
  readonly requestId: string;
  readonly invocationId: string | undefined;
}

/** Invocations under way. What a runtime never answers is forgotten once its time is over. */
export class Invocations {
  readonly #underWay = new Set<{ readonly key: InvocationKey; readonly invocation: Invocation }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get size(): number {
    return this.#underWay.size;
  }

  begin(key: InvocationKey, invocation: Invocation): void {
    const now = this.#now();
    for (const entry of this.#underWay) if (entry.invocation.deadline < now) this.#underWay.delete(entry);
    this.end(key);
    this.#underWay.add({ key, invocation });
  }

  /**
   * `undefined` for one that is not known, or whose answer the service has. Without an invocation id it is the latest
   * of that request.
   */
  find(key: InvocationKey): Invocation | undefined {
    return this.#entry(key)?.invocation;
  }

  /** The service has accepted an answer to it. */
  end(key: InvocationKey): void {
    const entry = this.#entry(key);
    if (entry) this.#underWay.delete(entry);
  }

  #entry({ requestId, invocationId }: InvocationKey) {
    return [...this.#underWay].findLast(
      ({ key }) => key.requestId === requestId && (invocationId === undefined || key.invocationId === invocationId),
    );
  }
}

/** Lambda's own clock and limit, as the service names them. */
function contextUntil(deadline: number, now: () => number = Date.now): LambdaContext {
  return { getRemainingTimeInMillis: () => deadline - now() };
}
