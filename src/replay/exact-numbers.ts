import { ExactNumber, parseExact } from '../json/index.js';

/**
 * JSON pointer to the first number that differs between two texts which are otherwise the same; `undefined` for none.
 * Python's integers are exact, and two that JavaScript takes for one are two. Throws `BagError`, as `parseExact` does.
 *
 * @example
 *     findOtherNumber(Buffer.from('{"v":9007199254740993}'), Buffer.from('{"v":9007199254740992}')); // '/v'
 */
export function findOtherNumber(one: Uint8Array, other: Uint8Array): string | undefined {
  return compare(parseExact(one), parseExact(other), '');
}

function compare(one: unknown, other: unknown, pointer: string): string | undefined {
  const [text, otherText] = [spellNumber(one), spellNumber(other)];
  if (text !== undefined && otherText !== undefined) return isSameNumber(text, otherText) ? undefined : pointer;
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return undefined;
  for (const [name, value] of Object.entries(one)) {
    const found = compare(value, (other as Record<string, unknown>)[name], `${pointer}/${escapeName(name)}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function spellNumber(value: unknown): string | undefined {
  if (value instanceof ExactNumber) return value.text;
  return typeof value === 'number' ? String(value) : undefined;
}

const INTEGER = /^-?\d+$/;

function isSameNumber(one: string, other: string): boolean {
  if (INTEGER.test(one) && INTEGER.test(other)) return BigInt(one) === BigInt(other);
  return Number(one) === Number(other);
}

function escapeName(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
