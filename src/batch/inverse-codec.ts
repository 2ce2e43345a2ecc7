import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Splice } from '../json/index.js';
import type { InversePiece, InverseSplice } from './journal-entry.js';

/** A piece of text shorter than this is not worth compressing, in bytes. */
const DEFLATE_FROM = 256;

interface StoredBlob {
  readonly uri: string;
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/**
 * Writes an inverse down without repeating what the blobs hold. A blob cut out of this very document is a view of its
 * bytes, so its place in a splice is known and nothing is searched.
 */
export function encodeInverse(inverse: readonly Splice[], blobs: readonly StoredBlob[]): InverseSplice[] {
  return inverse.map(({ start, end, insert }) => ({ start, end, pieces: encodePieces(insert, blobs) }));
}

function encodePieces(text: Uint8Array, blobs: readonly StoredBlob[]): InversePiece[] {
  const found = blobs
    .map((blob) => ({ blob, at: placeOf(text, blob.bytes) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  const pieces: InversePiece[] = [];
  let from = 0;
  for (const { blob, at } of found) {
    if (at < from) continue;
    pieces.push(...literal(text.subarray(from, at)), { blob: blob.uri, sha256: blob.sha256 });
    from = at + blob.bytes.length;
  }
  return [...pieces, ...literal(text.subarray(from))];
}

/** Offset of a part within the whole when both are views of one buffer and the part lies inside; else -1. */
function placeOf(whole: Uint8Array, part: Uint8Array): number {
  const at = part.byteOffset - whole.byteOffset;
  return part.buffer === whole.buffer && at >= 0 && at + part.length <= whole.length ? at : -1;
}

function literal(bytes: Uint8Array): InversePiece[] {
  if (bytes.length === 0) return [];
  if (bytes.length < DEFLATE_FROM) return [{ text: Buffer.from(bytes).toString('base64') }];
  return [{ deflate: deflateRawSync(bytes).toString('base64') }];
}

/** Splices again, with the bytes of blobs fetched by `load`, which verifies their digest. */
export async function decodeInverse(
  inverse: readonly InverseSplice[],
  load: (uri: string, sha256: string) => Promise<Uint8Array>,
): Promise<Splice[]> {
  return Promise.all(
    inverse.map(async ({ start, end, pieces }) => ({
      start,
      end,
      insert: Buffer.concat(await Promise.all(pieces.map((piece) => decodePiece(piece, load)))),
    })),
  );
}

async function decodePiece(
  piece: InversePiece,
  load: (uri: string, sha256: string) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if ('text' in piece) return Buffer.from(piece.text, 'base64');
  if ('deflate' in piece) return inflateRawSync(Buffer.from(piece.deflate, 'base64'));
  return load(piece.blob, piece.sha256);
}
