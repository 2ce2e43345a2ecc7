import { InternalError } from '../errors/index.js';
import { decodeString, expandNode, spliceMembers, translateSplices } from '../json/index.js';
import type { JsonMember, MemberEdit, Splice } from '../json/index.js';
import { detectField, isEmpty } from './bag.js';
import type { Bag } from './bag.js';
import { CONFIG, MANIFEST, MAP } from './members.js';
import { s3Pointer } from './pointers.js';
import { ByteValue, parseObject } from './value.js';
import type { ByteDocument } from './value.js';

/** JSON text taken over as it is: a blob's bytes going back into a bag. */
export class RawJson {
  #parsed: { readonly value: unknown } | undefined;

  constructor(readonly bytes: Uint8Array) {}

  /** As `JSON.parse` reads it, once. Throws `BagError` `JSON_SYNTAX`. */
  parse(): unknown {
    return (this.#parsed ??= { value: parseObject(this.bytes) }).value;
  }
}

export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

export interface NewMember {
  readonly name: string;
  readonly value: JsonValue | RawJson;
}

/**
 * A bag under change, as a migration sees it: members by name, and no idea whether they are bytes or objects.
 * Changes show at once; nothing else of the document moves.
 */
export interface BagEdit {
  has(name: string): boolean;
  /** Text of a string member; `undefined` when it is absent or no string. */
  text(name: string): string | undefined;
  /** Puts members at the place of an existing one, which goes; duplicates of it go too. */
  replace(name: string, members: readonly NewMember[]): void;
  /** Takes a member out, with its duplicates. Nothing happens when it is absent. */
  remove(name: string): void;
  /** Puts a member behind the first of `after` that is there, else where the first change was, else at the end. */
  insert(member: NewMember, after: readonly string[]): void;
  /** Puts a member before everything that changed, or at the end when nothing did. */
  insertFirst(member: NewMember): void;
}

/** One place in the member list of a bag: what stood there, and what stands there now. */
interface Slot<O> {
  /** `undefined` for the place behind the last member. */
  readonly original: O | undefined;
  readonly name: string | undefined;
  /** `undefined` while the original member stands. */
  replacement: readonly NewMember[] | undefined;
}

/**
 * The bookkeeping of a changed bag, the same for bytes and objects: each original member keeps its slot, so that what
 * comes in stands where what went out stood. A subclass reads members and turns the slots into its own form.
 */
abstract class BagDraft<O> implements BagEdit {
  protected readonly slots: readonly Slot<O>[];

  protected constructor(members: readonly { readonly name: string; readonly original: O }[]) {
    const originals = members.map(({ name, original }): Slot<O> => ({ name, original, replacement: undefined }));
    this.slots = [...originals, { original: undefined, name: undefined, replacement: undefined }];
  }

  protected abstract readText(original: O): string | undefined;

  has(name: string): boolean {
    return this.findSlot(name) !== undefined;
  }

  text(name: string): string | undefined {
    const slot = this.findSlot(name);
    const added = slot?.replacement?.find((member) => member.name === name);
    if (added) return typeof added.value === 'string' ? added.value : undefined;
    return slot?.original === undefined ? undefined : this.readText(slot.original);
  }

  replace(name: string, members: readonly NewMember[]): void {
    const slot = this.findSlot(name);
    if (!slot) throw new InternalError('MEMBER_ABSENT', `"${name}" cannot be replaced: the bag does not have it`);
    slot.replacement = slot.replacement
      ? slot.replacement.flatMap((member) => (member.name === name ? members : [member]))
      : members;
    for (const other of this.slots) {
      if (other !== slot && other.name === name && !other.replacement) other.replacement = [];
    }
  }

  remove(name: string): void {
    if (this.has(name)) this.replace(name, []);
  }

  insert(member: NewMember, after: readonly string[]): void {
    const slot = after.map((name) => this.findSlot(name)).find((found) => found?.replacement);
    const target = slot ?? this.firstChanged() ?? this.slots.at(-1)!;
    target.replacement = [...(target.replacement ?? []), member];
  }

