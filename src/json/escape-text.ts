const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const SPACE = 0x20;

/** Spelling of each byte inside a JSON string where that is not the byte itself. */
const SPELLINGS: readonly (Uint8Array | undefined)[] = Array.from({ length: 256 }, (_, byte) => spellingOf(byte));

function spellingOf(byte: number): Uint8Array | undefined {
  if (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) return undefined;
  const quoted = JSON.stringify(String.fromCharCode(byte));
  return new TextEncoder().encode(quoted.slice(1, -1));
}

/**
 * UTF-8 text as it stands inside a JSON string: quote, backslash and control characters escaped, everything else
 * as it is. Without anything to escape the same array comes back.
 */
export function escapeForString(text: Uint8Array): Uint8Array {
  const length = text.reduce((sum, byte) => sum + (SPELLINGS[byte]?.length ?? 1), 0);
  if (length === text.length) return text;
  const escaped = new Uint8Array(length);
  let at = 0;
  for (const byte of text) {
    const spelling = SPELLINGS[byte];
    if (spelling === undefined) escaped[at] = byte;
    else escaped.set(spelling, at);
    at += spelling?.length ?? 1;
  }
  return escaped;
}
