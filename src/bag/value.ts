import { BagError, StateBagError } from '../errors/index.js';
import { LEAF, decodeString, expandNode, lastMember, openEmbedded, scanJson, sliceNode } from '../json/index.js';
import type { JsonNode, Shape } from '../json/index.js';

/** `nonfinite` is one of Python's tokens `NaN`, `Infinity`, `-Infinity` in stored text. */
type ValueKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null' | 'nonfinite';

/**
 * A JSON value that the rules of a bag read, whatever it is made of: a place in stored text (`ByteValue`) or what
 * `JSON.parse` gave a handler (`ObjectValue`). What a value gives is of its own form. Values are never changed.
 */
export interface Value {
  kind(): ValueKind;
  /**
   * The member's value; the last of duplicates, as every legacy reader takes it. `undefined` on anything but an object.
   */
  member(name: string): this | undefined;
  /** Names of an object's members in order, each once; empty on anything else. */
  names(): readonly string[];
  /** Elements of an array; empty on anything else. */
  items(): readonly this[];
  /** Text of a string, `undefined` on anything else. */
  text(): string | undefined;
  /** A number as a double, `undefined` on anything else. */
  number(): number | undefined;
  /** JSON text in UTF-8: the stored bytes themselves, or what `JSON.stringify` makes of an object. */
  bytes(): Uint8Array;
  /** The JSON document inside a string; `undefined` when the value is no string or its text is no JSON. */
  embedded(): this | undefined;
  /** A value of the same form from JSON text, for example from a blob. Throws `BagError`. */
  parse(bytes: Uint8Array): this;
  /** True when the other one is the same place, not only equal. */
  is(other: Value): boolean;
  /** What is the same for two values exactly when `is` holds: a key of sets and maps. */
  identity(): unknown;
}

export function isObject<V extends Value>(value: V | undefined): value is V {
  return value?.kind() === 'object';
}

/** True for an absent member and for an explicit null: no legacy reader tells them apart. */
export function isMissing(value: Value | undefined): value is undefined {
  return value === undefined || value.kind() === 'null';
}

/** The text of a string member, `undefined` when it is absent or something else. */
export function textMember(value: Value, name: string): string | undefined {
  return value.member(name)?.text();
}

/** Deeper values count as different: the comparison recurses. */
const MAX_COMPARED_DEPTH = 1_000;

/**
 * True when two values say the same, whatever form each has: `null` is the same at any two places. Spelling and the
 * order of members say nothing; numbers count as doubles. An absent value is the same as an absent one only.
 */
export function isSameValue(one: Value | undefined, other: Value | undefined, depth = 0): boolean {
  if (one === undefined || other === undefined) return one === other;
  const kind = one.kind();
  if (kind !== other.kind() || depth > MAX_COMPARED_DEPTH) return false;
  switch (kind) {
    case 'object':
      return hasSameMembers(one, other, depth + 1);
    case 'array':
      return hasSameItems(one.items(), other.items(), depth + 1);
    case 'string':
      return one.text() === other.text();
    case 'number':
      return one.number() === other.number();
    default:
      return Buffer.compare(one.bytes(), other.bytes()) === 0;
  }
}

function hasSameMembers(one: Value, other: Value, depth: number): boolean {
  const [names, others] = [one.names(), new Set(other.names())];
  const isSame = (name: string) => others.has(name) && isSameValue(one.member(name), other.member(name), depth);
  return names.length === others.size && names.every(isSame);
}

function hasSameItems(items: readonly Value[], others: readonly Value[], depth: number): boolean {
  return items.length === others.length && items.every((item, at) => isSameValue(item, others[at], depth));
}

/** An entry of a map or manifest: its own members, no further. */
const ENTRY: Shape = { anyMember: LEAF };

/** A partition_map or segment_manifest: a list of entries or a dict of them. */
const ENTRIES: Shape = { items: ENTRY, anyMember: ENTRY };

