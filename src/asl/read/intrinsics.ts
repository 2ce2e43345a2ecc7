import { BagError } from '../../errors/index.js';
import type { AslMember, AslNode, TextPiece } from './node.js';

/** Ways that the conditions of a template can go, as far as they are followed. */
const MAX_VARIANTS = 32;

/** Nodes built for all variants of one definition together. */
const MAX_NODES = 1_000_000;

/** A part of a text: from a node, character by character, or for one. */
interface Part {
  readonly node: AslNode;
  readonly text: string;
  readonly from?: number;
}

type Text = readonly Part[];

/** A call of an intrinsic function of CloudFormation, `{"Fn::Join": […]}` or `{"Ref": "Name"}`. */
export function callIn({ members }: AslNode): { readonly name: string; readonly argument: AslNode } | undefined {
  const [member, ...others] = members ?? [];
  if (!member || others.length > 0) return undefined;
  const isCall = /^Fn::\w+$/.test(member.name) || (member.name === 'Ref' && member.value.kind === 'string');
  return isCall ? { name: member.name, argument: member.value } : undefined;
}

/**
 * What a value of a template stands for: its text is put together, and what only a deployment knows is unknown. Each
 * arm of each `Fn::If` is in one of the variants. The same condition goes the same way in all of a variant.
 * Throws `BagError` `ASL_UNREADABLE`.
 */
export function expandValue(node: AslNode): readonly AslNode[] {
  return new Expansion().expand(node);
}

class Expansion {
  #nodes = 0;

  expand(node: AslNode): readonly AslNode[] {
    const call = callIn(node);
    if (call) return this.#expandCall(node, call.name, call.argument);
    if (node.members) return this.#expandMembers(node, node.members);
    return node.items ? this.#expandItems(node, node.items) : [node];
  }

  #expandCall(node: AslNode, name: string, argument: AslNode): readonly AslNode[] {
    if (name === 'Fn::If' && argument.items?.length === 3)
      return this.#limit(
        node,
        argument.items.slice(1).flatMap((arm) => this.expand(arm)),
      );
    if (name === 'Fn::ToJsonString') return this.expand(argument);
    const selected = name === 'Fn::Select' ? selectedItem(argument) : undefined;
    if (selected) return this.expand(selected);
    return this.#texts(node).map((text) => compose(node, text));
  }

  #expandMembers(node: AslNode, members: readonly AslMember[]): readonly AslNode[] {
    const values = members.map(({ value }) => this.expand(value));
    if (values.every(([value, ...others], at) => others.length === 0 && value === members[at]!.value)) return [node];
    const isOneWay = values.every(({ length }) => length === 1);
    return this.#zip(node, values).map((row) => {
      const kept = members.map((member, at): AslMember => ({ ...member, value: row[at]! }));
      return { ...withoutIndex(node), members: isOneWay ? kept : kept.filter(({ value }) => !value.isNothing) };
    });
  }

  #expandItems(node: AslNode, items: readonly AslNode[]): readonly AslNode[] {
    const values = items.map((item) => this.expand(item));
    if (values.every(([value, ...others], at) => others.length === 0 && value === items[at])) return [node];
    return this.#zip(node, values).map((row) => ({ ...node, items: row.filter(({ isNothing }) => !isNothing) }));
  }

  /** The first of each, then the second of each; one that has no more stays with its last. */
  #zip<T>(node: AslNode, lists: readonly (readonly T[])[]): readonly (readonly T[])[] {
    const count = Math.max(1, ...lists.map(({ length }) => length));
    this.#nodes += count * lists.length;
    if (this.#nodes > MAX_NODES) throw tooMany(node);
    return Array.from({ length: count }, (_, at) => lists.map((list) => list[Math.min(at, list.length - 1)]!));
  }

  #limit<T>(node: AslNode, variants: readonly T[]): readonly T[] {
    if (variants.length > MAX_VARIANTS) throw tooMany(node);
    return variants;
  }

  #texts(node: AslNode): readonly Text[] {
    const call = callIn(node);
    if (!call) return node.isNothing ? [[]] : [[plainPart(node)]];
    const { name, argument } = call;
    if (name === 'Fn::If' && argument.items?.length === 3)
      return this.#limit(
        node,
        argument.items.slice(1).flatMap((arm) => this.#texts(arm)),
      );
    if (name === 'Fn::Join') return this.#joined(node, argument);
    if (name === 'Fn::Sub') return this.#substituted(node, argument);
    const selected = name === 'Fn::Select' ? selectedItem(argument) : undefined;
    if (selected) return this.#texts(selected);
    if (name === 'Fn::ToJsonString') return this.expand(argument).map((value) => [...jsonParts(value)]);
    return argument.text === 'AWS::NoValue' ? [[]] : [[hole(node, argument.text ?? name)]];
  }

  #joined(node: AslNode, { items }: AslNode): readonly Text[] {
    const [delimiter, list] = items ?? [];
    if (delimiter?.text === undefined || !list) return [[hole(node, 'Fn::Join')]];
    const branch = callIn(list);
    if (branch?.name === 'Fn::If' && branch.argument.items?.length === 3)
      return this.#limit(
        node,
        branch.argument.items.slice(1).flatMap((arm) => this.#joined(node, { ...node, items: [delimiter, arm] })),
      );
    if (!list.items) return [[hole(node, 'Fn::Join')]];
    const values = list.items.map((item) => this.#texts(item));
    return this.#zip(node, values).map((row) => {
      const texts = row.filter(({ length }) => length > 0);
      return texts.flatMap((text, at) => (at === 0 ? text : [plainPart(delimiter), ...text]));
    });
  }

  /** `Fn::Sub` with a text, or with a text and what its names stand for. */
  #substituted(node: AslNode, argument: AslNode): readonly Text[] {
    const [template = argument, variables] = argument.items ?? [];
    if (template.text === undefined) return [[hole(node, 'Fn::Sub')]];
    const known = (variables?.members ?? []).map(({ name, value }) => [name, this.#texts(value)] as const);
    const told = known.filter(([, texts]) => texts.some((text) => text.some(({ text: own }) => !isHole(own))));
    if (told.length === 0) return [[plainPart(template)]];
    const rows = this.#zip(
      node,
      told.map(([, texts]) => texts),
    );
    return rows.map((row) => substitute(template, new Map(told.map(([name], at) => [name, row[at]!]))));
  }
}

