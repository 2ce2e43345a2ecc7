import { isProgramField } from './names.js';
import type { Expression, Reference, Step } from './reference.js';

const NAME = /[^\s.[\]()',$@?*]/;

/**
 * The paths of a JSONPath expression or a call of an intrinsic function. `dollar` says what `$` stands for. Text in
 * single quotes is an argument and no path. Undefined when nothing in the text is a path.
 */
export function parseJsonPathText(text: string, dollar: 'input' | 'result'): Expression | undefined {
  const references: Reference[] = [];
  const closings = closingBrackets(text);
  for (let at = 0; at < text.length;) {
    if (text[at] === "'") at = closingQuote(text, at) + 1;
    else if (text[at] === '$') {
      const reference = readPath(text, at, dollar, closings);
      references.push(reference);
      at = reference.end;
    } else at += 1;
  }
  if (references.length === 0) return undefined;
  const [first] = references;
  const isWhole = first?.start === 0 && first.end === text.length;
  const call = isWhole ? undefined : parseCall(text);
  return {
    text,
    offset: 0,
    references: [...references, ...filterReferences(text)],
    probes: [],
    objects: [],
    ...(isWhole && { path: first }),
    ...(call && { call }),
  };
}

function closingQuote(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === "'") return at;
  }
  return text.length;
}

/** What filters ask of each element, `@.name` in `[?(…)]`; inside of brackets, which a path goes past. */
function filterReferences(text: string): readonly Reference[] {
  if (!text.includes('[?')) return [];
  return [...text.matchAll(/@((?:\.[\w-]+|\[(?:'[^']*'|"[^"]*")\])+)/g)].map((match) => {
    const at = match.index + 1;
    const steps = [...match[1]!.matchAll(/\.([\w-]+)|\[['"]([^'"]*)['"]\]/g)].map((step): Step => {
      const name = step[1] ?? step[2] ?? '';
      const start = at + step.index;
      const nameStart = start + step[0].indexOf(name);
      return { name, start, nameStart, nameEnd: nameStart + name.length };
    });
    return { root: 'unknown', steps, start: match.index, end: match.index + match[0].length, isMany: true };
  });
}

function readPath(text: string, start: number, dollar: string, closings: Closings): Reference {
  const rootEnd = endOfRoot(text, start);
  const head = text.slice(start, rootEnd);
  const steps: Step[] = [];
  let [at, isMany] = [rootEnd, false];
  for (let step = readStep(text, at, closings); step; step = readStep(text, at, closings)) {
    steps.push(step.step);
    isMany ||= step.isMany;
    at = step.end;
  }
  return { root: rootOf(head, dollar), steps, start, end: at, ...(isMany && { isMany }) };
}

function rootOf(head: string, dollar: string): string {
  if (head === '$') return dollar;
  return head === '$$' ? 'context' : head;
}

function endOfRoot(text: string, start: number): number {
  if (text[start + 1] === '$') return start + 2;
  return endOfName(text, start + 1);
}

function endOfName(text: string, start: number): number {
  let at = start;
  while (at < text.length && NAME.test(text[at]!)) at += 1;
  return at;
}

interface ReadStep {
  readonly step: Step;
  readonly end: number;
  readonly isMany: boolean;
}

function readStep(text: string, start: number, closings: Closings): ReadStep | undefined {
  if (text[start] === '[') return readBracket(text, start, closings);
  if (text[start] !== '.') return undefined;
  const isDeep = text[start + 1] === '.';
  const nameStart = isDeep ? start + 2 : start + 1;
  if (text[nameStart] === '[') {
    const read = readBracket(text, nameStart, closings);
    return read && { ...read, isMany: read.isMany || isDeep };
  }
  const isAny = text[nameStart] === '*';
  const nameEnd = isAny ? nameStart + 1 : endOfName(text, nameStart);
  return {
    step: { name: text.slice(nameStart, nameEnd), start, nameStart, nameEnd },
    end: nameEnd,
    isMany: isDeep || isAny,
  };
}

/**
 * `['name']` is a name; an index, a slice or a filter may be any element; of several names, one of the two fields
 * counts.
 */
function readBracket(text: string, start: number, closings: Closings): ReadStep | undefined {
  const quote = text[start + 1];
  const nameEnd = quote === "'" || quote === '"' ? text.indexOf(quote, start + 2) : -1;
  if (nameEnd >= 0 && text[nameEnd + 1] === ']') {
    return {
      step: { name: text.slice(start + 2, nameEnd), start, nameStart: start + 2, nameEnd },
      end: nameEnd + 2,
      isMany: false,
    };
  }
  const close = closings.get(start);
  if (close === undefined) return undefined;
  const inner = text.slice(start + 1, close);
  const isUnion = !inner.startsWith('?');
  const name = isUnion ? inner.split(',').map(unquoted).find(isProgramField) : undefined;
  return {
    step: { name: name ?? '*', start, nameStart: start + 1, nameEnd: close },
    end: close + 1,
    isMany: !/^\s*\d+\s*$/.test(inner),
  };
}

function unquoted(text: string): string {
  return text.trim().slice(1, -1);
}

/** The closing bracket of each opening one that has one. */
type Closings = ReadonlyMap<number, number>;

/** Found in one pass: a path may have as many brackets as characters. */
function closingBrackets(text: string): Closings {
  const closings = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === "'") at = closingQuote(text, at);
    else if (character === '"' && text[at - 1] === '[') at = pastText(text, at);
    else if (character === '[') open.push(at);
    else if (character === ']' && open.length > 0) closings.set(open.pop()!, at);
  }
  return closings;
}

function pastText(text: string, quote: number): number {
  const end = text.indexOf('"', quote + 1);
  return end < 0 ? text.length : end;
}

/** `States.Name(a, b)` with its arguments as they are written. */
function parseCall(text: string): Expression['call'] {
  const match = /^\s*(States\.\w+)\s*\(/.exec(text);
  if (!match) return undefined;
  const args: string[] = [];
  let [depth, start] = [0, match[0].length];
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === "'") at = closingQuote(text, at);
    else if (text[at] === '(' || text[at] === '[') depth += 1;
    else if (depth > 0 && (text[at] === ')' || text[at] === ']')) depth -= 1;
    else if (depth === 0 && (text[at] === ',' || text[at] === ')')) {
      args.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return { name: match[1]!, arguments: args };
}