  insertFirst(member: NewMember): void {
    const target = this.firstChanged() ?? this.slots.at(-1)!;
    target.replacement = [member, ...(target.replacement ?? [])];
  }

  /** Puts a member in the place of one of its name, or behind the last one. */
  put(name: string, value: NewMember['value']): void {
    if (this.has(name)) {
      this.replace(name, [{ name, value }]);
      return;
    }
    const last = this.slots.at(-1)!;
    last.replacement = [...(last.replacement ?? []), { name, value }];
  }

  /** True when anything is to be written. */
  get isChanged(): boolean {
    return this.slots.some((slot) => slot.replacement !== undefined);
  }

  private firstChanged(): Slot<O> | undefined {
    return this.slots.find((slot) => slot.replacement !== undefined);
  }

  /** The slot in which a member stands now; the last one, as the last of duplicates is the one that counts. */
  private findSlot(name: string): Slot<O> | undefined {
    return this.slots.findLast((slot) =>
      slot.replacement ? slot.replacement.some((member) => member.name === name) : slot.name === name,
    );
  }
}

/** A member of the changed bag: by its place when it is an original, by its value when it is new. */
interface DraftMember {
  readonly name: string;
  readonly value: ByteValue | NewMember['value'];
}

/** A bag changed in its stored text. */
export class ByteDraft extends BagDraft<JsonMember> {
  constructor(private readonly bag: ByteValue) {
    const members = expandNode(bag.document.bytes, bag.node).members ?? [];
    super(members.map((member) => ({ name: member.name, original: member })));
  }

  protected readText(member: JsonMember): string | undefined {
    return member.value.kind === 'string' ? decodeString(this.bag.document.bytes, member.value) : undefined;
  }

  /** The change as splices over the root document, through any JSON strings that carry this bag. */
  splices(): readonly Splice[] {
    const edits = this.slots.slice(0, -1).map(makeEdit);
    const appended = (this.slots.at(-1)?.replacement ?? []).map(encode);
    return outwards(this.bag.document, spliceMembers(this.bag.document.bytes, this.bag.node, edits, appended));
  }

  /** The members as they will stand: originals by place, new ones by value. */
  members(): readonly DraftMember[] {
    return this.slots.flatMap((slot): readonly DraftMember[] => {
      if (slot.replacement) return slot.replacement;
      if (!slot.original) return [];
      return [{ name: slot.original.name, value: new ByteValue(this.bag.document, slot.original.value) }];
    });
  }
}

/** Splices over the root document that put other JSON text in the place of a value. */
export function spliceValue({ document, node }: ByteValue, json: Uint8Array): readonly Splice[] {
  return outwards(document, [{ start: node.start, end: node.end, insert: json }]);
}

function makeEdit(slot: Slot<JsonMember>): MemberEdit {
  if (!slot.replacement) return { kind: 'keep' };
  return slot.replacement.length === 0
    ? { kind: 'remove' }
    : { kind: 'replace', members: slot.replacement.map(encode) };
}

function encode(member: NewMember): { readonly name: string; readonly json: Uint8Array } {
  const { name, value } = member;
  return { name, json: value instanceof RawJson ? value.bytes : Buffer.from(JSON.stringify(value)) };
}

function outwards(document: ByteDocument, splices: readonly Splice[]): readonly Splice[] {
  const { carrier } = document;
  return carrier
    ? outwards(carrier.document, translateSplices(carrier.document.bytes, carrier.node, splices))
    : splices;
}

interface Original {
  readonly value: unknown;
}

/** A bag changed as a parsed object. The caller's object stays as it is; unchanged members are shared with it. */
export class ObjectDraft extends BagDraft<Original> {
  constructor(bag: Readonly<Record<string, unknown>>) {
    super(Object.entries(bag).map(([name, value]) => ({ name, original: { value } })));
  }

