import jsonata from 'jsonata';
import { isProgramField } from './names.js';
import type {
  BuiltMember,
  BuiltObject,
  BuiltPlace,
  Expression,
  MadeObject,
  MadeValue,
  Reference,
  Step,
} from './reference.js';

/** What is used of the syntax tree. Positions are past the end of the token. */
interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly position?: number;
  readonly steps?: readonly Node[];
  readonly lhs?: unknown;
  readonly expressions?: readonly Node[];
  readonly arguments?: readonly Node[];
  readonly procedure?: Node;
}

/** What `$states` holds, by our names. */
const STATES_ROOTS: Readonly<Record<string, string>> = {
  input: 'input',
  result: 'result',
  context: 'context',
  errorOutput: 'error',
};

/** The text between `{%` and `%}` with its offset; undefined for a string that is no JSONata. */
export function jsonataText(value: string): { readonly text: string; readonly offset: number } | undefined {
  return value.startsWith('{%') && value.endsWith('%}') && value.length >= 4
    ? { text: value.slice(2, -2), offset: 2 }
    : undefined;
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

const BARE = new Set([
  'type',
  'value',
  'position',
  'steps',
  'lhs',
  'expressions',
  'arguments',
  'procedure',
  'consarray',
]);

/** A filter, an order or a binding would be a further member. */
function isBare(node: Node): boolean {
  return Object.entries(node).every(([name, value]) => value === undefined || BARE.has(name));
}

function isObject({ type, value }: Node): boolean {
  return type === 'unary' && value === '{';
}

/** Keys and values of an object. */
function pairsOf({ lhs }: Node): readonly (readonly [Node, Node])[] {
  return Array.isArray(lhs) ? (lhs as readonly (readonly [Node, Node])[]) : [];
}

/** True for an object of which every member has a name that is written out. */
function isWritten(node: Node): boolean {
  return isBare(node) && pairsOf(node).every(([key]) => key.type === 'string');
}

/** What `$merge([…])` is given. */
function mergedIn({ type, procedure, arguments: args = [] }: Node): readonly Node[] | undefined {
  const [list] = args;
  return type === 'function' && procedure?.value === 'merge' && list?.type === 'unary' && list.value === '['
    ? list.expressions
    : undefined;
}

class Reading {
  readonly #references: Reference[] = [];
  readonly #probes: Reference[] = [];
  readonly #objects: BuiltObject[] = [];
  readonly #bases = new Map<Node, Reference>();

  constructor(
    private readonly text: string,
    private readonly offset: number,
  ) {}

  expression(tree: Node): Expression {
    const { text, offset } = this;
    return { text, offset, ...this.#value(tree, 'value'), probes: this.#probes, objects: this.#objects };
  }

  #value(node: Node, place: BuiltPlace): MadeValue {
    this.#visit(node, place);
    const [path, made] = [this.#wholePath(node), this.#madeObject(node)];
    return { references: this.#references, ...(path && { path }), ...(made && { made }) };
  }

  #visit(value: unknown, place: BuiltPlace): void {
    if (Array.isArray(value))
      value.forEach((item) => {
        this.#visit(item, place);
      });
    else if (isNode(value)) this.#visitNode(value, place);
  }

  #visitNode(node: Node, place: BuiltPlace): void {
    const reference = this.#referenceOf(node);
    if (reference) this.#references.push(reference);
    if (isObject(node)) this.#objects.push(this.#builtObject(node, isWritten(node) ? place : 'inside'));
    if (node.type === 'function') this.#visitCall(node);
    const inner = this.#placeBelow(node, place);
    for (const [name, child] of Object.entries(node)) {
      // Steps of a path are read with it, but filters and brackets among them are expressions of their own.
      if (name === 'steps' && reference) for (const step of node.steps ?? []) this.#visitInside(step);
      else if (typeof child === 'object') this.#visit(child, inner);
    }
  }

  /** Where an object is that is found directly below a node. What is made over several objects is not taken apart. */
  #placeBelow(node: Node, place: BuiltPlace): BuiltPlace {
    if (!isBare(node) || place === 'inside') return 'inside';
    const parts = mergedIn(node);
    if (parts) return this.#mergePlace(node, parts);
    if (node.type !== 'unary') return 'inside';
    if (node.value === '[') return place;
    return isWritten(node) && place === 'value' ? place : 'inside';
  }

  #mergePlace(node: Node, parts: readonly Node[]): BuiltPlace {
    const [object, ...others] = parts.filter(isObject);
    const made = this.#madeObject(node);
    if (!made || !object || others.length > 0) return 'inside';
    if (made.base) this.#bases.set(object, made.base);
    return 'merged';
  }

  #visitInside(step: Node): void {
    if (step.type !== 'name' && step.type !== 'variable') this.#visit(step, 'inside');
    else for (const child of Object.values(step)) if (typeof child === 'object') this.#visit(child, 'inside');
  }

  /** `$exists` only asks; `$lookup` reads a name that is given as text, `$eval` an expression that is. */
  #visitCall({ procedure, arguments: args = [] }: Node): void {
    const [first, second] = args;
    const path = first && this.#wholePath(first);
    if (procedure?.value === 'exists' && path) this.#probes.push(path);
    if (procedure?.value === 'eval' && first) this.#visitText(first);
    if (procedure?.value !== 'lookup' || second?.type !== 'string' || typeof second.value !== 'string') return;
    const end = second.position ?? 0;
    const step = this.#step(second.value, end - 1, end - second.value.length - 2);
    this.#references.push({ root: 'unknown', steps: [step], start: step.start, end });
  }

  /** An expression that is given as text is only looked through for the two names. */
  #visitText({ value, position: end = 0 }: Node): void {
    const field = typeof value === 'string' ? value.match(/\w+/g)?.find(isProgramField) : undefined;
    if (field !== undefined)
      this.#references.push({
        root: 'unknown',
        steps: [{ name: field, start: end, nameStart: end, nameEnd: end }],
        start: end,
        end,
      });
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
    return {
      root,
      steps: read,
      start: isVariable ? (head.position ?? 0) - head.value.length - 1 : (read[0]?.start ?? end),
      end,
    };
  }

  #nameStep({ type, value, position = 0 }: Node): Step {
    if (type !== 'name' || typeof value !== 'string')
      return { name: '*', start: position, nameStart: position, nameEnd: position };
    const isQuoted = this.text[position - 1] === '`';
    return this.#step(value, isQuoted ? position - 1 : position, position - value.length - (isQuoted ? 2 : 0));
  }

  #step(name: string, nameEnd: number, tokenStart: number): Step {
    const start = this.text.slice(0, tokenStart).trimEnd().endsWith('.')
      ? this.text.lastIndexOf('.', tokenStart)
      : tokenStart;
    return { name, start, nameStart: nameEnd - name.length, nameEnd };
  }

  #builtObject(node: Node, place: BuiltPlace): BuiltObject {
    const base = this.#bases.get(node);
    return {
      place,
      ...(base && { base }),
      members: pairsOf(node).flatMap(([key, value]) => (key.type === 'string' ? [this.#builtMember(key, value)] : [])),
    };
  }

  #builtMember({ value: name, position = 0 }: Node, value: Node): BuiltMember {
    const inner = new Reading(this.text, this.offset);
    const keyStart = position - String(name).length - 2;
    return { name: String(name), keyStart, keyEnd: position, ...inner.#value(value, 'inside') };
  }

  /** An object that is written out, or such objects merged over at most one other, which is the first. */
  #madeObject(node: Node): MadeObject | undefined {
    if (!isBare(node)) return undefined;
    if (isObject(node)) return isWritten(node) ? { members: this.#builtObject(node, 'inside').members } : undefined;
    const [first, ...others] = mergedIn(node) ?? [];
    if (!first) return undefined;
    const base = this.#wholePath(first);
    const objects = (base ? others : [first, ...others]).map((part) =>
      isObject(part) ? this.#madeObject(part) : undefined,
    );
    if (!objects.every((object) => object !== undefined)) return undefined;
    return { members: objects.flatMap(({ members }) => members), ...(base && { base }) };
  }

  /** A plain path, without filters or functions among its steps. */
  #wholePath(node: Node): Reference | undefined {
    const reference = this.#referenceOf(node);
    const hasNames =
      reference?.steps.every(({ name, nameStart, nameEnd }) => this.text.slice(nameStart, nameEnd) === name) === true;
    return hasNames && [node, ...(node.steps ?? [])].every(isBare) ? reference : undefined;
  }
}
