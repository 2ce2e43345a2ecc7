import { constants, crc32, inflateRawSync, inflateSync } from 'node:zlib';
import { bufferOver } from './bytes.js';

/**
 * The text in bytes, read as Latin-1, and every text in it: unescaped once, twice, and so on, decoded from base64 at
 * whatever place and in whatever lines, from hex digits and from lists of bytes, decompressed from gzip or zlib, and
 * what is in these again. `undefined` is in place of what is not understood: gzip or zlib that cannot be decompressed,
 * and more levels or bytes than are read.
 *
 * @example
 * // One of them has '{"partition_map":[{}]}' in it:
 * [...readTextLayers(Buffer.from('{"a":"eyJwYXJ0aXRpb25fbWFwIjpbe31dfQ=="}'))];
 */
export function* readTextLayers(bytes: Uint8Array): Iterable<string | undefined> {
  yield* readLayers(bufferOver(bytes), 0, { bytes: MAX_BYTES + MAX_RATIO * bytes.length });
}

/** How many bytes may still be read. */
interface Budget {
  bytes: number;
}

/** More than any bag has. */
const MAX_BYTES = 64 << 20;

/** Text without compressed parts has at most about this many bytes of layers for each of its own. */
const MAX_RATIO = 32;

/** JSON text inside base64 text inside gzip inside … */
const MAX_LEVELS = 9;

function* readLayers(bytes: Buffer, level: number, budget: Budget): Generator<string | undefined> {
  budget.bytes -= bytes.length;
  if (budget.bytes < 0 || level > MAX_LEVELS) {
    yield undefined;
    return;
  }
  const written = bytes.toString('latin1');
  yield written;
  // Letters of UTF-16.
  if (written.includes('\0')) yield written.replaceAll('\0', '');
  for (const inflated of inflateMembers(bytes, budget)) yield* readBytes(inflated, level, budget);
  for (const text of [written, ...unescapeAll(written)]) {
    if (text !== written) yield text;
    if (text !== undefined) yield* decode(text, level, budget);
  }
}

function* readBytes(bytes: Buffer | undefined, level: number, budget: Budget): Generator<string | undefined> {
  if (bytes === undefined) yield undefined;
  else yield* readLayers(bytes, level + 1, budget);
}

const ESCAPED = '\\u00';

/** A character of ASCII. The lookbehind keeps the time linear. */
const ESCAPE = /(?<!\\)\\+u00([0-7][0-9a-f])/gi;

/** JSON text inside JSON text inside … */
const MAX_PASSES = 16;

