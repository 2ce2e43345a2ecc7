import { ExactNumber, parseExact } from '../json/index.js';

/**
 * JSON pointer to the first difference between two programs as the old runner runs them; `undefined` for none. It fills
 * in empty lists, leaves nulls out of lists, and runs `code` nodes as `operator` nodes. Integers are exact, as in
 * Python. Throws `BagError`, as `parseExact` does, for texts with NaN that are not the same byte for byte.
 *
 * @example
 *     findDifference(Buffer.from('{"v":9007199254740993}'), Buffer.from('{"v":9007199254740992}')); // '/v'
 */
export function findDifference(one: Uint8Array, other: Uint8Array): string | undefined {
  if (Buffer.compare(one, other) === 0) return undefined;
  return compare(normalizeSegment(parseExact(one)), normalizeSegment(parseExact(other)), '');
}

type Members = Readonly<Record<string, unknown>>;

/** Lists that the old runner fills in where they are absent or null. */
const LISTS = ['nodes', 'edges', 'outgoing_edges', 'branches'];

function normalizeSegment(segment: unknown): unknown {
  if (!isObject(segment)) return segment;
  const lists = Object.fromEntries(LISTS.map((name) => [name, withoutNulls(segment[name] ?? [])]));
  return {
    ...segment,
    ...lists,
    nodes: mapItems(lists.nodes, normalizeNode),
    branches: mapItems(lists.branches, normalizeBranch),
  };
}

function withoutNulls(list: unknown): unknown {
  return Array.isArray(list) ? list.filter((item) => item !== null) : list;
}

function normalizeNode(node: unknown): unknown {
  return isObject(node) && node.type === 'code' ? { ...node, type: 'operator' } : node;
}

function normalizeBranch(branch: unknown): unknown {
  if (!isObject(branch) || !Array.isArray(branch.partition_map)) return branch;
  return { ...branch, partition_map: branch.partition_map.map(normalizeSegment) };
}

function mapItems(list: unknown, normalize: (item: unknown) => unknown): unknown {
  return Array.isArray(list) ? list.map(normalize) : list;
}

function compare(one: unknown, other: unknown, pointer: string): string | undefined {
  const [number, otherNumber] = [spellNumber(one), spellNumber(other)];
  if (number !== undefined && otherNumber !== undefined) return isSameNumber(number, otherNumber) ? undefined : pointer;
  if (!isContainer(one) || !isContainer(other)) return one === other ? undefined : pointer;
  if (Array.isArray(one) !== Array.isArray(other)) return pointer;
  for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!Object.hasOwn(one, name) || !Object.hasOwn(other, name)) return at;
    const found = compare(one[name], other[name], at);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is Members {
  return isContainer(value) && !Array.isArray(value);
}

function isContainer(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !(value instanceof ExactNumber);
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
