import { WRAPPERS } from '../../bag/envelope.js';
import { decodeString, EVERYTHING, scanJson, sliceNode } from '../../json/index.js';
import type { JsonMember, JsonNode, Shape, Splice } from '../../json/index.js';
import { BagError } from '../../errors/index.js';
import type { Attribute, AttributeMap } from './port.js';

/** What a table keeps of a number, in digits. */
const MAX_DIGITS = 38;

/** An attribute from JSON text; numbers keep their digits. Throws `BagError` for what no table takes. */
export function parseAttribute(text: Uint8Array): Attribute {
  return toAttribute(text, scanJson(text, EVERYTHING));
}

function toAttribute(text: Uint8Array, node: JsonNode): Attribute {
  switch (node.kind) {
    case 'object':
      return { M: Object.fromEntries((node.members ?? []).map(({ name, value }) => [name, toAttribute(text, value)])) };
    case 'array':
      return { L: (node.items ?? []).map((item) => toAttribute(text, item)) };
    case 'string':
      return { S: decodeString(text, node) };
    case 'number':
      return { N: numberText(Buffer.from(sliceNode(text, node)).toString('latin1')) };
    case 'nonfinite':
      throw new BagError('NUMBER_NOT_STORABLE', 'NaN and Infinity are no numbers for a DynamoDB table');
    default:
      return node.kind === 'null' ? { NULL: true } : { BOOL: node.kind === 'true' };
  }
}

