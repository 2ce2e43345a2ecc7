const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;

const FOUR_SPACES = 0x20202020;

/**
 * Offset of the first byte at or after `from` that is not JSON white space, or of the end. `view` covers the same
 * bytes. Runs of spaces, the indentation of a printed document, go four at a time.
 */
export function skipWhitespace(bytes: Uint8Array, view: DataView, from: number): number {
  const lastWord = bytes.length - 4;
  let at = from;
  for (;;) {
    while (at <= lastWord && view.getInt32(at, true) === FOUR_SPACES) at += 4;
    if (at >= bytes.length || !isWhitespace(bytes[at]!)) return at;
    at += 1;
  }
}

function isWhitespace(byte: number): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB;
}
