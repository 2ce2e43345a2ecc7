import type { AslMember, AslNode } from '../read/node.js';
import { valueOf } from '../read/node.js';
import type { Pointer } from '../read/machines.js';
import { readExpression } from './expressions.js';
import type { Dollar } from './expressions.js';
import type { Expression } from './reference.js';
import type { State } from './states.js';

/** `payload` goes to a task, a branch or an item; `state` stays in the machine: its data or its variables. */
export type Role = 'payload' | 'state';

/** A field of a state that builds JSON. */
export interface TemplateField {
  readonly state: State;
  /** Such as `Parameters`. */
  readonly name: string;
  readonly node: AslNode;
  readonly pointer: Pointer;
  readonly role: Role;
  readonly dollar: Dollar;
  /**
   * Where it puts what it builds: `input` or a variable's name, then names. Absent when that is not in the machine's
   * own data.
   */
  readonly target?: readonly string[];
}

/** One object of a template. */
export interface TemplateObject {
  readonly field: TemplateField;
  readonly node: AslNode;
  readonly pointer: Pointer;
  readonly target?: readonly string[];
  readonly entries: readonly Entry[];
}

/** A member of an object of a template, under its name without `.$`. */
export interface Entry {
  readonly name: string;
  readonly member: AslMember;
  /** Position among the members of the object. */
  readonly index: number;
  readonly expression?: Expression;
}

/** Everything a state builds JSON with. */
export function templateFields(state: State): readonly TemplateField[] {
  const found: TemplateField[] = [];
  const add = (
    name: string,
    holder: AslNode,
    at: Pointer,
    rest: Pick<TemplateField, 'role' | 'dollar' | 'target'>,
  ): void => {
    const node = valueOf(holder, name);
    if (node) found.push({ state, name, node, pointer: pointerBelow(state, at, name), ...rest });
  };
  const { node, pointer, type } = state;
  const target = resultTarget(state);
  const kept = target ? { target } : {};
  const answer: Dollar = ['Task', 'Map', 'Parallel'].includes(type) ? 'result' : 'input';
  for (const name of ['Parameters', 'Arguments', 'ItemSelector']) {
    add(
      name,
      node,
      pointer,
      type === 'Pass' ? { role: 'state', dollar: 'input', ...kept } : { role: 'payload', dollar: 'input' },
    );
  }
  for (const [holder, name] of [
    ['ItemBatcher', 'BatchInput'],
    ['ItemReader', 'Parameters'],
    ['ItemReader', 'Arguments'],
    ['ResultWriter', 'Parameters'],
    ['ResultWriter', 'Arguments'],
  ] as const) {
    const inner = valueOf(node, holder);
    if (inner) add(name, inner, [...pointer, holder], { role: 'payload', dollar: 'input' });
  }
  add('ResultSelector', node, pointer, { role: 'state', dollar: 'result', ...kept });
  add('Result', node, pointer, { role: 'state', dollar: 'input', ...kept });
  for (const { node: holder, pointer: at } of outcomes(state)) {
    add('Output', holder, at, { role: 'state', dollar: answer, target: ['input'] });
    add('Assign', holder, at, { role: 'state', dollar: answer, target: [] });
  }
  return found;
}

/** True for what a Map makes each item with. */
export function isSelector({ state, name, node }: TemplateField): boolean {
  return state.type === 'Map' && ['Parameters', 'ItemSelector'].includes(name) && node === valueOf(state.node, name);
}

export function selectorOf(map: State): TemplateField | undefined {
  return templateFields(map).find(isSelector);
}

/** The state itself, and each of its catchers and choices: what says how it goes on. */
function outcomes({ node, pointer }: State): readonly { readonly node: AslNode; readonly pointer: Pointer }[] {
  const lists = ['Catch', 'Choices'].flatMap((name) =>
    (valueOf(node, name)?.items ?? []).map((item, index) => ({
      node: item,
      pointer: [...pointer, name, String(index)],
    })),
  );
  return [{ node, pointer }, ...lists];
}

function pointerBelow({ scope, pointer }: State, at: Pointer, name: string): Pointer {
  return scope.machine.isEmbedded ? pointer : [...at, name];
}

/** Where the result of a state goes; undefined when it is thrown away. */
export function resultTarget({ node, language }: State): readonly string[] | undefined {
  if (language === 'JSONata') return ['input'];
  const path = valueOf(node, 'ResultPath');
  if (path?.kind === 'null') return undefined;
  const reference = path && readExpression(path, 'JSONPath', 'input')?.path;
  return ['input', ...(reference?.steps.map(({ name }) => name) ?? [])];
}

/** The objects of a template, the outermost first. An array's elements have no place that a path leads to. */
export function templateObjects(field: TemplateField): readonly TemplateObject[] {
  const found: TemplateObject[] = [];
  const visit = (node: AslNode, pointer: Pointer, target: readonly string[] | undefined): void => {
    const isEmbedded = field.state.scope.machine.isEmbedded;
    const below = (name: string): Pointer => (isEmbedded ? pointer : [...pointer, name]);
    node.items?.forEach((item, index) => {
      visit(item, below(String(index)), undefined);
    });
    if (!node.members) return;
    const entries = node.members.map((member, index) => readEntry(field, member, index));
    found.push({ field, node, pointer, entries, ...(target && { target }) });
    for (const { name, member } of entries)
      visit(member.value, below(member.name), target && entryTarget(target, name));
  };
  visit(field.node, field.pointer, field.target);
  return found;
}

/** A string of a JSONata template that is not the value of a member: the whole field, or an element of an array. */
export interface LooseString {
  readonly node: AslNode;
  readonly pointer: Pointer;
  readonly expression: Expression;
}

export function looseStrings({ node: root, pointer: top, state, dollar }: TemplateField): readonly LooseString[] {
  if (state.language !== 'JSONata') return [];
  const { isEmbedded } = state.scope.machine;
  const visit = (node: AslNode, pointer: Pointer): readonly LooseString[] => {
    const expression = readExpression(node, 'JSONata', dollar);
    if (expression) return [{ node, pointer, expression }];
    const below = (name: string): Pointer => (isEmbedded ? pointer : [...pointer, name]);
    const items = (node.items ?? []).flatMap((item, index) => visit(item, below(String(index))));
    return [
      ...items,
      ...(node.members ?? []).flatMap(({ name, value }) => (value.text === undefined ? visit(value, below(name)) : [])),
    ];
  };
  return visit(root, top);
}

/** The first name below `Assign` is a variable's. */
export function entryTarget(target: readonly string[], name: string): readonly string[] {
  return target.length === 0 ? [`$${name}`] : [...target, name];
}

function readEntry({ state, dollar, name: field }: TemplateField, member: AslMember, index: number): Entry {
  const isPath = state.language === 'JSONPath' && member.name.endsWith('.$') && field !== 'Result';
  const name = isPath ? member.name.slice(0, -2) : member.name;
  const expression =
    isPath || state.language === 'JSONata' ? readExpression(member.value, state.language, dollar) : undefined;
  return { name, member, index, ...(expression && { expression }) };
}

/** The path in a field of a state, such as `InputPath`. */
export function pathField(state: State, name: string): Expression | undefined {
  const node = valueOf(state.node, name);
  return node && readExpression(node, 'JSONPath', 'input');
}
