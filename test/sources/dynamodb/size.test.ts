import { expect, it } from 'vitest';
import { assertStorable, itemBytes, nestingOf, writeUnits } from '../../../src/sources/dynamodb/attributes.js';
import type { Attribute } from '../../../src/sources/dynamodb/port.js';

it.each<[Attribute, number]>([
  [{ S: 'aé한😀' }, 10],
  [{ S: '' }, 0],
  [{ N: '0' }, 1],
  [{ N: '1' }, 2],
  [{ N: '12' }, 2],
  [{ N: '123' }, 3],
  [{ N: '1769846400' }, 5],
  [{ N: '12345678901234567890123456789012345678' }, 20],
  [{ N: '-1' }, 3],
  [{ N: '1.5' }, 3],
  [{ N: '0.1' }, 2],
  [{ N: '0.01' }, 2],
  [{ N: '100' }, 2],
  [{ N: '1e100' }, 2],
  [{ N: '-12.5' }, 4],
  [{ BOOL: true }, 1],
  [{ NULL: true }, 1],
  [{ B: Uint8Array.from([1, 2, 3]) }, 3],
  [{ SS: ['a', 'b'] }, 2],
  [{ NS: ['1', '2'] }, 4],
  [{ BS: [Uint8Array.from([1])] }, 1],
  [{ M: {} }, 3],
  [{ L: [] }, 3],
  [{ L: [{ S: 'a' }, { N: '1' }] }, 8],
  [{ M: { b: { S: 'a' }, c: { S: 'a' } } }, 9],
])('%j takes %i bytes, as a server was seen to count them', (attribute, bytes) => {
  expect(itemBytes({ x: attribute })).toBe(bytes + 1);
});

it('an update takes units by the larger of the two items', () => {
  expect([writeUnits(1, 1024), writeUnits(1025, 3), writeUnits(0)]).toEqual([1, 2, 1]);
});

it('a row that would be too large or too deep is refused, but not one that shrinks', () => {
  const large = { x: { S: 'x'.repeat(409_600) } };
  expect(() => {
    assertStorable('row', large, 409_600);
  }).toThrow(expect.objectContaining({ code: 'ROW_TOO_LARGE' }) as Error);
  expect(() => {
    assertStorable('row', large, 409_700);
  }).not.toThrow();
  const deep = (levels: number): Attribute => (levels === 1 ? { S: '' } : { L: [deep(levels - 1)] });
  expect(nestingOf(deep(32))).toBe(32);
  expect(() => {
    assertStorable('row', { x: deep(32) }, 1_000);
  }).not.toThrow();
  expect(() => {
    assertStorable('row', { x: deep(33) }, 1_000);
  }).toThrow(expect.objectContaining({ code: 'ROW_TOO_DEEP' }) as Error);
});
