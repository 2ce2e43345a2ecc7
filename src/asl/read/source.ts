import type { Splice } from '../../json/index.js';
import { byteOffsets } from './byte-offsets.js';
import type { AslNode } from './node.js';
import { textPlaces } from './text-places.js';

/** Bytes that definitions are read from: a file, or a string in a file. */
export interface Source {
  readonly bytes: Uint8Array;
  /** Offset in the file. */
  toFile(offset: number): number;
  /** Splices over the file that do these over `bytes`; undefined when the spelling of the string does not let them. */
  lift(splices: readonly Splice[]): readonly Splice[] | undefined;
}

export function fileSource(bytes: Uint8Array): Source {
  return { bytes, toFile: (offset) => offset, lift: (splices) => splices };
}

/** The text of a string as a source of its own. */
export function embeddedSource(outer: Source, node: AslNode): Source {
  const text = node.text ?? '';
  const places = textPlaces(outer.bytes, node);
  const indexOf = indexesOfBytes(text);
  const outward = (offset: number): number => places?.at(indexOf(offset)) ?? node.start;
  return {
    bytes: Buffer.from(text),
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
