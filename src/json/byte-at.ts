/**
 * The byte at an offset, 0 past the end: a read outside the array would leave the compiled loops slow for ever after.
 */
export function byteAt(bytes: Uint8Array, at: number): number {
  return at < bytes.length ? bytes[at]! : 0;
}
