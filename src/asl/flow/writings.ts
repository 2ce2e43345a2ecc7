import { textOf, valueOf } from '../read/node.js';
import type { AslNode } from '../read/node.js';
import { readExpression } from './expressions.js';
import { parseJsonPathText } from './json-path.js';
import { jsonataText } from './jsonata.js';
import { isProgramField } from './names.js';
import { namesOf } from './reference.js';
import type { Expression, MadeObject, MadeValue, Reference } from './reference.js';
import type { Scope, State } from './states.js';
import { entryTarget, pathField, resultTarget, templateFields, templateObjects } from './templates.js';
import type { TemplateField, TemplateObject } from './templates.js';

/** A place that is read, seen from a state. */
export interface Place {
  readonly state: State;
  readonly root: string;
  readonly names: readonly string[];
  /** Before the state's `InputPath`. */
  readonly isRaw?: true;
}

/** What was put somewhere: from a place, or nothing. */
export interface Writing {
  readonly target: readonly string[];
  readonly from?: Place;
  /** It is not what is in that place, but made of it, and perhaps of more. */
  readonly isMade?: true;
  /** It is written out and empty, so that no program is there any more. */
  readonly isEmpty?: true;
  /** The object that was put there, when it is written out. */
  readonly object?: TemplateObject;
  /** Keys of the values of the definition that write it. */
  readonly keys?: readonly string[];
}

/** What one value of the definition is known by, or one member in the expression in it. */
export function writingKey({ start }: AslNode, offset?: number): string {
  return offset === undefined ? String(start) : `${start}:${offset}`;
}

/** What the first state of a scope gets. A machine's own input comes from nowhere. */
export function inputWritings({ owner }: Scope): readonly Writing[] {
  if (!owner) return [];
  const selector = templateFields(owner).find(({ name }) => ['Parameters', 'ItemSelector', 'Arguments'].includes(name));
  if (selector) return fieldWritings({ ...selector, target: ['input'] });
  const whole: Place =
    owner.type === 'Map'
      ? { state: owner, root: 'context', names: ['Map', 'Item', 'Value'] }
      : { state: owner, root: 'input', names: [] };
  return [{ target: ['input'], from: whole }];
}

export function stateWritings(state: State): readonly Writing[] {
  const fields = templateFields(state).filter(({ role }) => role === 'state');
  const isTold = fields.some(({ name }) => ['ResultSelector', 'Parameters', 'Result', 'Output'].includes(name));
  return [
    ...fields.flatMap(fieldWritings),
    ...(isTold ? [] : untold(state)),
    ...outputPathWritings(state),
    ...caughtWritings(state),
  ];
}

/** A result that goes into the data as it is. */
function untold(state: State): readonly Writing[] {
  const target = resultTarget(state);
  if (!target) return [];
  const keys = resultKeys(state);
  if (['Task', 'Map', 'Parallel'].includes(state.type))
    return [{ target, keys, from: { state, root: 'result', names: [] } }];
  const isCopy = state.type === 'Pass' && state.language === 'JSONPath' && inputNames(state).length > 0;
  const isMade = pathField(state, 'InputPath')?.path?.isMany;
  return isCopy ? [{ target, keys, from: { state, root: 'input', names: [] }, ...(isMade && { isMade }) }] : [];
}

function resultKeys({ node, language }: State): readonly string[] {
  const path = language === 'JSONPath' ? valueOf(node, 'ResultPath') : undefined;
  return path ? [writingKey(path)] : [];
}

function outputPathWritings(state: State): readonly Writing[] {
  const path = state.language === 'JSONPath' ? pathField(state, 'OutputPath')?.path : undefined;
  if (!path || path.steps.length === 0) return [];
  return [{ target: ['input'], from: { ...placeOf(state, path), isRaw: true }, ...(path.isMany && { isMade: true }) }];
}

