import { createServer, request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * How the answers differ from those of the server: `unsupported` answers 501 to every PUT with a condition, as servers
 * without conditional writes do; `ignores-*` forgets the conditions of the method; `weak-etags` changes every ETag in a
 * header into a weak one, as a proxy that compresses answers does.
 */
export type ProxyMode = 'unsupported' | 'ignores-if-match' | 'ignores-if-none-match' | 'ignores-delete' | 'weak-etags';

export interface S3Proxy {
  /** `http://127.0.0.1:port`. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** An HTTP proxy in front of an S3 server. Signatures stay valid unless the mode takes a signed header out. */
export async function startS3Proxy(target: string, mode: ProxyMode): Promise<S3Proxy> {
  const server = createServer((incoming, response) => {
    if (mode === 'unsupported' && incoming.method === 'PUT' && hasCondition(incoming.headers))
      refuse(incoming, response);
    else forward(target, mode, incoming, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function hasCondition(headers: IncomingHttpHeaders): boolean {
  return headers['if-match'] !== undefined || headers['if-none-match'] !== undefined;
}

function refuse(incoming: IncomingMessage, response: ServerResponse): void {
  incoming.resume();
  response.writeHead(501, { 'content-type': 'application/xml' });
  const message = 'A header you provided implies functionality that is not implemented.';
  response.end(`<?xml version="1.0"?><Error><Code>NotImplemented</Code><Message>${message}</Message></Error>`);
}

function forward(target: string, mode: ProxyMode, incoming: IncomingMessage, response: ServerResponse): void {
  const { hostname, port } = new URL(target);
  const { method, url: path } = incoming;
  const headers = keptHeaders(mode, method, incoming.headers);
  const outgoing = request({ hostname, port, method, path, headers }, (answer) => {
    const { etag } = answer.headers;
    const weak = mode === 'weak-etags' && etag !== undefined ? { etag: `W/${etag}` } : {};
    response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...weak });
    answer.pipe(response);
  });
  outgoing.on('error', () => response.destroy());
  incoming.pipe(outgoing);
}

function keptHeaders(mode: ProxyMode, method: string | undefined, headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { 'if-match': match, 'if-none-match': none, ...others } = headers;
  const keepsMatch = mode !== (method === 'DELETE' ? 'ignores-delete' : 'ignores-if-match');
  return {
    ...others,
    ...(match !== undefined && keepsMatch && { 'if-match': match }),
    ...(none !== undefined && mode !== 'ignores-if-none-match' && { 'if-none-match': none }),
  };
}