  protected readText(original: Original): string | undefined {
    return typeof original.value === 'string' ? original.value : undefined;
  }

  /** A new bag with the changes. */
  result(): Record<string, unknown> {
    const entries = this.slots.flatMap((slot): [string, unknown][] => {
      if (slot.replacement) {
        return slot.replacement.map(({ name, value }) => [name, value instanceof RawJson ? value.parse() : value]);
      }
      return slot.original && slot.name !== undefined ? [[slot.name, slot.original.value]] : [];
    });
    // `fromEntries` defines members, where assignment would set the prototype for a key `__proto__`.
    return Object.fromEntries(entries);
  }
}

/** What a schema looks at in a bag: big values are there as empty ones of their kind. */
export interface BagOutline {
  readonly path: readonly string[];
  readonly members: Readonly<Record<string, unknown>>;
  /** The old names whose stored value is not empty: in `members` it may look like an empty one. */
  readonly filled: readonly string[];
}

/** The members a schema looks at, without decoding user data. */
export function outlineDraft(draft: ByteDraft): Omit<BagOutline, 'path'> {
  const members = draft.members();
  return {
    members: Object.fromEntries(members.map(({ name, value }) => [name, outlineMember(name, value)])),
    filled: members.flatMap(({ name, value }) => (isFilled(name, value) ? [name] : [])),
  };
}

function isFilled(name: string, value: unknown): boolean {
  return (name === CONFIG || name === MAP) && value instanceof ByteValue && !isEmpty(detectField(value));
}

function outlineMember(name: string, value: ByteValue | NewMember['value']): unknown {
  if (value instanceof RawJson)
    throw new InternalError('RAW_IN_OUTLINE', 'raw JSON cannot be validated as a new member');
  if (!(value instanceof ByteValue)) return value;
  return name === MANIFEST && value.kind() === 'array' ? value.items().map(outlineEntry) : outlineByKind(value);
}

/** The schema has rules for the members of an inline manifest's entries. */
function outlineEntry(entry: ByteValue): unknown {
  if (entry.kind() !== 'object') return outlineByKind(entry);
  return Object.fromEntries(entry.names().map((name) => [name, outlineByKind(entry.member(name)!)]));
}

/** The value itself when it is a scalar, an empty object or list of its kind otherwise. */
export function outlineByKind(value: ByteValue): unknown {
  switch (value.kind()) {
    case 'object':
      return pointerOutline(value) ?? {};
    case 'array':
      return [];
    case 'string':
      return value.text();
    case 'boolean':
      return value.node.kind === 'true';
    case 'number':
      return value.number();
    case 'nonfinite':
      return Number.NaN;
    default:
      return null;
  }
}

/** Longer than any pointer: a key has at most 1,024 bytes. User data is not opened to find out that it is none. */
const MAX_POINTER_BYTES = 8_192;

/** A legacy pointer is small and is what the bridge form is judged by. */
function pointerOutline(value: ByteValue): Record<string, unknown> | undefined {
  if (value.node.end - value.node.start > MAX_POINTER_BYTES) return undefined;
  if (s3Pointer.detect(value)?.target === undefined) return undefined;
  return Object.fromEntries(value.names().map((name) => [name, outlineScalar(value.member(name)!)]));
}

function outlineScalar(value: ByteValue): unknown {
  return value.kind() === 'object' ? {} : outlineByKind(value);
}

/** The outline of a bag as it is stored. */
export function outlineBag({ path, value }: Bag<ByteValue>): BagOutline {
  const filled = [CONFIG, MAP].filter((name) => isFilled(name, value.member(name)));
  return { path, members: outlineMembers(value), filled };
}

/** The members of a bag as they are stored. */
export function outlineMembers(bag: ByteValue): Record<string, unknown> {
  return Object.fromEntries(bag.names().map((name) => [name, outlineMember(name, bag.member(name)!)]));
}