/** An error that a catcher puts over a field, or into it. */
function caughtWritings({ node, language }: State): readonly Writing[] {
  if (language === 'JSONata') return [];
  return (valueOf(node, 'Catch')?.items ?? []).flatMap((catcher) => {
    const path = valueOf(catcher, 'ResultPath');
    const reference = path?.text === undefined ? undefined : parseJsonPathText(path.text, 'input')?.path;
    const target = ['input', ...(reference ? namesOf(reference) : [])];
    return path && isInField(target) ? [{ target, keys: [writingKey(path)], isMade: true as const }] : [];
  });
}

function fieldWritings(field: TemplateField): readonly Writing[] {
  const { state, node, target, dollar } = field;
  const keys = field.role === 'payload' || ['Output', 'Assign'].includes(field.name) ? [] : resultKeys(state);
  if (target && !node.members)
    return valueWritings(
      state,
      { target, keys: [...keys, writingKey(node)] },
      state.language === 'JSONata' ? readExpression(node, 'JSONata', dollar) : undefined,
      node,
    );
  return templateObjects(field).flatMap((object) => {
    if (!object.target) return [];
    const at = object.target;
    const members = object.entries.flatMap(({ name, expression, member: { value } }) => {
      const writing: Writing = { target: entryTarget(at, name), keys: [...keys, writingKey(value)] };
      if (expression) return valueWritings(state, writing, expression, value);
      const isObject = value.members !== undefined && !(isProgramField(name) && value.members.length > 0);
      return isObject ? [] : [literalWriting(writing, value)];
    });
    return [{ target: at, object }, ...members];
  });
}

/** `writing` is what is known without a look at the value. */
function valueWritings(
  state: State,
  writing: Writing,
  value: MadeValue | undefined,
  node: AslNode,
): readonly Writing[] {
  const sources = value ? sourcesOf(value) : [];
  if (value?.path)
    return [{ ...writing, from: placeOf(state, value.path), ...(value.path.isMany && { isMade: true }) }];
  if (value?.made) return madeWritings(state, writing, value.made, node);
  return sources.length === 0
    ? [literalWriting(writing, node)]
    : sources.map((source) => ({ ...writing, from: placeOf(state, source), isMade: true }));
}

/** What is put over a field, or has members of its own that are not followed, is not what was there before. */
function literalWriting(writing: Writing, node: AslNode): Writing {
  if (isEmptyValue(node)) return isInField(writing.target) ? { ...writing, isEmpty: true } : writing;
  const isScalar = node.items === undefined && node.members === undefined && jsonataText(node.text ?? '') === undefined;
  return isScalar && !isInField(writing.target) ? writing : { ...writing, isMade: true };
}

function isEmptyValue({ kind, text, items, members }: AslNode): boolean {
  return kind === 'null' || text?.trim() === '' || items?.length === 0 || members?.length === 0;
}

function isInField(target: readonly string[]): boolean {
  return target.some((name, at) => isProgramField(at === 0 ? name.slice(1) : name));
}

function madeWritings(
  state: State,
  writing: Writing,
  { base, members }: MadeObject,
  node: AslNode,
): readonly Writing[] {
  const inner = members.flatMap((member) => {
    const own = [...(writing.keys ?? []).filter((key) => key !== writingKey(node)), writingKey(node, member.keyStart)];
    return valueWritings(state, { target: entryTarget(writing.target, member.name), keys: own }, member, node);
  });
  return base ? [{ ...writing, from: placeOf(state, base) }, ...inner] : inner;
}

/** What a value is made of; a chosen element is not made of what says which. */
export function sourcesOf({ references, call }: MadeValue & Pick<Expression, 'call'>): readonly Reference[] {
  return call?.name === 'States.ArrayGetItem' ? references.slice(0, 1) : references;
}

/** `$` in a state with an `InputPath` is what that leads to. */
export function inputNames(state: State): readonly string[] {
  if (state.language === 'JSONata' || textOf(state.node, 'InputPath') === undefined) return [];
  return pathField(state, 'InputPath')?.path?.steps.map(({ name }) => name) ?? [];
}

export function placeOf(state: State, { root, steps }: Reference): Place {
  return { state, root, names: steps.map(({ name }) => name) };
}
