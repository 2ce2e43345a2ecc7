import { EventEmitter, once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fsObjectStore } from 'statebag-shim/fs';
import { runRuntimeProxy } from '../../src/runtime-proxy/run.js';
import type { ObjectStore } from '../../src/store/object-store.js';
import { RuntimeApi } from './runtime-api.js';

const BASE = '/2018-06-01/runtime';

/** Writes the address of the proxy to a file and waits for its end. */
const WAITING_RUNTIME = ['/bin/sh', '-c', 'echo "$AWS_LAMBDA_RUNTIME_API" > "$0" && exec sleep 600'] as const;

/** What a function answers to the bytes of an event. */
export type RawHandler = (event: Buffer) => Uint8Array | string | Promise<Uint8Array | string>;

/**
 * A function as Lambda sees it: the service, and the proxy in this process with a runtime whose handler is a function
 * of the test. Its blobs are files, in the bucket `bags`.
 */
export class ProxiedFunction {
  readonly objects: ObjectStore;
  readonly #dir = mkdtempSync(join(tmpdir(), 'statebag-proxy-'));
  readonly #agent = new Agent({ keepAlive: true });
  readonly #signals = new EventEmitter();
  readonly #api = new RuntimeApi();
  #ended: Promise<number> | undefined;
  #proxy: readonly [host: string, port: string] = ['', ''];
  #handler: RawHandler = () => '{}';
  #thrown: unknown;

  constructor() {
    this.objects = fsObjectStore({ root: join(this.#dir, 'store') });
  }

  /** Starts the proxy with these variables, without their prefix `STATEBAG_`. */
  async start(variables: Readonly<Record<string, string>>): Promise<this> {
    const { address } = await this.#api.start();
    const file = join(this.#dir, 'address');
    const env = {
      PATH: process.env.PATH,
      AWS_LAMBDA_RUNTIME_API: address,
      STATEBAG_STORE: join(this.#dir, 'store'),
      STATEBAG_BUCKET: 'bags',
      STATEBAG_LOG: 'off',
      ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [`STATEBAG_${name}`, value])),
    };
    const lambda = Object.assign(this.#signals, { env, stderr: process.stderr });
    this.#ended = runRuntimeProxy([...WAITING_RUNTIME, file], lambda as unknown as NodeJS.Process);
    while (!existsSync(file) || !readFileSync(file, 'utf8').endsWith('\n')) await sleep(2);
    const [host = '', port = ''] = readFileSync(file, 'utf8').trim().split(':');
    this.#proxy = [host, port];
    void this.#serve();
    return this;
  }

  /**
   * The answer that the service gets. When the service is told of an error, rejects with its message, its type as
   * `name`, and the code that the message begins with.
   */
  async invoke(event: Uint8Array | string, handler: RawHandler): Promise<Buffer> {
    this.#handler = handler;
    this.#thrown = undefined;
    const { kind, body } = await this.#api.invoke(event).outcome;
    if (this.#thrown !== undefined) throw this.#thrown as Error;
    if (kind === 'response') return body;
    const { errorType: name, errorMessage } = JSON.parse(body.toString()) as Record<string, string>;
    const code = /^([A-Z_0-9]+): /.exec(errorMessage ?? '')?.[1];
    throw Object.assign(new Error(errorMessage), { name, code });
  }

  async stop(): Promise<void> {
    this.#signals.emit('SIGTERM');
    this.#agent.destroy();
    await this.#ended;
    await this.#api.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  /** The loop of a language runtime, until the proxy is gone. */
  async #serve(): Promise<void> {
    try {
      for (;;) {
        const { body: event, requestId } = await this.#send('GET', '/invocation/next');
        const [verb, answer] = await this.#answer(event);
        await this.#send('POST', `/invocation/${requestId}/${verb}`, answer);
      }
    } catch {
      // The proxy has closed the connection.
    }
  }

  async #answer(event: Buffer): Promise<readonly [verb: 'response' | 'error', body: Buffer]> {
    try {
      return ['response', Buffer.from(await this.#handler(event))];
    } catch (error) {
      this.#thrown = error;
      return ['error', Buffer.from('{"errorType":"Error","errorMessage":"the handler failed"}')];
    }
  }

  async #send(method: string, path: string, body: Uint8Array = Buffer.alloc(0)) {
    const [host, port] = this.#proxy;
    const sent = request({ host, port, method, path: BASE + path, agent: this.#agent });
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    return { body: Buffer.concat(parts), requestId: String(answer.headers['lambda-runtime-aws-request-id']) };
  }
}