function numberText(token: string): string {
  const digits = token
    .replace(/[eE].*$/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+|0+$/g, '');
  if (digits.length <= MAX_DIGITS) return token;
  throw new BagError(
    'NUMBER_NOT_STORABLE',
    `a number of ${digits.length} digits does not fit DynamoDB's ${MAX_DIGITS}`,
  );
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** JSON text of an attribute, and what of it JSON has no word for. */
export interface AttributeText {
  readonly text: string;
  /** Member names and positions down to each binary value, set, and number that JSON would spell otherwise. */
  readonly strangers: readonly (readonly string[])[];
}

/**
 * One text for one value: members are sorted, because the table keeps no order and may give another one tomorrow;
 * numbers keep their spelling. Binary values and sets stand as DynamoDB's own JSON writes them, to be looked at and
 * never to be written back.
 */
export function attributeText(attribute: Attribute): AttributeText {
  const strangers: (readonly string[])[] = [];
  return { text: writeText(attribute, [], strangers), strangers };
}

function writeText(attribute: Attribute, path: readonly string[], strangers: (readonly string[])[]): string {
  if ('S' in attribute) return JSON.stringify(attribute.S);
  if ('M' in attribute) return writeMap(attribute.M, path, strangers);
  if ('L' in attribute)
    return `[${attribute.L.map((item, at) => writeText(item, [...path, String(at)], strangers)).join(',')}]`;
  if ('BOOL' in attribute) return String(attribute.BOOL);
  if ('NULL' in attribute) return 'null';
  if ('N' in attribute && JSON_NUMBER.test(attribute.N)) return attribute.N;
  strangers.push(path);
  return JSON.stringify(attribute, base64);
}

function writeMap(map: AttributeMap, path: readonly string[], strangers: (readonly string[])[]): string {
  const members = Object.keys(map)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${writeText(map[name]!, [...path, name], strangers)}`);
  return `{${members.join(',')}}`;
}

function base64(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

/** What DynamoDB takes as one item, in bytes, names included. */
export const MAX_ITEM_BYTES = 409_600;

/** Levels of lists and maps in one item; a scalar attribute is one level. */
export const MAX_NESTING = 32;

/** Bytes of a write unit. */
const WRITE_UNIT_BYTES = 1_024;

/**
 * Bytes of an item as DynamoDB counts them: names and values, one a flag, three and one a member for lists and maps.
 */
export function itemBytes(row: AttributeMap): number {
  return Object.entries(row).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + attributeBytes(value), 0);
}

function attributeBytes(attribute: Attribute): number {
  if ('S' in attribute) return Buffer.byteLength(attribute.S);
  if ('N' in attribute) return numberBytes(attribute.N);
  if ('B' in attribute) return attribute.B.length;
  if ('M' in attribute) return 3 + itemBytes(attribute.M) + Object.keys(attribute.M).length;
  if ('L' in attribute) return 3 + attribute.L.reduce((sum, item) => sum + 1 + attributeBytes(item), 0);
  if ('SS' in attribute) return attribute.SS.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if ('NS' in attribute) return attribute.NS.reduce((sum, text) => sum + numberBytes(text), 0);
  return 'BS' in attribute ? attribute.BS.reduce((sum, bytes) => sum + bytes.length, 0) : 1;
}

/**
 * A byte for each pair of digits, counted from the decimal point, without the zeros around them; one for the exponent,
 * one for a minus sign. Found out by trying; the documentation gives no more than about this.
 */
function numberBytes(text: string): number {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = whole + fraction;
  const first = digits.search(/[1-9]/);
  if (first < 0) return 1;
  const last = digits.replace(/0+$/, '').length - 1;
  // Places of the first and last digit that is no zero, from the decimal point: 0 is the ones, -1 the tenths.
  const place = (at: number) => whole.length - 1 - at + Number(power);
  return Math.floor(place(first) / 2) - Math.floor(place(last) / 2) + 2 + sign.length;
}

export function nestingOf(attribute: Attribute): number {
  const inner = 'M' in attribute ? Object.values(attribute.M) : 'L' in attribute ? attribute.L : [];
  return 1 + inner.reduce((deepest, member) => Math.max(deepest, nestingOf(member)), 0);
}

/** Write units of an update: that of the larger of the two items. */
export function writeUnits(...bytes: readonly number[]): number {
  return Math.max(1, Math.ceil(Math.max(...bytes) / WRITE_UNIT_BYTES));
}

/** Throws `BagError` `ROW_TOO_LARGE` or `ROW_TOO_DEEP` for a row that the table would refuse. One that shrinks fits. */
export function assertStorable(id: string, row: AttributeMap, bytesBefore: number): void {
  const bytes = itemBytes(row);
  if (bytes > MAX_ITEM_BYTES && bytes > bytesBefore) {
    throw new BagError(
      'ROW_TOO_LARGE',
      `${id} would take ${bytes} bytes, and DynamoDB takes ${MAX_ITEM_BYTES} as one item; it is left as it is`,
    );
  }
  const levels = Object.values(row).reduce((deepest, value) => Math.max(deepest, nestingOf(value)), 0);
  if (levels > MAX_NESTING) {
    throw new BagError(
      'ROW_TOO_DEEP',
      `${id} would nest ${levels} levels, and DynamoDB takes ${MAX_NESTING}; it is left as it is`,
    );
  }
}

/** A member that differs between two texts; `undefined` where it is absent. */
export interface MemberChange {
  readonly path: readonly string[];
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
}

export interface MemberDiff {
  readonly changes: readonly MemberChange[];
  /** Splices over the text after that give the text before; what they insert are views of it. */
  readonly inverse: readonly Splice[];
}

/** The levels on which bags lie; whatever else differs is one change as a whole. */
const LEVELS = { members: {} as Record<string, Shape>, anyMember: {} };
for (const name of WRAPPERS) LEVELS.members[name] = LEVELS;

/** Compares two objects as `attributeText` writes them: compact, members sorted, each name once. */
export function diffMembers(before: Uint8Array, after: Uint8Array): MemberDiff {
  const walk = new Walk(before, after);
  walk.compare(scanJson(before, LEVELS), scanJson(after, LEVELS), []);
  return walk;
}

class Walk implements MemberDiff {
  readonly changes: MemberChange[] = [];
  readonly inverse: Splice[] = [];

  constructor(
    private readonly before: Uint8Array,
    private readonly after: Uint8Array,
  ) {}

  /** Both are objects. Between two members that stay, all that differs is one splice. */
  compare(before: JsonNode, after: JsonNode, path: readonly string[]): void {
    let from = { before: before.start + 1, after: after.start + 1 };
    let isDirty = false;
    const flush = (to: { readonly before: number; readonly after: number }) => {
      if (isDirty)
        this.inverse.push({ start: from.after, end: to.after, insert: this.before.subarray(from.before, to.before) });
      isDirty = false;
    };
    for (const [old, now] of paired(before.members ?? [], after.members ?? [])) {
      const name = (old ?? now)!.name;
      const isLevel = old !== undefined && now !== undefined && isSameLevel(name, old.value, now.value);
      if (old && now && (isLevel || this.isSame(old.value, now.value))) {
        flush({ before: old.keyStart, after: now.keyStart });
        if (isLevel) this.compare(old.value, now.value, [...path, name]);
        from = { before: old.value.end, after: now.value.end };
        continue;
      }
      isDirty = true;
      this.changes.push({
        path: [...path, name],
        before: old && sliceNode(this.before, old.value),
        after: now && sliceNode(this.after, now.value),
      });
    }
    flush({ before: before.end - 1, after: after.end - 1 });
  }

  private isSame(before: JsonNode, after: JsonNode): boolean {
    return Buffer.compare(sliceNode(this.before, before), sliceNode(this.after, after)) === 0;
  }
}

function isSameLevel(name: string, before: JsonNode, after: JsonNode): boolean {
  return (WRAPPERS as readonly string[]).includes(name) && before.kind === 'object' && after.kind === 'object';
}

/** Merges two sorted lists by name. */
function* paired(
  before: readonly JsonMember[],
  after: readonly JsonMember[],
): Iterable<readonly [JsonMember | undefined, JsonMember | undefined]> {
  for (let at = 0, to = 0; at < before.length || to < after.length;) {
    const [old, now] = [before[at], after[to]];
    if (old !== undefined && old.name === now?.name) {
      at++;
      to++;
      yield [old, now];
    } else if (now === undefined || (old !== undefined && old.name < now.name)) {
      at++;
      yield [old, undefined];
    } else {
      to++;
      yield [undefined, now];
    }
  }
}
