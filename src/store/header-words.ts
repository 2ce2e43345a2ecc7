const ENCODED_WORD = /=\?utf-8\?([bq])\?([^?]*)\?=/gi;

/**
 * A metadata value as an HTTP header may carry it. S3 takes and gives values beyond printable ASCII as RFC 2047
 * encoded words; blanks at the ends, which HTTP trims, travel the same way.
 */
export function encodeHeaderValue(value: string): string {
  const plain = /^[\x20-\x7e]*$/.test(value) && value.trim() === value && !value.includes('=?');
  return plain ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`;
}

/** The inverse; leaves text that is no UTF-8 encoded word as it is. */
export function decodeHeaderValue(value: string): string {
  // Blanks between two encoded words are not part of the value (RFC 2047, section 6.2).
  const joined = value.replace(/\?=\s+=\?/g, '?==?');
  return joined.replace(ENCODED_WORD, (_word, kind: string, text: string) =>
    kind.toLowerCase() === 'b' ? fromBase64(text) : fromQuoted(text),
  );
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

function fromQuoted(text: string): string {
  const octets = text
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(octets, 'latin1').toString('utf8');
}
