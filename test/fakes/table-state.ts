import { isDeepStrictEqual } from 'node:util';
import { itemBytes, MAX_ITEM_BYTES, MAX_NESTING, nestingOf } from '../../src/sources/dynamodb/attributes.js';
import type { Attribute, AttributeMap, KeyAttribute, Row } from '../../src/sources/dynamodb/port.js';

/** Bytes of one page of a scan or query. */
const PAGE_BYTES = 1 << 20;

export interface IndexDefinition {
  readonly keys: readonly KeyAttribute[];
  readonly projection: 'ALL' | 'KEYS_ONLY';
}

/** What an item must be for a write to happen. */
export type Condition = (row: Row | undefined) => boolean;

export class ConditionFailed extends Error {}
export class Refused extends Error {}

export interface Page {
  readonly rows: readonly Row[];
  /** Where the next page begins; `undefined` at the end. */
  readonly next: string | undefined;
  readonly units: number;
}

const TOKEN_KEYS: readonly KeyAttribute[] = [
  { name: 'ownerId', type: 'S' },
  { name: 'conversation_id', type: 'S' },
];

/** One table in memory, with the limits, conditions and capacity units of DynamoDB. Every call is atomic. */
export class TableState {
  private readonly rows = new Map<string, Row>();

  constructor(
    readonly name: string,
    readonly keys: readonly KeyAttribute[] = TOKEN_KEYS,
    readonly indexes: ReadonlyMap<string, IndexDefinition> = new Map([
      ['ExecutionIdIndex', { keys: [TOKEN_KEYS[0]!, { name: 'execution_id', type: 'S' }], projection: 'ALL' } as const],
      [
        'SparseIndex',
        { keys: [TOKEN_KEYS[0]!, { name: 'execution_id', type: 'S' }], projection: 'KEYS_ONLY' } as const,
      ],
    ]),
  ) {}

  get size(): number {
    return this.rows.size;
  }

  all(): readonly Row[] {
    return [...this.rows.values()];
  }

  get(key: Row): Row | undefined {
    return this.rows.get(this.idOf(key));
  }

  /** Write units taken. Throws `ConditionFailed`, or `Refused` for what is no item. */
  put(row: Row, condition: Condition = () => true): number {
    return this.change(row, condition, () => row);
  }

  delete(key: Row, condition: Condition = () => true): number {
    return this.change(key, condition, () => undefined);
  }

  /** `change` sees the row as it is, or only the key when there is none: an update makes what is not there. */
  update(key: Row, condition: Condition, change: (row: Row) => Row): number {
    return this.change(key, condition, (row) => change(row ?? key));
  }

  /** A page of the rows that pass, in the order of their keys. */
  page(after: string | undefined, passes: (row: Row, id: string) => boolean): Page {
    const rows: Row[] = [];
    let bytes = 0;
    let next: string | undefined;
    for (const id of [...this.rows.keys()].sort()) {
      if (after !== undefined && id <= after) continue;
      const row = this.rows.get(id)!;
      if (!passes(row, id)) continue;
      rows.push(row);
      bytes += itemBytes(row);
      if (bytes <= PAGE_BYTES) continue;
      next = id;
      break;
    }
    return { rows, next, units: Math.ceil(Math.max(1, bytes) / 4096) / 2 };
  }

  snapshot(): ReadonlyMap<string, Row> {
    return new Map(this.rows);
  }

  restore(rows: ReadonlyMap<string, Row>): void {
    this.rows.clear();
    for (const [id, row] of rows) this.rows.set(id, row);
  }

  private change(key: Row, condition: Condition, next: (row: Row | undefined) => Row | undefined): number {
    const id = this.idOf(key);
    const before = this.rows.get(id);
    if (!condition(before)) throw new ConditionFailed('The conditional request failed');
    const after = next(before);
    if (after) assertItem(after);
    if (after) this.rows.set(id, after);
    else this.rows.delete(id);
    return Math.max(1, Math.ceil(Math.max(before ? itemBytes(before) : 0, after ? itemBytes(after) : 0) / 1024));
  }

  private idOf(row: Row): string {
    return JSON.stringify(
      this.keys.map(({ name, type }) => {
        const value = row[name];
        if (!value || !(type in value))
          throw new Refused(`One or more parameter values were invalid: Missing the key ${name} in the item`);
        return Object.values(value)[0] as string;
      }),
    );
  }
}

function assertItem(row: Row): void {
  if (itemBytes(row) > MAX_ITEM_BYTES) throw new Refused('Item size has exceeded the maximum allowed size');
  if (Object.values(row).some((value) => nestingOf(value) > MAX_NESTING))
    throw new Refused('Nesting Levels have exceeded supported limits');
}

export function valueAt(row: Row | undefined, path: readonly string[]): Attribute | undefined {
  return path.reduce<Attribute | undefined>(
    (value, name) => (value && 'M' in value && Object.hasOwn(value.M, name) ? value.M[name] : undefined),
    { M: row ?? {} },
  );
}

/** The row with one member set, or removed. Throws `Refused` when what is above it is no map. */
export function withValue(
  map: AttributeMap,
  [name, ...rest]: readonly string[],
  value: Attribute | undefined,
): AttributeMap {
  const inner = rest.length === 0 ? value : inside(map[name!], rest, value);
  const others = Object.entries(map).filter(([other]) => other !== name);
  return Object.fromEntries(inner === undefined ? others : [...others, [name!, inner]]);
}

function inside(inner: Attribute | undefined, rest: readonly string[], value: Attribute | undefined): Attribute {
  if (inner && 'M' in inner) return { M: withValue(inner.M, rest, value) };
  throw new Refused('The document path provided in the update expression is invalid for update');
}

/** Equal as a condition has it: numbers by value, maps and sets in any order. */
export function isEqual(one: Attribute | undefined, other: Attribute | undefined): boolean {
  return isDeepStrictEqual(comparable(one), comparable(other));
}

function comparable(attribute: Attribute | undefined): unknown {
  if (attribute === undefined) return undefined;
  if ('N' in attribute) return ['N', decimal(attribute.N)];
  if ('M' in attribute)
    return ['M', new Map(Object.entries(attribute.M).map(([name, value]) => [name, comparable(value)]))];
  if ('L' in attribute) return ['L', attribute.L.map(comparable)];
  if ('SS' in attribute) return ['SS', [...attribute.SS].sort()];
  if ('NS' in attribute) return ['NS', attribute.NS.map(decimal).sort()];
  if ('B' in attribute) return ['B', Buffer.from(attribute.B).toString('base64')];
  return 'BS' in attribute
    ? ['BS', attribute.BS.map((bytes) => Buffer.from(bytes).toString('base64')).sort()]
    : attribute;
}

/** Sign, digits and exponent without padding. */
function decimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  return trimmed === '' ? '0' : `${sign}${trimmed}e${Number(power) - fraction.length + digits.length - trimmed.length}`;
}
