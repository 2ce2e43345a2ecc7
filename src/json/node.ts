/* The result of a scan: values by their places, and the shapes that a scan is asked for. */

/**
 * What a JSON value is. `nonfinite` is one of Python's tokens `NaN`, `Infinity`, `-Infinity`, which RFC 8259 does not
 * know.
 */
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'true' | 'false' | 'null' | 'nonfinite';

/** A value by its place: bytes `[start, end)` of the document it was scanned from. Nothing is decoded. */
export interface JsonNode {
  readonly kind: JsonKind;
  readonly start: number;
  readonly end: number;
  /** Members in document order, duplicates included; present when the scan was asked for them. */
  members?: readonly JsonMember[];
  /** Elements in order; present when the scan was asked for them. */
  items?: readonly JsonNode[];
  /** The last member of each name, once somebody has looked for one among many. */
  byName?: ReadonlyMap<string, JsonMember>;
}

export interface JsonMember {
  /** The key, unescaped. */
  readonly name: string;
  /** Offset of the key's opening quote. */
  readonly keyStart: number;
  /** Offset past the key's closing quote. */
  readonly keyEnd: number;
  readonly value: JsonNode;
}

/**
 * Which parts of a document a scan records; everything else is validated and skipped. Shapes may refer to
 * themselves (an envelope inside an envelope).
 */
export interface Shape {
  /** Record the members of an object here; the shape of the named ones is followed further down. */
  readonly members?: Readonly<Record<string, Shape>>;
  /** The shape of members not named in `members`. Members are recorded when either of the two is present. */
  readonly anyMember?: Shape;
  /** Record the elements of an array here. */
  readonly items?: Shape;
}

/** Record nothing below. */
export const LEAF: Shape = Object.freeze({});
