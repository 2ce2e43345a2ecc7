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
export function pairsOf(raw: RawHeaders): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at]!, raw[2 * at + 1]!]);
}

function omitHeaders(raw: RawHeaders, names: ReadonlySet<string>): string[] {
  return pairsOf(raw)
    .filter(([name]) => !names.has(name.toLowerCase()))
    .flat();
}
