const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

export interface TextPlace {
  /** 1-based. */
  readonly line: number;
  /** 1-based, counted in characters (Unicode code points), not in bytes and not in UTF-16 units. */
  readonly column: number;
}

/**
 * Line and column of a byte offset. CRLF, LF and CR each count as one line break, and belong to the line they end.
 * An offset past the end is taken as the end. Linear in `offset`; meant for messages.
 */
export function locate(bytes: Uint8Array, offset: number): TextPlace {
  return locateAll(bytes, [offset])[0]!;
}

/** The same of many offsets in one pass, in the order in which they were given. */
export function locateAll(bytes: Uint8Array, offsets: readonly number[]): readonly TextPlace[] {
  const places = new Map<number, TextPlace>();
  let last: Reached = { at: 0, lineStart: 0, line: 1, column: 1 };
  for (const offset of [...new Set(offsets)].sort((a, b) => a - b)) {
    last = goOn(bytes, last, Math.min(offset, bytes.length));
    places.set(offset, { line: last.line, column: last.column });
  }
  return offsets.map((offset) => places.get(offset)!);
}

/** How far a pass has come. */
interface Reached extends TextPlace {
  readonly at: number;
  readonly lineStart: number;
}

function goOn(bytes: Uint8Array, from: Reached, end: number): Reached {
  let { line, lineStart } = from;
  for (let at = from.at; at < end; at += 1) {
    if (endsLine(bytes, at)) {
      line += 1;
      lineStart = at + 1;
    }
  }
  const isSameLine = lineStart === from.lineStart;
  const column = isSameLine
    ? from.column + countCharacters(bytes, from.at, end)
    : countCharacters(bytes, lineStart, end) + 1;
  return { at: end, line, lineStart, column };
}

function endsLine(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at];
  return byte === LINE_FEED || (byte === CARRIAGE_RETURN && bytes[at + 1] !== LINE_FEED);
}

/** Every byte begins a character except the continuation bytes 10xxxxxx. */
function countCharacters(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at += 1) {
    if ((bytes[at]! & 0xc0) !== 0x80) count += 1;
  }
  return count;
}
