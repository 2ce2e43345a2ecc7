import { decodeString } from './members.js';
import type { JsonNode } from './node.js';
import { TextWalk } from './tokens.js';

/** A member name that an object has more than once. */
export interface DuplicateMember {
  /** Member names and positions from the root to the object. */
  readonly path: readonly string[];
  readonly name: string;
  /** Byte at which the second member of the name begins. */
  readonly start: number;
}

/** A string that is the value of a member. */
export interface MemberText {
  /** Member names and positions from the root, the member's own included. */
  readonly path: readonly string[];
  readonly node: JsonNode;
}

/** An object or list that is open. */
interface Container {
  /** How often each name was met; undefined for a list. */
  readonly names: Map<string, number> | undefined;
  /** The member or position that the walk is at. */
  at: string;
  position: number;
  isNameNext: boolean;
}

/**
 * Every member name that an object of a valid JSON document has more than once, in the order of the text, each once for
 * its object. `onText` is called for the strings that are values of members of these names. One pass over the bytes;
 * memory: the names of the open objects.
 */
export function* findDuplicateMembers(
  bytes: Uint8Array,
  names: ReadonlySet<string>,
  onText: (text: MemberText) => void,
): Generator<DuplicateMember> {
  const walk = new TextWalk(bytes, 0);
  const open: Container[] = [];
  const path = () => open.map(({ at }) => at);
  for (let at = 0; at < bytes.length; at++) {
    const inner = open.at(-1);
    switch (bytes[at]) {
      case OPEN_OBJECT:
        open.push({ names: new Map(), at: '', position: 0, isNameNext: true });
        break;
      case OPEN_LIST:
        open.push({ names: undefined, at: '0', position: 0, isNameNext: false });
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST:
        open.pop();
        break;
      case COMMA:
        if (inner) advance(inner);
        break;
      case QUOTE: {
        const node: JsonNode = { kind: 'string', start: at, end: walk.skipString(at) };
        at = node.end - 1;
        if (inner?.isNameNext === true) {
          const name = decodeString(bytes, node);
          if (meet(inner, name) === 2) yield { path: path().slice(0, -1), name, start: node.start };
        } else if (inner?.names && names.has(inner.at)) onText({ path: path(), node });
        break;
      }
      default:
    }
  }
}

function advance(container: Container): void {
  container.position++;
  if (container.names) container.isNameNext = true;
  else container.at = String(container.position);
}

/** Notes a name; how often the object has it so far. */
function meet(object: Container, name: string): number {
  const count = (object.names?.get(name) ?? 0) + 1;
  object.names?.set(name, count);
  object.at = name;
  object.isNameNext = false;
  return count;
}

/**
 * True when objects have members of one name among the values of `text`, which `JSON.parse` made `value` of: it left
 * out a member, and with it a colon. The text must have no escaped colons.
 */
export function hasDuplicateMembers(text: string, value: unknown): boolean {
  return countColons(text) !== countColonsInside(value);
}

function countColons(text: string): number {
  let count = 0;
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) count++;
  return count;
}

function countColonsInside(value: unknown): number {
  if (typeof value === 'string') return countColons(value);
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) count += countColonsInside(item);
    return count;
  }
  const members = value as Readonly<Record<string, unknown>>;
  for (const name in members) count += 1 + countColons(name) + countColonsInside(members[name]);
  return count;
}

const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;
const QUOTE = 0x22;
