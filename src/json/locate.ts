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
  const end = Math.min(offset, bytes.length);
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < end; at += 1) {
    if (endsLine(bytes, at)) {
      line += 1;
      lineStart = at + 1;
    }
  }
  return { line, column: countCharacters(bytes, lineStart, end) + 1 };
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
