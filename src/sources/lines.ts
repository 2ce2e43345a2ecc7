import { concatenate } from '../json/index.js';
import { buffers } from './read-file.js';
import type { SourceDocument } from './source.js';

/** A line and how it ended: `\n`, `\r\n` or nothing at the end of the file. */
export interface Line {
  readonly bytes: Uint8Array;
  readonly ending: Uint8Array;
}

const LF = 0x0a;
const CR = 0x0d;

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** How the pieces of a line are kept and put together. */
interface LineMemory {
  /** A piece that outlives its chunk. */
  readonly keep: (piece: Uint8Array) => Uint8Array;
  /** All pieces; all but the last have been kept. */
  readonly join: (pieces: readonly Uint8Array[]) => Uint8Array;
}

/** For chunks that stay as they are: a line within one of them is a view. */
const VIEWS: LineMemory = {
  keep: (piece) => piece,
  join: (pieces) => (pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)),
};

/** For chunks that are written over: every line is a copy, in memory of the pool. */
export const COPIES: LineMemory = {
  keep: (piece) => pooled([piece]),
  join: (pieces) => {
    const line = pooled(pieces);
    for (const piece of pieces.slice(0, -1)) buffers.give(piece);
    return line;
  },
};

function pooled(pieces: readonly Uint8Array[]): Uint8Array {
  return concatenate(pieces, (length) => buffers.take(length));
}

/** Cuts a stream of chunks into lines. Memory: the longest line. A line's bytes are the caller's to keep. */
export async function* readLines(chunks: Chunks, { keep, join } = VIEWS): AsyncIterable<Line> {
  let pieces: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      yield toLine(join([...pieces, chunk.subarray(start, end + 1)]));
      pieces = [];
      start = end + 1;
    }
    if (start < chunk.length) pieces.push(keep(chunk.subarray(start)));
  }
  if (pieces.length > 0) yield toLine(join(pieces));
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
export async function* lineDocuments(
  id: string,
  lines: AsyncIterable<Line>,
): AsyncGenerator<SourceDocument, Uint8Array> {
  let blank: Uint8Array[] = [];
  let number = 0;
  for await (const line of lines) {
    number++;
    if (isBlank(line.bytes)) {
      blank.push(Uint8Array.from(line.bytes), Uint8Array.from(line.ending));
      continue;
    }
    const frame = { before: Buffer.concat(blank), after: line.ending };
    blank = [];
    const release = () => {
      buffers.give(line.bytes);
    };
    yield { id: `${id}#L${number}`, line: number, bytes: line.bytes, frame, release };
  }
  return Buffer.concat(blank);
}

/** The documents of a container, each as `map` makes it; returns what follows the last one. */
export async function* mapDocuments(
  documents: AsyncGenerator<SourceDocument, Uint8Array>,
  map: (document: SourceDocument) => SourceDocument,
): AsyncGenerator<SourceDocument, Uint8Array> {
  for (;;) {
    const next = await documents.next();
    if (next.done === true) return next.value;
    yield map(next.value);
  }
}

/** Writes a document's new bytes between what stood around the old ones. `write` must not keep what it is given. */
export async function writeFramed(
  { frame }: SourceDocument,
  bytes: Uint8Array,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  if (!frame) return write(bytes);
  const whole = pooled([frame.before, bytes, frame.after]);
  await write(whole);
  buffers.give(whole);
}

/** True for a line of white space: it separates, and is no document. */
export function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === CR);
}