/**
 * What one scan of a document records: the members of every object on the way to the bag, the bag's own members,
 * and the entries of its map and manifest. User data (`current_state`, `input`) is validated and left closed.
 */
const BAG_SHAPE: Shape = makeBagShape();

function makeBagShape(): Shape {
  const members: Record<string, Shape> = {
    partition_map: ENTRIES,
    segment_manifest: ENTRIES,
    workflow_config: { anyMember: LEAF },
  };
  const shape: Shape = { members, anyMember: LEAF };
  for (const wrapper of ['Payload', 'state_data', 'bag']) members[wrapper] = shape;
  return shape;
}

/** Values that were parsed from blobs, by the very bytes that a cache hands out; kept as long as the bytes are. */
export type ParsedBlobs<V> = WeakMap<Uint8Array, V>;

/** Stored text, or the text inside one of its strings. */
export interface ByteDocument {
  readonly bytes: Uint8Array;
  /** The string that carries this document, when it is embedded in another one. */
  readonly carrier?: ByteValue;
  readonly parsed?: ParsedBlobs<ByteValue> | undefined;
}

/** Scans a whole document once, recording what the rules of a bag look at. Throws `BagError` on what is not JSON. */
export function readDocument(bytes: Uint8Array, shape: Shape = BAG_SHAPE): ByteValue {
  return new ByteValue({ bytes }, scanJson(bytes, shape));
}

const KINDS = {
  object: 'object',
  array: 'array',
  string: 'string',
  number: 'number',
  true: 'boolean',
  false: 'boolean',
  null: 'null',
  nonfinite: 'nonfinite',
} as const satisfies Record<JsonNode['kind'], ValueKind>;

/** A value by its place in stored text, which is never decoded further than a caller asks. */
export class ByteValue implements Value {
  constructor(
    readonly document: ByteDocument,
    readonly node: JsonNode,
  ) {}

  /** The same value; blobs that are parsed from here on are scanned once for each copy of their bytes. */
  remember(parsed: ParsedBlobs<ByteValue>): ByteValue {
    return new ByteValue({ ...this.document, parsed }, this.node);
  }

  kind(): ValueKind {
    return KINDS[this.node.kind];
  }

  member(name: string): this | undefined {
    if (this.node.kind !== 'object') return undefined;
    const member = lastMember(this.#expanded(), name);
    return member && this.#at(member.value);
  }

  names(): readonly string[] {
    return [...new Set(this.#expanded().members?.map((member) => member.name))];
  }

  items(): readonly this[] {
    return this.#expanded().items?.map((node) => this.#at(node)) ?? [];
  }

  text(): string | undefined {
    return this.node.kind === 'string' ? decodeString(this.document.bytes, this.node) : undefined;
  }

  number(): number | undefined {
    if (this.node.kind !== 'number') return undefined;
    const { buffer, byteOffset } = this.document.bytes;
    const { start, end } = this.node;
    return Number(Buffer.from(buffer, byteOffset + start, end - start).toString('latin1'));
  }

  bytes(): Uint8Array {
    return sliceNode(this.document.bytes, this.node);
  }

  embedded(): this | undefined {
    if (this.node.kind !== 'string') return undefined;
    try {
      const bytes = openEmbedded(this.document.bytes, this.node);
      const { parsed } = this.document;
      return new ByteValue({ bytes, carrier: this, parsed }, scanJson(bytes, BAG_SHAPE)) as this;
    } catch (error) {
      // Text that is no JSON is an ordinary string; the caller asked whether it is more than that.
      if (error instanceof StateBagError) return undefined;
      throw error;
    }
  }

  parse(bytes: Uint8Array): this {
    const { parsed } = this.document;
    const value = parsed?.get(bytes) ?? new ByteValue({ bytes, parsed }, scanJson(bytes, BAG_SHAPE));
    parsed?.set(bytes, value);
    return value as this;
  }

  is(other: Value): boolean {
    return other.identity() === this.node;
  }

  identity(): unknown {
    return this.node;
  }

  #at(node: JsonNode): this {
    return new ByteValue(this.document, node) as this;
  }

  /** The node with its members or items at hand; scans one level down when the first scan did not record them. */
  #expanded(): JsonNode {
    const { node, document } = this;
    return node.kind === 'object' || node.kind === 'array' ? expandNode(document.bytes, node) : node;
  }
}

const encoder = new TextEncoder();
/** A byte order mark is kept, so that `JSON.parse` refuses it as every legacy reader does. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A JSON object as `JSON.parse` gives it. Never changed: a changed one is a new object. */
export type JsonMembers = Readonly<Record<string, unknown>>;

/** What `ObjectValue` remembers of blobs: the parsed form of their bytes, and back. */
export interface RememberedBlobs {
  readonly parsed: ParsedBlobs<unknown>;
  readonly bytes: WeakMap<object, Uint8Array>;
}

/** A value that `JSON.parse` made, as a handler in Lambda gets it. */
export class ObjectValue implements Value {
  constructor(
    readonly raw: unknown,
    private readonly blobs?: RememberedBlobs,
  ) {}