/** The text unescaped once, twice, and so on until nothing is escaped. */
function unescapeAll(text: string): readonly (string | undefined)[] {
  const texts: (string | undefined)[] = [];
  for (let last = text; last.includes(ESCAPED);) {
    const next = last.replace(ESCAPE, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
    if (next === last) break;
    if (texts.length === MAX_PASSES) return [...texts, undefined];
    texts.push(next);
    last = next;
  }
  return texts;
}

/** Base64 text may begin at any character of what is joined. */
const ALIGNMENTS = [0, 1, 2, 3] as const;

/** As long as the lines of base64 text are at least. Random bytes have no such run, so that the search ends. */
const LINE = /[A-Za-z0-9+/_-]{16}/;

function* decode(text: string, level: number, budget: Budget): Generator<string | undefined> {
  if (LINE.test(text)) {
    const joined = joinBase64(text);
    for (const start of ALIGNMENTS) yield* readLayers(Buffer.from(joined.slice(start), 'base64'), level + 1, budget);
    for (const [run] of text.matchAll(HEX))
      for (const start of [0, 1]) yield* readLayers(Buffer.from(run.slice(start), 'hex'), level + 1, budget);
  }
  for (const [, list] of text.matchAll(BYTES))
    yield* readLayers(Buffer.from(list!.split(',').map(Number)), level + 1, budget);
}

/** Hex digits of text with a program, or of a digest in text, have this length at least. */
const HEX = /[0-9a-f]{56,}/gi;

/** A list of bytes, as `Buffer.toJSON()` makes it. */
const BYTES = /\[((?:[ \t\r\n]*\d{1,3}[ \t\r\n]*,){27,}[ \t\r\n]*\d{1,3})[ \t\r\n]*\]/g;

/** All characters of both alphabets, without what is between them: line breaks, quotes, escapes of slashes. */
function joinBase64(text: string): string {
  return text
    .replace(/%(2[bf])/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
    .replace(/(?<!\\)\\+[rnt]|%(?:0[ad]|3d)|[^A-Za-z0-9+/_-]+/gi, '');
}

const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);

/** What is compressed in bytes, wherever it begins. */
function* inflateMembers(bytes: Buffer, budget: Budget): Generator<Buffer | undefined> {
  for (let at = bytes.indexOf(GZIP); at !== -1; at = bytes.indexOf(GZIP, at + 1)) {
    const start = at + GZIP_HEADER;
    if (isGzipHeader(bytes, at)) yield inflateMember(bytes, skipNames(bytes, start, bytes[at + 3]!), budget);
  }
  for (let at = 0; at < bytes.length - 2; at++)
    if (isZlibHeader(bytes, at)) yield* inflateStream(bytes.subarray(at), budget);
}

const GZIP_HEADER = 10;

/** Random bytes pass once in about 200 GB. */
function isGzipHeader(bytes: Buffer, at: number): boolean {
  const [flags, extra, system] = [bytes[at + 3], bytes[at + 8], bytes[at + 9]];
  if (flags === undefined || extra === undefined || system === undefined) return false;
  return (flags & 0xe0) === 0 && [0, 2, 4].includes(extra) && (system <= 13 || system === 255);
}

/** Where the compressed bytes begin, after the optional fields of the header (RFC 1952). */
function skipNames(bytes: Buffer, start: number, flags: number): number {
  let at = start;
  if (flags & 4) at += 2 + (at + 2 <= bytes.length ? bytes.readUInt16LE(at) : 0);
  for (const flag of [8, 16]) if (flags & flag) at = endOfName(bytes, at);
  return flags & 2 ? at + 2 : at;
}

function endOfName(bytes: Buffer, at: number): number {
  const end = bytes.indexOf(0, at);
  return end === -1 ? bytes.length : end + 1;
}

function inflateMember(bytes: Buffer, start: number, budget: Budget): Buffer | undefined {
  try {
    // The types do not know the result for `info`.
    const { buffer, engine } = inflateRawSync(bytes.subarray(start), {
      maxOutputLength: Math.max(1, budget.bytes),
      info: true,
    }) as unknown as { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } };
    const end = start + engine.bytesWritten;
    return end + 4 <= bytes.length && bytes.readUInt32LE(end) === crc32(buffer) ? buffer : undefined;
  } catch {
    return undefined;
  }
}

/** One of about 3,000 places in random bytes passes: the header (RFC 1950), and a first block that may begin so. */
function isZlibHeader(bytes: Buffer, at: number): boolean {
  const [method, flags] = [bytes[at]!, bytes[at + 1]!];
  if ((method & 0x0f) !== 8 || method > 0x78 || (flags & 0x20) !== 0 || (method * 256 + flags) % 31 !== 0) return false;
  const blockType = (bytes[at + 2]! >> 1) & 3;
  return blockType !== 3;
}

/** Nothing for bytes that only begin like zlib. */
function* inflateStream(bytes: Buffer, budget: Budget): Generator<Buffer | undefined> {
  // Most of the others are found to be so in their first bytes.
  if (inflateBeginning(bytes, 64) === undefined) return;
  try {
    yield inflateSync(bytes, { maxOutputLength: Math.max(1, budget.bytes) });
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    if (isTooLarge || isText(inflateBeginning(bytes, 512))) yield undefined;
  }
}

/** What comes out of the first bytes behind the header; `undefined` for an error in them. */
function inflateBeginning(bytes: Buffer, length: number): Buffer | undefined {
  try {
    return inflateRawSync(bytes.subarray(2, length), { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 1024 });
  } catch {
    return undefined;
  }
}

/** What is damaged, and was zlib. Of random bytes come fewer different ones, which repeat, or no text. */
function isText(bytes: Buffer | undefined): boolean {
  const text = bytes?.toString('latin1') ?? '';
  return /^[\t\n\r -~\x80-\xff]{64,}$/.test(text) && new Set(text).size >= 20;
}
