import { textOf } from '../read/node.js';
import { readExpression } from './expressions.js';
import type { Reference } from './reference.js';
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
  /** The object that was put there, when it is written out. */
  readonly object?: TemplateObject;
}

/** What the first state of a scope gets. A machine's own input comes from nowhere. */
export function inputWritings({ owner }: Scope): readonly Writing[] {
  if (!owner) return [];
  const selector = templateFields(owner).find(({ name }) => ['Parameters', 'ItemSelector', 'Arguments'].includes(name));
  if (selector) return fieldWritings({ ...selector, target: ['input'] });
  const whole: Place = owner.type === 'Map' ? { state: owner, root: 'context', names: ['Map', 'Item', 'Value'] } : { state: owner, root: 'input', names: [] };
  return [{ target: ['input'], from: whole }];
}

export function stateWritings(state: State): readonly Writing[] {
  const fields = templateFields(state).filter(({ role }) => role === 'state');
  const isTold = fields.some(({ name }) => ['ResultSelector', 'Parameters', 'Result', 'Output'].includes(name));
  return [...fields.flatMap(fieldWritings), ...(isTold ? [] : untold(state)), ...outputPathWritings(state)];
}

/** A result that goes into the data as it is. */
function untold(state: State): readonly Writing[] {
  const target = resultTarget(state);
  if (!target) return [];
  if (['Task', 'Map', 'Parallel'].includes(state.type)) return [{ target, from: { state, root: 'result', names: [] } }];
  const isCopy = state.type === 'Pass' && state.language === 'JSONPath' && inputNames(state).length > 0;
  return isCopy ? [{ target, from: { state, root: 'input', names: [] } }] : [];
}

function outputPathWritings(state: State): readonly Writing[] {
  const path = state.language === 'JSONPath' ? pathField(state, 'OutputPath')?.path : undefined;
  if (!path || path.steps.length === 0) return [];
  return [{ target: ['input'], from: { ...placeOf(state, path), isRaw: true } }];
}

function fieldWritings(field: TemplateField): readonly Writing[] {
  const whole = readExpression(field.node, field.state.language, field.dollar)?.path;
  if (whole && field.target && field.state.language === 'JSONata') return [{ target: field.target, from: placeOf(field.state, whole) }];
  return templateObjects(field).flatMap((object) => {
    const { target, entries } = object;
    if (!target) return [];
    const members = entries.flatMap(({ name, expression, member }) => {
      const at = entryTarget(target, name);
      const reference = expression?.path ?? expression?.references[0];
      if (reference) return [{ target: at, from: placeOf(field.state, reference) }];
      return member.value.members ? [] : [{ target: at }];
    });
    return [{ target, object }, ...members];
  });
}

/** `$` in a state with an `InputPath` is what that leads to. */
export function inputNames(state: State): readonly string[] {
  if (state.language === 'JSONata' || textOf(state.node, 'InputPath') === undefined) return [];
  return pathField(state, 'InputPath')?.path?.steps.map(({ name }) => name) ?? [];
}

export function placeOf(state: State, { root, steps }: Reference): Place {
  return { state, root, names: steps.map(({ name }) => name) };
}
