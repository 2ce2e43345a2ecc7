import { gunzipSync, inflateSync } from 'node:zlib';

/**
 * The text in bytes, read as Latin-1, and every text in it: unescaped once, twice, and so on, and each run of base64
 * text decoded, decompressed when it is gzip or zlib, and searched for texts again. `undefined` is in place of what is
 * not understood: gzip that cannot be decompressed, and more levels or bytes than are read.
 *
 * @example
 * listTextLayers(Buffer.from('{"a":"eyJwYXJ0aXRpb25fbWFwIjpbe31dfQ=="}')); // ['{"a":…', '{"partition_map":[{}]}', …]
 */
export function listTextLayers(bytes: Uint8Array): readonly (string | undefined)[] {
  return listLayers(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'), 1);
}

type Layers = readonly (string | undefined)[];

function listLayers(text: string, level: number): Layers {
  const written = [text, ...unescapeAll(text)];
  return written.flatMap((each) => [each, ...(each === undefined ? [] : decodeRuns(each, level))]);
}

const ESCAPED = '\\u00';

/** A character of ASCII. The lookbehind keeps the time linear. */
const ESCAPE = /(?<!\\)\\+u00([0-7][0-9a-f])/gi;

/** JSON text inside JSON text inside … */
const MAX_PASSES = 16;

/** The text unescaped once, twice, and so on until nothing is escaped. */
function unescapeAll(text: string): Layers {
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

/** Both alphabets. The shortest JSON text with a program in it has about as many characters. */
const RUN = /[A-Za-z0-9+/_-]{28,}/g;

/** A run may begin in what is in front of it, such as the folder of a path. */
const ALIGNMENTS = [0, 1, 2, 3] as const;

const MAX_LEVELS = 4;

function decodeRuns(text: string, level: number): Layers {
  const runs = joinLines(text).match(RUN) ?? [];
  if (runs.length > 0 && level > MAX_LEVELS) return [undefined];
  return runs.flatMap((run) => ALIGNMENTS.flatMap((start) => decodeRun(run.slice(start), level)));
}

/** Base64 text in lines, and slashes that are escaped. */
function joinLines(text: string): string {
  return text.replace(/(?<!\\)\\+\//g, '/').replace(/(?<=[A-Za-z0-9+/]{60})(?:\\+[rn]|[\r\n])+/g, '');
}

function decodeRun(run: string, level: number): Layers {
  const decoded = decompress(Buffer.from(run, 'base64'));
  if (decoded === undefined) return [undefined];
  const text = decoded.toString('latin1');
  // Most runs are words. Only text can hold text again.
  return isText(decoded) ? listLayers(text, level + 1) : [text];
}

function isText(bytes: Uint8Array): boolean {
  return !bytes.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
}

/** The bytes themselves when they are not compressed; `undefined` for gzip that cannot be decompressed. */
function decompress(bytes: Buffer): Buffer | undefined {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 0x08;
  if (!isGzip && bytes[0] !== 0x78) return bytes;
  try {
    return (isGzip ? gunzipSync : inflateSync)(bytes, { maxOutputLength: MAX_BYTES });
  } catch {
    return isGzip ? undefined : bytes;
  }
}

/** More than any bag has. */
const MAX_BYTES = 64 << 20;
