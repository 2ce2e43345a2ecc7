import type { JsonMember, JsonNode, Shape } from './node.js';
import { LEAF } from './node.js';

const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

/** An object whose members are being recorded; its end is not known yet. */
export class OpenObject {
  readonly closer = CLOSE_BRACE;
  readonly members: JsonMember[] = [];
  #name = '';
  #keyStart = 0;
  #keyEnd = 0;

  constructor(
    readonly start: number,
    readonly shape: Shape,
  ) {}

  get isEmpty(): boolean {
    return this.members.length === 0;
  }

  /** Takes note of the key whose value comes next, and returns the shape of that value. */
  expect(name: string, keyStart: number, keyEnd: number): Shape {
    this.#name = name;
    this.#keyStart = keyStart;
    this.#keyEnd = keyEnd;
    const named = this.shape.members;
    // `hasOwn`, because `__proto__` and `constructor` are ordinary member names.
    const own = named !== undefined && Object.hasOwn(named, name) ? named[name] : undefined;
    return own ?? this.shape.anyMember ?? LEAF;
  }

  add(value: JsonNode): void {
    this.members.push({ name: this.#name, keyStart: this.#keyStart, keyEnd: this.#keyEnd, value });
  }

  close(end: number): JsonNode {
    return { kind: 'object', start: this.start, end, members: this.members };
  }
}

/** An array whose elements are being recorded. */
export class OpenArray {
  readonly closer = CLOSE_BRACKET;
  readonly items: JsonNode[] = [];

  constructor(
    readonly start: number,
    readonly itemShape: Shape,
  ) {}

  get isEmpty(): boolean {
    return this.items.length === 0;
  }

  add(value: JsonNode): void {
    this.items.push(value);
  }

  close(end: number): JsonNode {
    return { kind: 'array', start: this.start, end, items: this.items };
  }
}

export type OpenContainer = OpenObject | OpenArray;
