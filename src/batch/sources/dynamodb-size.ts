import { BagError } from '../../errors/index.js';
import type { Attribute, AttributeMap } from '../table.js';

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
