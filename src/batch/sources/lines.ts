import type { SourceDocument } from '../source.js';

/** A line and how it ended: `\n`, `\r\n` or nothing at the end of the file. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly ending: Uint8Array;
}

const LF = 0x0a;
const CR = 0x0d;

/** Cuts a stream of chunks into lines. Memory: the longest line. A line's bytes are the caller's to keep. */
export async function* readLines(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncIterable<Line> {
  let parts: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      parts.push(chunk.subarray(start, end + 1));
      yield toLine(join(parts));
      parts = [];
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0) yield toLine(join(parts));
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

function toLine(bytes: Uint8Array): Line {
  const hasLf = bytes.at(-1) === LF;
  const end = hasLf ? (bytes.at(-2) === CR ? bytes.length - 2 : bytes.length - 1) : bytes.length;
  return { bytes: bytes.subarray(0, end), ending: bytes.subarray(end) };
}

/**
 * The documents of a container that has one a line, named by their line numbers. Blank lines belong to the frame of the
 * document behind them; returns those behind the last one.
 */
export async function* lineDocuments(id: string, lines: AsyncIterable<Line>): AsyncGenerator<SourceDocument, Uint8Array> {
  let blank: Uint8Array[] = [];
  let number = 0;
  for await (const line of lines) {
    number++;
    if (isBlank(line.bytes)) {
      blank.push(line.bytes, line.ending);
      continue;
    }
    const frame = { before: Buffer.concat(blank), after: line.ending };
    blank = [];
    yield { id: `${id}#L${number}`, line: number, bytes: line.bytes, frame };
  }
  return Buffer.concat(blank);
}

/** A document's new bytes between what stood around the old ones. */
export function framed({ frame }: SourceDocument, bytes: Uint8Array): Uint8Array {
  return frame ? Buffer.concat([frame.before, bytes, frame.after]) : bytes;
}

/** True for a line of white space: it separates, and is no document. */
export function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === CR);
}
