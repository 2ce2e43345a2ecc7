import { Agent, createServer, request } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Both ends of the Runtime API in one process, with a proxy between them: the service, and a runtime that answers at
 * once. What an invocation takes is then what the connections and the proxy take.
 */
export class InvocationLoop {
  readonly #server = createServer((incoming, outgoing) => {
    this.#serve(incoming, outgoing);
  });
  readonly #agent = new Agent({ keepAlive: true });
  #waiting: ServerResponse | undefined;
  #asked: (() => void) | undefined;
  #answered: ((body: Buffer) => void) | undefined;
  #runtimeAddress = '';

  /** Resolves to the address of the service. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The address at which the runtime finds its service: the proxy's. */
  connect(runtimeAddress: string): void {
    this.#runtimeAddress = runtimeAddress;
  }

  /** One invocation. Resolves to its milliseconds, and to what reached the runtime and the service. */
  async invoke(
    event: Uint8Array,
    result: Uint8Array,
  ): Promise<{ readonly ms: number; readonly event: Buffer; readonly result: Buffer }> {
    const asked = new Promise<void>((resolve) => (this.#asked = resolve));
    const given = this.#send('GET', '/2018-06-01/runtime/invocation/next');
    await asked;
    const answered = new Promise<Buffer>((resolve) => (this.#answered = resolve));
    const start = performance.now();
    this.#waiting!.writeHead(200, {
      'Lambda-Runtime-Aws-Request-Id': 'one',
      'Lambda-Runtime-Deadline-Ms': Date.now() + 60_000,
      'Content-Length': event.length,
    }).end(event);
    const received = await given;
    const posted = this.#send('POST', '/2018-06-01/runtime/invocation/one/response', result);
    const back = await answered;
    const ms = performance.now() - start;
    await posted;
    return { ms, event: received, result: back };
  }

  stop(): void {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #serve(incoming: IncomingMessage, outgoing: ServerResponse): void {
    if (incoming.method === 'GET') {
      this.#waiting = outgoing;
      this.#asked?.();
      return;
    }
    void bodyOf(incoming).then((body) => {
      this.#answered?.(body);
      outgoing.writeHead(202).end();
    });
  }

  #send(method: string, path: string, body?: Uint8Array): Promise<Buffer> {
    const [hostname, port] = this.#runtimeAddress.split(':');
    const headers: OutgoingHttpHeaders = body === undefined ? {} : { 'Content-Length': body.length };
    return new Promise((resolve, reject) => {
      const sent = request({ hostname, port, method, path, agent: this.#agent, headers }, (answer) => {
        bodyOf(answer).then(resolve, reject);
      });
      sent.once('error', reject).end(body);
    });
  }
}

function bodyOf(stream: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        resolve(Buffer.concat(chunks));
      })
      .on('error', reject);
  });
}