/** The element that `Fn::Select` takes of a list that is written out. */
function selectedItem({ items }: AslNode): AslNode | undefined {
  const [index, list] = items ?? [];
  const position = index?.number ?? index?.text;
  return position !== undefined && /^\d+$/.test(position) ? list?.items?.[Number(position)] : undefined;
}

function substitute(template: AslNode, values: ReadonlyMap<string, Text>): Text {
  const text = template.text!;
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(/\$\{\s*([\w.:]+)\s*\}/g)) {
    const value = values.get(match[1]!);
    if (!value) continue;
    parts.push({ node: template, text: text.slice(from, match.index), from }, ...value);
    from = match.index + match[0].length;
  }
  return [...parts, { node: template, text: text.slice(from), from }];
}

function plainPart(node: AslNode): Part {
  const { kind, text, number } = node;
  if (text !== undefined) return { node, text, from: 0 };
  if (kind === 'string' || kind === 'object' || kind === 'array') return hole(node, 'value');
  return { node, text: number ?? kind };
}

function hole(node: AslNode, name: string): Part {
  return { node, text: `\${${name.replaceAll(/[^\w.:]/g, '_') || 'value'}}` };
}

function isHole(text: string): boolean {
  return /^\$\{[\w.:]+\}$/.test(text);
}

function* jsonParts(node: AslNode): Generator<Part> {
  if (node.members) yield* listParts(node, '{', node.members, '}', nameParts);
  else if (node.items) yield* listParts(node, '[', node.items, ']', jsonParts);
  else if (node.text !== undefined) yield { node, text: JSON.stringify(node.text) };
  else yield node.kind === 'string' ? { node, text: '"${value}"' } : plainPart(node);
}

function* nameParts({ name, value }: AslMember): Generator<Part> {
  yield { node: value, text: `${JSON.stringify(name)}:` };
  yield* jsonParts(value);
}

function* listParts<T>(
  node: AslNode,
  open: string,
  list: readonly T[],
  close: string,
  partsOf: (item: T) => Iterable<Part>,
): Generator<Part> {
  yield { node, text: open };
  for (const [at, item] of list.entries()) {
    if (at > 0) yield { node, text: ',' };
    yield* partsOf(item);
  }
  yield { node, text: close };
}

function compose({ start, end }: AslNode, parts: Text): AslNode {
  const [first, ...others] = parts;
  if (!first) return { kind: 'null', start, end, isNothing: true };
  if (others.length === 0 && first.from === undefined && isHole(first.text)) return { kind: 'string', start, end };
  const pieces: TextPiece[] = [];
  let at = 0;
  for (const { node, text, from } of parts) {
    pieces.push({ start: at, node, ...(from !== undefined && { from }) });
    at += text.length;
  }
  return { kind: 'string', start, end, text: parts.map(({ text }) => text).join(''), pieces };
}

/** Without what was found among the members before. */
function withoutIndex({ kind, start, end, isBlock, isMerged, isShared, isAlias }: AslNode): AslNode {
  const marks = { ...(isMerged && { isMerged }), ...(isShared && { isShared }), ...(isAlias && { isAlias }) };
  return { kind, start, end, ...(isBlock && { isBlock }), ...marks };
}

function tooMany({ start }: AslNode): BagError {
  const message = `conditions go more than ${MAX_VARIANTS} ways, or stand for too many values`;
  return new BagError('ASL_UNREADABLE', message, { context: { offset: start } });
}
