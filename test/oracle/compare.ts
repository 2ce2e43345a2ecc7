import { parseTree } from './json-tree.js';
import type { JsonContainer, JsonTree } from './json-tree.js';

export type Aspect =
  | 'exit'
  | 'stdout'
  | 'stderr'
  | 'document'
  | 'blob'
  | 'metadata'
  | 'journal'
  | 'plan'
  | 'row'
  | 'event'
  | 'answer'
  | 'error'
  | 'diagnostic'
  | 'requests';

/** One thing that an input left behind: a file, an exit code, an event that a handler got. */
export interface Item {
  readonly aspect: Aspect;
  /** Unique within its aspect and outcome. */
  readonly name: string;
  readonly text: string;
  /** `exact`: every byte counts. `report`: JSON or prose for people, where only keys, values and codes count. */
  readonly form: 'exact' | 'report';
}

export interface Difference {
  readonly aspect: Aspect;
  readonly name: string;
  /** Place inside the item, such as `/documents/0/outcome`; empty for the whole. */
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed' | 'order' | 'layout';
  readonly form: Item['form'];
  /** Raw text; undefined where there is nothing. */
  readonly old: string | undefined;
  readonly new: string | undefined;
}

/** Every difference between what the old and the new build left behind. */
export function compare(old: readonly Item[], next: readonly Item[]): Difference[] {
  const key = ({ aspect, name }: Item) => `${aspect} ${name}`;
  const [before, after] = [old, next].map((items) => new Map(items.map((item) => [key(item), item]))) as [
    Map<string, Item>,
    Map<string, Item>,
  ];
  if (before.size !== old.length || after.size !== next.length) throw new Error('two items have one name');
  const removed = old.filter((item) => !after.has(key(item)));
  const added = next.filter((item) => !before.has(key(item)));
  return [
    ...removed.map((item): Difference => whole(item, 'removed', item.text, undefined)),
    ...added.map((item): Difference => whole(item, 'added', undefined, item.text)),
    ...old.flatMap((item) => {
      const other = after.get(key(item));
      return other === undefined || other.text === item.text ? [] : compareItem(item, other);
    }),
  ];
}

function whole(
  { aspect, name, form }: Item,
  change: Difference['change'],
  old: string | undefined,
  next: string | undefined,
): Difference {
  return { aspect, name, path: '', change, form, old, new: next };
}

function compareItem(old: Item, next: Item): Difference[] {
  const [left, right] = [parseTree(old.text), parseTree(next.text)];
  if (left && right) {
    const found = [...compareTrees(old, left, right, '')];
    // Equal trees with other bytes differ in the white space around the value.
    return found.length > 0 || old.form === 'report' ? found : [whole(old, 'layout', old.text, next.text)];
  }
  if (old.form === 'report' && skeleton(old.text) === skeleton(next.text)) return [];
  return [whole(old, 'changed', old.text, next.text)];
}

function* compareTrees(item: Item, old: JsonTree, next: JsonTree, path: string): Generator<Difference> {
  if (old.raw === next.raw) return;
  const difference = (change: Difference['change'], left?: string, right?: string, at = path): Difference => ({
    aspect: item.aspect,
    name: item.name,
    path: at,
    change,
    form: item.form,
    old: left,
    new: right,
  });
  const [inOld, inNext] = [textInside(old), textInside(next)];
  if (inOld && inNext) {
    const inner = [...compareTrees(item, inOld, inNext, `${path}(text)`)];
    if (inner.length > 0) yield* inner;
    else yield difference('layout', old.raw, next.raw);
    return;
  }
  if (old.kind === 'scalar' || next.kind === 'scalar' || old.kind !== next.kind) {
    if (item.form === 'report' && isProse(path) && skeleton(old.raw) === skeleton(next.raw)) return;
    yield difference('changed', old.raw, next.raw);
    return;
  }
  const [left, right] = item.form === 'report' ? [aligned(old), aligned(next)] : [old.children, next.children];
  for (const [name, child] of left) {
    const other = right.get(name);
    const at = `${path}/${plain(name)}`;
    if (other === undefined) yield difference('removed', child.raw, undefined, at);
    else yield* compareTrees(item, child, other, at);
  }
  for (const [name, child] of right)
    if (!left.has(name)) yield difference('added', undefined, child.raw, `${path}/${plain(name)}`);
  const order = (names: ReadonlyMap<string, JsonTree>, others: ReadonlyMap<string, JsonTree>) =>
    [...names.keys()].filter((name) => others.has(name)).join(' ');
  if (order(left, right) !== order(right, left)) yield difference('order', order(left, right), order(right, left));
  const hasSameNames = left.size === right.size && [...left.keys()].every((name) => right.has(name));
  if (hasSameNames && item.form === 'exact' && old.layout !== next.layout)
    yield difference('layout', old.layout, next.layout);
}

