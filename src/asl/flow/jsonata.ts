import jsonata from 'jsonata';
import { isShallow } from './jsonata-depth.js';
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
  readonly rhs?: unknown;
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

/** Levels of an expression that are looked at; a walk over its tree must not come to the end of the stack. */
const MAX_LEVELS = 1000;

/** Undefined when the text cannot be read: it is not JSONata, or nested too deeply. */
export function parseJsonataText(text: string, offset: number): Expression | undefined {
  if (!isShallow(text)) return undefined;
  const tree = parseTree(text) ?? parseTree(withoutPlaceholders(text));
  return tree && !isTooDeep(tree) ? new Reading(text, offset).expression(tree) : undefined;
}

function parseTree(text: string): Node | undefined {
  try {
    return jsonata(text).ast();
  } catch {
    // A syntax error.
    return undefined;
  }
}

/** A name in the place of each `${Name}` that a template fills in. */
function withoutPlaceholders(text: string): string {
  return text.replaceAll(/\$\{[^{}"'`]*\}/g, (placeholder) => '_'.repeat(placeholder.length));
}

function isTooDeep(tree: Node): boolean {
  let level: readonly unknown[] = [tree];
  const seen = new Set<unknown>();
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_LEVELS) return true;
    level = level.flatMap(childrenOf).filter((child) => !seen.has(child) && seen.add(child));
  }
  return false;
}

function childrenOf(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).filter((child) => typeof child === 'object' && child !== null);
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

/** What an expression reads and builds. Each node is visited once, however deep objects nest. */
class Reading {
  readonly #references: Reference[] = [];
  readonly #probes: Reference[] = [];
  readonly #objects: BuiltObject[] = [];
  readonly #bases = new Map<Node, Reference>();
  /** Members of the objects that were visited. */
  readonly #members = new Map<Node, readonly BuiltMember[]>();

  constructor(
    private readonly text: string,
    private readonly offset: number,
  ) {}

  expression(tree: Node): Expression {
    const { text, offset } = this;
    return { text, offset, ...this.#value(tree, 'value'), probes: this.#probes, objects: this.#objects };
  }

  #value(node: Node, place: BuiltPlace): MadeValue {
    const from = this.#references.length;
    this.#visit(node, place);
    const [path, made] = [this.#wholePath(node), this.#madeObject(node)];
    return { references: this.#references.slice(from), ...(path && { path }), ...(made && { made }) };
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
    if (node.type === 'function' || node.type === 'partial') this.#visitCall(node);
    if (node.type === 'binary') this.#visitComparison(node);
    const inner = this.#placeBelow(node, place);
    if (isObject(node)) this.#visitObject(node, place, inner);
    for (const [name, child] of Object.entries(node)) {
      if (name === 'lhs' && isObject(node)) continue;
      // Steps of a path are read with it, but filters and brackets among them are expressions of their own.
      if (name === 'steps' && reference) for (const step of node.steps ?? []) this.#visitInside(step);
      else if (typeof child === 'object') this.#visit(child, inner);
    }
  }

  #visitObject(node: Node, place: BuiltPlace, inner: BuiltPlace): void {
    const at = this.#objects.length;
    const base = this.#bases.get(node);
    const own: BuiltPlace = isWritten(node) ? place : 'inside';
    // In front of the objects in it, whose members it has as well.
    this.#objects.push({ place: own, members: [] });
    const members = pairsOf(node).flatMap(([key, value]) => {
      this.#visit(key, inner);
      const made = this.#value(value, inner);
      return key.type === 'string' ? [this.#builtMember(key, made)] : [];
    });
    this.#members.set(node, members);
    this.#objects[at] = { place: own, ...(base && { base }), members };
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
    const merge = this.#mergeOf(node);
    if (!merge || !object || others.length > 0) return 'inside';
    if (merge.base) this.#bases.set(object, merge.base);
    return 'merged';
  }

  /** Objects that are written out, merged over at most one other, which is the first. */
  #mergeOf(node: Node): { readonly base?: Reference; readonly objects: readonly Node[] } | undefined {
    const parts = mergedIn(node);
    const [first, ...others] = parts ?? [];
    if (!parts || !first) return undefined;
    const base = this.#wholePath(first);
    const objects = base ? others : parts;
    return objects.every((part) => isObject(part) && isWritten(part)) ? { objects, ...(base && { base }) } : undefined;
  }

  #visitInside(step: Node): void {
    if (step.type !== 'name' && step.type !== 'variable') this.#visit(step, 'inside');
    else for (const child of Object.values(step)) if (typeof child === 'object') this.#visit(child, 'inside');
  }

  /** `$k = 'workflow_config'`, as `$sift` and `$each` choose a member by its name. */
  #visitComparison({ value, lhs, rhs }: Node): void {
    if (value !== '=' && value !== 'in') return;
    for (const side of [lhs, rhs].filter(isNode))
      for (const text of [side, ...(side.expressions ?? [])]) {
        if (text.type === 'string' && isProgramField(String(text.value))) this.#addNamed(text);
      }
  }

  /**
   * `$exists` only asks; `$lookup` reads a name that is given as text, `$eval` an expression that is. A call after `~>`
   * has an argument less, and one with `?` has its arguments anywhere.
   */
  #visitCall({ procedure, arguments: args = [] }: Node): void {
    const [first] = args;
    const path = first && this.#wholePath(first);
    if (procedure?.value === 'exists' && path) this.#probes.push(path);
    if (procedure?.value === 'eval' && first) this.#visitTexts(first);
    if (procedure?.value === 'lookup')
      for (const argument of args) if (argument.type === 'string') this.#addNamed(argument);
  }

  /** A name that is given as text. */
  #addNamed({ value, position: end = 0 }: Node): void {
    const name = String(value);
    const step = this.#step(name, end - 1, end - name.length - 2);
    this.#references.push({ root: 'unknown', steps: [step], start: step.start, end });
  }

  /** An expression that is given as text, or put together of texts, is only looked through for the two names. */
  #visitTexts(node: Node): void {
    const { type, value, position: end = 0 } = node;
    const field = type === 'string' ? String(value).match(/\w+/g)?.find(isProgramField) : undefined;
    if (field !== undefined)
      this.#references.push({
        root: 'unknown',
        steps: [{ name: field, start: end, nameStart: end, nameEnd: end }],
        start: end,
        end,
      });
    for (const child of Object.values(node).flat()) if (isNode(child)) this.#visitTexts(child);
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
    let before = tokenStart - 1;
    while (before >= 0 && /\s/.test(this.text[before]!)) before -= 1;
    const start = this.text[before] === '.' ? before : tokenStart;
    return { name, start, nameStart: nameEnd - name.length, nameEnd };
  }

  #builtMember({ value: name, position = 0 }: Node, made: MadeValue): BuiltMember {
    const keyStart = position - String(name).length - 2;
    return { name: String(name), keyStart, keyEnd: position, ...made };
  }

  /** An object that is written out, or such objects merged over at most one other, which is the first. */
  #madeObject(node: Node): MadeObject | undefined {
    if (!isBare(node)) return undefined;
    if (isObject(node)) return isWritten(node) ? { members: this.#members.get(node) ?? [] } : undefined;
    const merge = this.#mergeOf(node);
    if (!merge) return undefined;
    const { objects, base } = merge;
    return { members: objects.flatMap((object) => this.#members.get(object) ?? []), ...(base && { base }) };
  }

  /** A plain path, without filters or functions among its steps. */
  #wholePath(node: Node): Reference | undefined {
    const reference = this.#referenceOf(node);
    const hasNames =
      reference?.steps.every(({ name, nameStart, nameEnd }) => this.text.slice(nameStart, nameEnd) === name) === true;
    return hasNames && [node, ...(node.steps ?? [])].every(isBare) ? reference : undefined;
  }
}
