/** A `Buffer` over the same memory; one that is a `Buffer` already is itself. */
export function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Text of the string at `[start, end)`, quotes included, of bytes a scan has accepted. Escaped lone surrogates
 * become lone surrogates in the result.
 */
export function decodeQuoted(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start + 1, end - 1);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}
