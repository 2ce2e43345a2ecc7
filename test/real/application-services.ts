import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Services } from '../adapter/application-handlers.js';
import type { Json } from '../adapter/bags.js';

/** The services of the application over HTTP, for runners in processes of their own. */
export interface ServedServices {
  /** `http://host:port` */
  readonly url: string;
  /** How many segments ran in such a process. */
  readonly noted: () => number;
  stop(): Promise<void>;
}

interface Answer {
  readonly status?: number;
  readonly body?: string;
}

/** `POST /ran`, `POST /rows`, `GET` and `PUT /records/KEY`, `POST /functions/inner`. An error has status 500. */
export async function serveServices(services: Services): Promise<ServedServices> {
  let noted = 0;
  const routes: Readonly<Record<string, (key: string, body: string) => Answer | Promise<Answer>>> = {
    'POST ran': (_key, line) => {
      noted++;
      services.ran.push(line);
      return {};
    },
    'POST rows': (_key, row) => {
      services.rows.push(JSON.parse(row) as Json);
      return {};
    },
    'GET records': (key) => {
      const body = services.records.get(key);
      return body === undefined ? { status: 404 } : { body };
    },
    'PUT records': (key, text) => {
      services.records.set(key, text);
      return {};
    },
    'POST functions': async (_key, event) => ({
      body: JSON.stringify(await services.invokeInner(JSON.parse(event) as Json)),
    }),
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, area = '', key = ''] = (request.url ?? '').split('/');
    const route = routes[`${request.method} ${area}`];
    if (route === undefined) throw new Error(`no route for ${request.method} ${request.url}`);
    const { status = 200, body = '' } = await route(decodeURIComponent(key), await readBody(request));
    response.writeHead(status).end(body);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    noted: () => noted,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
