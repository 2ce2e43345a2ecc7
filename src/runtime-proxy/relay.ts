import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { forwardedHeaders, headersOf, pairsOf } from './headers.js';
import { answerOf } from './upstream.js';
import type { Upstream } from './upstream.js';

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
