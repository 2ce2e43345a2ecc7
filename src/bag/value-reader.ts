/** `nonfinite` is one of Python's tokens `NaN`, `Infinity`, `-Infinity` in stored text. */
export type ValueKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null' | 'nonfinite';

/**
 * One way to read JSON values, whatever they are made of. The byte reader walks stored text without decoding it;
 * the object reader walks what `JSON.parse` gave a Lambda. Everything that understands bags is written against this,
 * so both worlds follow the same rules.
 */
export interface ValueReader<V> {
  kind(value: V): ValueKind;
  /**
   * The member's value; the last of duplicates, as every legacy reader takes it. `undefined` on anything but an object.
   */
  member(value: V, name: string): V | undefined;
  /** Names of an object's members in order, each once; empty on anything else. */
  names(value: V): readonly string[];
  /** Elements of an array; empty on anything else. */
  items(value: V): readonly V[];
  /** Text of a string, `undefined` on anything else. */
  text(value: V): string | undefined;
  /** A number as a double, `undefined` on anything else. */
  number(value: V): number | undefined;
  /** JSON text in UTF-8: the stored bytes themselves, or what `JSON.stringify` makes of an object. */
  bytes(value: V): Uint8Array;
  /** The JSON document inside a string; `undefined` when the value is no string or its text is no JSON. */
  embedded(value: V): V | undefined;
  /** A value of this world from JSON text. Throws `BagError`. */
  parse(bytes: Uint8Array): V;
}

export function isObject<V>(reader: ValueReader<V>, value: V | undefined): value is V {
  return value !== undefined && reader.kind(value) === 'object';
}

/** True for an absent member and for an explicit null: no legacy reader tells them apart. */
export function isMissing<V>(reader: ValueReader<V>, value: V | undefined): value is undefined {
  return value === undefined || reader.kind(value) === 'null';
}

/** The text of a string member, `undefined` when it is absent or something else. */
export function textMember<V>(reader: ValueReader<V>, value: V, name: string): string | undefined {
  const member = reader.member(value, name);
  return member === undefined ? undefined : reader.text(member);
}
