import type { Splice } from '../../json/index.js';
import { byteOffsets } from './byte-offsets.js';
import type { AslNode, TextPiece } from './node.js';
import { textPlaces } from './text-places.js';
import type { TextPlaces } from './text-places.js';

/** Bytes that definitions are read from: a file, or a string in a file. */
export interface Source {
  readonly bytes: Uint8Array;
  /** Offset in the file. */
  toFile(offset: number): number;
  /** False when the text is spelled or put together so that no part of it can be replaced in place. */
  readonly isEditable: boolean;
  /** Splices over the file that do these over `bytes`; undefined when the spelling of the string does not let them. */
  lift(splices: readonly Splice[]): readonly Splice[] | undefined;
}

export function fileSource(bytes: Uint8Array, isEditable = true): Source {
  return { bytes, isEditable, toFile: (offset) => offset, lift: (splices) => splices };
}

/** The text of a string as a source of its own. */
export function embeddedSource(outer: Source, node: AslNode): Source {
  const text = node.text ?? '';
  const [piece, ...others] = node.pieces ?? [];
  // A whole text is written in one place, and can be changed there.
  if (piece?.from === 0 && others.length === 0) return embeddedSource(outer, piece.node);
  if (node.pieces) return piecedSource(outer, text, node.pieces);
  const places = textPlaces(outer.bytes, node);
  const isEditable = places !== undefined && outer.isEditable && node.isShared !== true;
  const indexOf = indexesOfBytes(text);
  const outward = (offset: number): number => places?.at(indexOf(offset)) ?? node.start;
  return {
    bytes: Buffer.from(text),
    isEditable,
    toFile: (offset) => outer.toFile(outward(offset)),
    lift: (splices) =>
      places &&
      outer.lift(
        splices.map(({ start, end, insert }) => ({
          start: outward(start),
          end: outward(end),
          insert: Buffer.from(places.encode(Buffer.from(insert).toString())),
        })),
      ),
  };
}

/** Text that a template puts together: each part of it is written somewhere else. */
function piecedSource(outer: Source, text: string, pieces: readonly TextPiece[]): Source {
  const indexOf = indexesOfBytes(text);
  const places = new Map<AslNode, TextPlaces | undefined>();
  const placesOf = (node: AslNode): TextPlaces | undefined => {
    if (!places.has(node)) places.set(node, textPlaces(outer.bytes, node));
    return places.get(node);
  };
  return {
    bytes: Buffer.from(text),
    isEditable: false,
    toFile: (offset) => {
      const index = indexOf(offset);
      const { node, start, from } = lastAt(pieces, index);
      const at = from === undefined ? undefined : placesOf(node)?.at(from + index - start);
      return outer.toFile(at ?? node.start);
    },
    lift: () => undefined,
  };
}

/** The last piece that begins at an index or before it. */
function lastAt(pieces: readonly TextPiece[], index: number): TextPiece {
  let [low, high] = [0, pieces.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pieces[middle]!.start <= index) low = middle;
    else high = middle - 1;
  }
  return pieces[low]!;
}

/** The way back from a byte offset to an index, both rising together. */
function indexesOfBytes(text: string): (offset: number) => number {
  const toBytes = byteOffsets(text);
  return (offset) => {
    let [low, high] = [0, text.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (toBytes(middle) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
