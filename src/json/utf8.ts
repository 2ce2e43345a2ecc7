import { isUtf8 } from 'node:buffer';

const BLOCK = 64 * 1024;

/** Offset of the first byte of the first malformed UTF-8 sequence (RFC 3629), or -1 when there is none. */
export function findMalformedUtf8(bytes: Uint8Array): number {
  if (isUtf8(bytes)) return -1;
  let at = 0;
  for (let end = blockEnd(bytes, at); isUtf8(bytes.subarray(at, end)); end = blockEnd(bytes, at)) at = end;
  for (let length = characterLength(bytes, at); length > 0; length = characterLength(bytes, at)) at += length;
  return at;
}

/** Ends a block between two characters where that is possible at all. */
function blockEnd(bytes: Uint8Array, start: number): number {
  const end = start + BLOCK;
  for (let cut = end; cut > end - 4; cut -= 1) {
    if (cut >= bytes.length || !isContinuation(bytes[cut]!)) return cut;
  }
  return end;
}

/** Bytes of the character that begins here, 0 when it is malformed. */
function characterLength(bytes: Uint8Array, at: number): number {
  const length = lengthByLead(bytes[at]!);
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

function lengthByLead(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
