import { byteAt } from './byte-at.js';
import { memberName } from './member-name.js';
import type { JsonMember, JsonNode } from './node.js';
import { kindAt } from './scalar-token.js';
import { failUnclosed, skipValue } from './skip-value.js';
import { skipString } from './string-token.js';
import { failExpecting } from './syntax-error.js';
import { skipWhitespace } from './whitespace.js';

const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
const QUOTE = 0x22;
const SPACE = 0x20;

/**
 * Records a container whose children are to be recorded and not what is in them: each entry of a map, and whatever
 * `expandNode` opens. They are the bulk of what is recorded, hence a loop of their own beside the general walk.
 */
export class FlatRecorder {
  constructor(
    private readonly bytes: Uint8Array,
    private readonly view: DataView,
    private readonly buffer: Buffer,
    private readonly maxDepth: number,
  ) {}

  /** The object that begins at `start`. `depth` counts the open containers, this one among them. */
  object(start: number, depth: number): JsonNode {
    const members: JsonMember[] = [];
    let at = this.skipSpace(start + 1);
    if (byteAt(this.bytes, at) === CLOSE_BRACE) return { kind: 'object', start, end: at + 1, members };
    for (;;) {
      const member = this.member(at, depth);
      members.push(member);
      at = this.skipSpace(member.value.end);
      const byte = byteAt(this.bytes, at);
      if (byte === CLOSE_BRACE) return { kind: 'object', start, end: at + 1, members };
      if (byte !== COMMA) failUnclosed(this.bytes, at, CLOSE_BRACE);
      at = this.skipSpace(at + 1);
    }
  }

  /** The array that begins at `start`. */
  array(start: number, depth: number): JsonNode {
    const items: JsonNode[] = [];
    let at = this.skipSpace(start + 1);
    if (byteAt(this.bytes, at) === CLOSE_BRACKET) return { kind: 'array', start, end: at + 1, items };
    for (;;) {
      const item = this.leaf(at, depth);
      items.push(item);
      at = this.skipSpace(item.end);
      const byte = byteAt(this.bytes, at);
      if (byte === CLOSE_BRACKET) return { kind: 'array', start, end: at + 1, items };
      if (byte !== COMMA) failUnclosed(this.bytes, at, CLOSE_BRACKET);
      at = this.skipSpace(at + 1);
    }
  }

  private member(keyStart: number, depth: number): JsonMember {
    const { bytes } = this;
    if (byteAt(bytes, keyStart) !== QUOTE) failExpecting(bytes, keyStart, 'a member name');
    const keyEnd = skipString(bytes, this.view, keyStart + 1);
    const colon = this.skipSpace(keyEnd);
    if (byteAt(bytes, colon) !== COLON) failExpecting(bytes, colon, "':'");
    const value = this.leaf(this.skipSpace(colon + 1), depth);
    return { name: memberName(bytes, this.buffer, keyStart, keyEnd), keyStart, keyEnd, value };
  }

  private leaf(start: number, depth: number): JsonNode {
    const end = skipValue(this.bytes, this.view, start, depth, this.maxDepth);
    return { kind: kindAt(this.bytes, start), start, end };
  }

  private skipSpace(from: number): number {
    return byteAt(this.bytes, from) > SPACE ? from : skipWhitespace(this.bytes, this.view, from);
  }
}