  /** The same value; blobs that are parsed from here on are parsed once for each copy of their bytes. */
  remember(blobs: RememberedBlobs): ObjectValue {
    return new ObjectValue(this.raw, blobs);
  }

  kind(): ValueKind {
    return detectKind(this.raw);
  }

  member(name: string): this | undefined {
    const { raw } = this;
    if (!isMembers(raw) || !Object.hasOwn(raw, name)) return undefined;
    const member = raw[name];
    return member === undefined ? undefined : this.at(member);
  }

  names(): readonly string[] {
    return isMembers(this.raw) ? Object.keys(this.raw) : [];
  }

  items(): readonly this[] {
    return Array.isArray(this.raw) ? this.raw.map((item) => this.at(item)) : [];
  }

  text(): string | undefined {
    return typeof this.raw === 'string' ? this.raw : undefined;
  }

  number(): number | undefined {
    return typeof this.raw === 'number' ? this.raw : undefined;
  }

  bytes(): Uint8Array {
    const { raw } = this;
    const known = typeof raw === 'object' && raw !== null ? this.blobs?.bytes.get(raw) : undefined;
    return known ?? encoder.encode(JSON.stringify(raw));
  }

  embedded(): this | undefined {
    if (typeof this.raw !== 'string') return undefined;
    const parsed = parseOrUndefined(this.raw);
    return parsed === undefined ? undefined : this.at(parsed);
  }

  parse(bytes: Uint8Array): this {
    const { blobs } = this;
    if (blobs?.parsed.has(bytes) === true) return this.at(blobs.parsed.get(bytes));
    const raw = parseObject(bytes);
    blobs?.parsed.set(bytes, raw);
    if (typeof raw === 'object' && raw !== null) blobs?.bytes.set(raw, bytes);
    return this.at(raw);
  }

  is(other: Value): boolean {
    return other.identity() === this.raw;
  }

  identity(): unknown {
    return this.raw;
  }

  /** A value that is in this one. */
  at(raw: unknown): this {
    return new ObjectValue(raw, this.blobs) as this;
  }
}

/** True for a JSON object as `JSON.parse` gives it. */
export function isMembers(value: unknown): value is JsonMembers {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function detectKind(value: unknown): ValueKind {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  const type = typeof value;
  if (type === 'number') return Number.isFinite(value) ? 'number' : 'nonfinite';
  return type === 'string' || type === 'boolean' ? type : 'object';
}

/** What `JSON.parse` makes of a text; `undefined` for text that is no JSON. */
export function parseOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Text that is no JSON is an ordinary string; the caller asked whether it is more than that.
    return undefined;
  }
}

/** What `JSON.parse` makes of stored text. Throws `BagError` `JSON_SYNTAX`. */
export function parseObject(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes)) as unknown;
  } catch (cause) {
    throw new BagError('JSON_SYNTAX', 'the stored text is not JSON that JSON.parse accepts', { cause });
  }
}
