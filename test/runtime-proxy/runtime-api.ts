import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How an invocation ended, as the service saw it. */
export interface Outcome {
  readonly kind: 'response' | 'error';
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly trailers: Readonly<Record<string, string | undefined>>;
  /** Chunks as they arrived. */
  readonly chunks: number;
}

export interface Invocation {
  readonly requestId: string;
  readonly outcome: Promise<Outcome>;
}

interface Waiting {
  readonly requestId: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly end: (outcome: Outcome) => void;
}

export interface InvokeOptions {
  /** Milliseconds until Lambda ends the invocation. Default 30,000. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Lambda's side of the Runtime API, for one function. */
export class RuntimeApi {
  readonly initErrors: Buffer[] = [];
  /** Headers with which runtimes asked for events. */
  readonly asked: NodeJS.Dict<string | string[]>[] = [];
  /** Connections that were opened. */
  connections = 0;
  /** Requests that were none of the Runtime API's own. */
  readonly others: string[] = [];
  /** So many answers get the status 500, and their invocations go on. */
  failures = 0;
  readonly #server: Server;
  readonly #queue: Waiting[] = [];
  readonly #waiters: ServerResponse[] = [];
  readonly #underWay = new Map<string, Waiting>();
  #address = '';

  constructor() {
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (incoming, outgoing) => {
      void this.#answer(incoming, outgoing);
    });
    this.#server.on('connection', () => (this.connections += 1));
  }

  /** `host:port`, as `AWS_LAMBDA_RUNTIME_API` has it. */
  get address(): string {
    return this.#address;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.#address = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Breaks every connection, kept ones and those that wait. */
  breakConnections(): void {
    this.#server.closeAllConnections();
    this.#waiters.length = 0;
  }

  invoke(event: Uint8Array | string, { timeoutMs = 30_000, headers = {} }: InvokeOptions = {}): Invocation {
    const requestId = randomUUID();
    const outcome = new Promise<Outcome>((end) => {
      const deadline = String(Date.now() + timeoutMs);
      this.#queue.push({
        requestId,
        body: Buffer.from(event),
        end,
        headers: {
          'Lambda-Runtime-Aws-Request-Id': requestId,
          'Lambda-Runtime-Deadline-Ms': deadline,
          'Lambda-Runtime-Trace-Id': `Root=1-${requestId.slice(0, 8)};Sampled=1`,
          'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:eu-central-1:123456789012:function:runner',
          'Content-Type': 'application/json',
          ...headers,
        },
      });
    });
    this.#hand();
    return { requestId, outcome };
  }

  #hand(): void {
    while (this.#queue.length > 0) {
      const waiter = this.#waiters.shift();
      if (!waiter) return;
      if (waiter.destroyed || waiter.socket?.destroyed === true) continue;
      const next = this.#queue.shift()!;
      this.#underWay.set(next.requestId, next);
      waiter.writeHead(200, { ...next.headers, 'Content-Length': next.body.length }).end(next.body);
    }
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const [, , , area, id = '', verb] = (incoming.url ?? '').split('/');
    if (area === 'invocation' && id === 'next') {
      this.asked.push(incoming.headers);
      this.#waiters.push(outgoing);
      this.#hand();
      return;
    }
    const { body, chunks } = await bodyOf(incoming);
    if (area === 'init') this.initErrors.push(body);
    else if (area === 'invocation') {
      this.#end(
        id,
        { kind: verb as Outcome['kind'], body, chunks, headers: incoming.headers, trailers: incoming.trailers },
        outgoing,
      );
      return;
    } else this.others.push(`${incoming.method} ${incoming.url}`);
    outgoing.writeHead(202, { 'X-Other': 'yes' }).end('{"status":"OK"}');
  }

  #end(id: string, outcome: Outcome, outgoing: ServerResponse): void {
    if (this.failures > 0) {
      this.failures -= 1;
      outgoing.writeHead(500).end('{"errorType":"InternalServerError"}');
      return;
    }
    const invocation = this.#underWay.get(id);
    this.#underWay.delete(id);
    if (!invocation) outgoing.writeHead(403).end('{"errorType":"InvalidStateTransition"}');
    else if (outcome.kind === 'response' && outcome.body.length > 6 * 1024 * 1024 + 100) {
      outgoing.writeHead(413).end('{"errorType":"RequestEntityTooLarge"}');
      invocation.end({ ...outcome, kind: 'error' });
    } else {
      outgoing.writeHead(202, { 'Content-Type': 'application/json' }).end('{"status":"OK"}');
      invocation.end(outcome);
    }
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<{ readonly body: Buffer; readonly chunks: number }> {
  const parts: Buffer[] = [];
  try {
    for await (const chunk of incoming) parts.push(chunk as Buffer);
  } catch {
    // A runtime that ends in the middle of its answer; what came so far is what the service has.
  }
  return { body: Buffer.concat(parts), chunks: parts.length };
}
