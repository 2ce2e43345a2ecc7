import { valueOf } from '../read/node.js';
import { BAG_NAMES } from '../flow/names.js';
import { namesOf } from '../flow/reference.js';
import type { Reference } from '../flow/reference.js';
import type { State } from '../flow/states.js';
import { looseStrings, templateFields, templateObjects } from '../flow/templates.js';
import { inputNames } from '../flow/writings.js';
import type { Examination } from './examination.js';

/** Members of a task's parameters that are the event of a function, or a bag in it. */
const EVENTS: readonly string[] = ['Payload', ...BAG_NAMES];

/** True when a task hands on all that is in a place, so that what is there must say whose it is. */
export function isHandedOn({ scope }: State, target: readonly string[], { scopes }: Examination): boolean {
  const key = JSON.stringify(target);
  const seeing = target[0] === 'input' ? [scope] : scopes;
  return seeing.flatMap(({ states }) => states).some((state) => state.type === 'Task' && placesGiven(state).some((place) => JSON.stringify(place) === key));
}

function placesGiven(state: State): readonly (readonly string[])[] {
  if (!valueOf(state.node, 'Parameters') && !valueOf(state.node, 'Arguments')) return [['input', ...inputNames(state)]];
  const fields = templateFields(state).filter(({ role }) => role === 'payload');
  const members = fields.flatMap(templateObjects).flatMap(({ entries }) => entries.flatMap(({ name, expression }) => (EVENTS.includes(name) ? [expression?.path] : [])));
  const whole = fields.flatMap(looseStrings).map(({ expression }) => expression.path);
  return [...members, ...whole].flatMap((path) => (path ? [placeIn(state, path)] : []));
}

function placeIn(state: State, path: Reference): readonly string[] {
  return path.root === 'input' ? ['input', ...inputNames(state), ...namesOf(path)] : [path.root, ...namesOf(path)];
}