/** The object or list that a JSON string spells, as bags are sometimes kept. */
function textInside(tree: JsonTree): JsonContainer | undefined {
  if (tree.kind !== 'scalar' || !/^"\s*[{[]/.test(tree.raw)) return undefined;
  const inner = parseTree(decoded(tree.raw));
  return inner?.kind === 'scalar' ? undefined : inner;
}

function decoded(raw: string): string {
  try {
    return JSON.parse(raw) as string;
  } catch {
    return '';
  }
}

/**
 * Elements of a list of findings or documents by what they are about, so that one more of them is one difference and
 * not a difference in each element behind it.
 */
function aligned({ kind, children }: JsonContainer): ReadonlyMap<string, JsonTree> {
  if (kind === 'object') return children;
  const named = new Map<string, JsonTree>();
  for (const child of children.values()) {
    const name = nameOf(child);
    let free = name;
    for (let count = 2; named.has(free); count++) free = `${name}#${count}`;
    named.set(free, child);
  }
  return named;
}

const NAMING = [
  '"id"',
  '"doc"',
  '"code"',
  '"rule"',
  '"ruleId"',
  '"kind"',
  '"segment"',
  '"name"',
  '"place"',
  '"pointer"',
];

function nameOf(tree: JsonTree): string {
  if (tree.kind !== 'object') return '';
  return NAMING.flatMap((name) => {
    const child = tree.children.get(name);
    return child?.kind === 'scalar' ? [plain(child.raw)] : [];
  }).join(' ');
}

function plain(raw: string): string {
  return raw.startsWith('"') ? raw.replaceAll('"', '').replaceAll('/', '~1') : raw;
}

const PROSE = /\/(reason|message|advice|hint|title|detail|note|text|markdown|description|next|error|why|problem)$/;

function isProse(path: string): boolean {
  return PROSE.test(path);
}

/** Codes, options, addresses and numbers of a sentence: what stays when the sentence is worded differently. */
function skeleton(text: string): string {
  return fixedWords(text).sort().join(' ');
}

function fixedWords(text: string): string[] {
  return text.match(/s3:\/\/[^\s"',)]+|--[a-z][a-z-]*|[A-Z][A-Z0-9]*_[A-Z0-9_]+|[A-Z]{4,}|\d[\d,.]*\d|\d/g) ?? [];
}

/** What counts of one side of a difference: every byte, but of the sentences of a report only the fixed words. */
export function significant(text: string, { path, form }: Pick<Difference, 'path' | 'form'>): string {
  if (form === 'exact') return text;
  const tree = parseTree(text);
  return tree ? significantIn(tree, path) : fixedWords(text).join(' ');
}

function significantIn(tree: JsonTree, path: string): string {
  if (tree.kind === 'scalar') return isProse(path) ? fixedWords(tree.raw).join(' ') : tree.raw;
  const members = [...tree.children].map(
    ([name, child]) => `${name}:${significantIn(child, `${path}/${plain(name)}`)}`,
  );
  return `${tree.kind}(${members.join(',')})`;
}
