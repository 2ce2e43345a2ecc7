import { valueOf } from '../read/node.js';
import { BAG_NAMES } from '../flow/names.js';
import type { State } from '../flow/states.js';
import { looseStrings, templateFields, templateObjects } from '../flow/templates.js';
import { placeOf } from '../flow/writings.js';
import type { Place } from '../flow/writings.js';
import { once } from '../once.js';
import type { Examination } from './examination.js';

/** Members of a task's parameters that are the event of a function, or a bag in it. */
const EVENTS: readonly string[] = ['Payload', ...BAG_NAMES];

/**
 * True when a task hands on all that is in a place, or was, or what that is a bag in, so that what is there must say
 * whose it is.
 */
export function isHandedOn(state: State, target: readonly string[], examination: Examination): boolean {
  const isBehindTasks = reachFromTasks(examination);
  return wholesOf(target).some((whole) => isBehindTasks(state, whole));
}

const reachFromTasks = once(({ scopes, origins }: Examination) =>
  origins.reachFrom(
    scopes
      .flatMap(({ states }) => states)
      .filter(({ type }) => type === 'Task')
      .flatMap(placesGiven),
  ),
);

/** A reader looks for a bag in what it is given, as often as they nest. */
function wholesOf(target: readonly string[]): readonly (readonly string[])[] {
  const isInside = target.length > 1 && EVENTS.includes(target.at(-1)!);
  return isInside ? [target, ...wholesOf(target.slice(0, -1))] : [target];
}

function placesGiven(state: State): readonly Place[] {
  if (!valueOf(state.node, 'Parameters') && !valueOf(state.node, 'Arguments'))
    return [{ state, root: 'input', names: [] }];
  const fields = templateFields(state).filter(({ role }) => role === 'payload');
  const members = fields
    .flatMap(templateObjects)
    .flatMap(({ entries }) =>
      entries.flatMap(({ name, expression }) => (EVENTS.includes(name) ? [expression?.path] : [])),
    );
  const whole = fields.flatMap(looseStrings).map(({ expression }) => expression.path);
  return [...members, ...whole].flatMap((path) => (path ? [placeOf(state, path)] : []));
}
