import jsonata from 'jsonata';
import type { BuiltMember, BuiltObject, Expression, Reference, Step } from './reference.js';

/** What is used of the syntax tree. Positions are past the end of the token. */
interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly position?: number;
  readonly steps?: readonly Node[];
  readonly lhs?: unknown;
  readonly arguments?: readonly Node[];
  readonly procedure?: Node;
}

/** What `$states` holds, by our names. */
const STATES_ROOTS: Readonly<Record<string, string>> = { input: 'input', result: 'result', context: 'context', errorOutput: 'error' };

/** The text between `{%` and `%}` with its offset; undefined for a string that is no JSONata. */
export function jsonataText(value: string): { readonly text: string; readonly offset: number } | undefined {
  return value.startsWith('{%') && value.endsWith('%}') && value.length >= 4 ? { text: value.slice(2, -2), offset: 2 } : undefined;
}

/** Undefined when the text is no JSONata. */
export function parseJsonataText(text: string, offset: number): Expression | undefined {
  const tree = parseTree(text);
  return tree && new Reading(text, offset).expression(tree);
}

function parseTree(text: string): Node | undefined {
  try {
    return jsonata(text).ast();
  } catch {
    // The service refuses it when it is deployed; what it means cannot be said here.
    return undefined;
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const BARE = new Set(['type', 'value', 'position', 'steps']);

/** A filter, an order or a binding would be a further member. */
function isBare(node: Node): boolean {
  return Object.keys(node).every((name) => BARE.has(name));
}

class Reading {
  readonly #references: Reference[] = [];
  readonly #probes: Reference[] = [];
  readonly #objects: BuiltObject[] = [];

  constructor(
    private readonly text: string,
    private readonly offset: number,
  ) {}

  expression(tree: Node): Expression {
    this.#visit(tree);
    const path = this.#wholePath(tree);
    const { text, offset } = this;
    return { text, offset, references: this.#references, probes: this.#probes, objects: this.#objects, ...(path && { path }) };
  }

  #visit(value: unknown): void {
    if (Array.isArray(value)) value.forEach((item) => { this.#visit(item); });
    else if (isNode(value)) this.#visitNode(value);
  }

  #visitNode(node: Node): void {
    const reference = this.#referenceOf(node);
    if (reference) this.#references.push(reference);
    if (node.type === 'unary' && node.value === '{') this.#objects.push(this.#builtObject(node));
    if (node.type === 'function') this.#visitCall(node);
    for (const [name, child] of Object.entries(node)) {
      // Steps of a path are read with it, but filters and brackets among them are expressions of their own.
      if (name === 'steps' && reference) for (const step of node.steps ?? []) this.#visitInside(step);
      else if (typeof child === 'object') this.#visit(child);
    }
  }

  #visitInside(step: Node): void {
    if (step.type !== 'name' && step.type !== 'variable') this.#visit(step);
    else for (const child of Object.values(step)) if (typeof child === 'object') this.#visit(child);
  }

  /** `$exists` only asks; `$lookup` reads a name that is given as text. */
  #visitCall({ procedure, arguments: args = [] }: Node): void {
    const [first, second] = args;
    const reference = first && this.#referenceOf(first);
    if (procedure?.value === 'exists' && reference) this.#probes.push(reference);
    if (procedure?.value !== 'lookup' || second?.type !== 'string' || typeof second.value !== 'string') return;
    const end = second.position ?? 0;
    const step = this.#step(second.value, end - 1, end - second.value.length - 2);
    this.#references.push({ root: 'unknown', steps: [step], start: step.start, end });
  }

  #referenceOf(node: Node): Reference | undefined {
    if (node.type === 'path') return this.#pathReference(node.steps ?? []);
    return node.type === 'variable' || node.type === 'name' ? this.#pathReference([node]) : undefined;
  }

  #pathReference(steps: readonly Node[]): Reference {
    const [head, ...rest] = steps;
    const isVariable = head?.type === 'variable' && typeof head.value === 'string';
    const states = isVariable && head.value === 'states' ? STATES_ROOTS[String(rest[0]?.value)] : undefined;
    const names = states === undefined ? (isVariable ? rest : steps) : rest.slice(1);
    const root = states ?? (isVariable && head.value !== '' ? `$${head.value}` : 'unknown');
    const read = names.map((step) => this.#nameStep(step));
    const end = steps.at(-1)?.position ?? 0;
    return { root, steps: read, start: isVariable ? (head.position ?? 0) - head.value.length - 1 : (read[0]?.start ?? end), end };
  }

  #nameStep({ type, value, position = 0 }: Node): Step {
    if (type !== 'name' || typeof value !== 'string') return { name: '*', start: position, nameStart: position, nameEnd: position };
    const isQuoted = this.text[position - 1] === '`';
    return this.#step(value, isQuoted ? position - 1 : position, position - value.length - (isQuoted ? 2 : 0));
  }

  #step(name: string, nameEnd: number, tokenStart: number): Step {
    const start = this.text.slice(0, tokenStart).trimEnd().endsWith('.') ? this.text.lastIndexOf('.', tokenStart) : tokenStart;
    return { name, start, nameStart: nameEnd - name.length, nameEnd };
  }

  #builtObject({ lhs }: Node): BuiltObject {
    const pairs = Array.isArray(lhs) ? (lhs as readonly (readonly [Node, Node])[]) : [];
    return { members: pairs.flatMap(([key, value]) => (key.type === 'string' ? [this.#builtMember(key, value)] : [])) };
  }

  #builtMember({ value: name, position = 0 }: Node, value: Node): BuiltMember {
    const inner = new Reading(this.text, this.offset);
    inner.#visit(value);
    const path = this.#wholePath(value);
    const keyStart = position - String(name).length - 2;
    return { name: String(name), keyStart, keyEnd: position, references: inner.#references, ...(path && { path }) };
  }

  /** A plain path, without filters or functions among its steps. */
  #wholePath(node: Node): Reference | undefined {
    const reference = this.#referenceOf(node);
    const hasNames = reference?.steps.every(({ name, nameStart, nameEnd }) => this.text.slice(nameStart, nameEnd) === name) === true;
    return hasNames && [node, ...(node.steps ?? [])].every(isBare) ? reference : undefined;
  }
}
