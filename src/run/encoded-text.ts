import { gunzipSync, inflateSync } from 'node:zlib';

/**
 * What base64 text in a text stands for, read as Latin-1: every run of it, decoded, and decompressed when it is gzip or
 * zlib, also when base64 text is in that again. `undefined` is in place of what is not understood: gzip that cannot be
 * decompressed, and more levels or bytes than are read.
 *
 * @example
 * decodeText('{"bag":"eyJwYXJ0aXRpb25fbWFwIjpbe31dfQ=="}'); // ['{"partition_map":[{}]}', …]
 */
export function decodeText(text: string): readonly (string | undefined)[] {
  return decodeLevel(text, 1);
}

function decodeLevel(text: string, level: number): readonly (string | undefined)[] {
  const runs = joinLines(text).match(RUN) ?? [];
  if (runs.length > 0 && level > MAX_LEVELS) return [undefined];
  return runs.flatMap((run) => ALIGNMENTS.flatMap((start) => decodeRun(run.slice(start), level)));
}

function decodeRun(run: string, level: number): readonly (string | undefined)[] {
  const bytes = Buffer.from(run, 'base64');
  const decoded = decompress(bytes);
  if (decoded === undefined) return [undefined];
  const text = decoded.toString('latin1');
  // Most runs are words. Only text can hold text again.
  return isText(decoded) ? [text, ...decodeLevel(text, level + 1)] : [text];
}

/** Both alphabets. The shortest JSON text with a program in it has about as many characters. */
const RUN = /[A-Za-z0-9+/_-]{28,}/g;

/** A run may begin in what is in front of it, such as the folder of a path. */
const ALIGNMENTS = [0, 1, 2, 3] as const;

const MAX_LEVELS = 4;

/** Base64 text in lines, and slashes that are escaped. The lookbehinds keep the time linear. */
function joinLines(text: string): string {
  return text.replace(/(?<!\\)\\+\//g, '/').replace(/(?<=[A-Za-z0-9+/]{60})(?:\\+[rn]|[\r\n])+/g, '');
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
