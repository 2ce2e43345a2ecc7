import type { Scope, State } from './states.js';
import { pathField } from './templates.js';
import { inputNames } from './writings.js';
import type { Place } from './writings.js';

/** All states of a scope see the same data; results and items are a state's own. */
export function keyPlace(place: Place): string {
  const { state, root } = place;
  if (root === 'result' || root === 'context') return `${keyState(state)}${JSON.stringify([root, place.names])}`;
  return `${root === 'input' ? keyScope(state) : ''}${JSON.stringify(targetOf(place))}`;
}

/** Where a place is, seen from the outside of its state: `input` or a variable's name, then names. */
export function targetOf({ state, root, names, isRaw }: Place): readonly string[] {
  return root === 'input' && !isRaw ? ['input', ...inputNames(state), ...names] : [root, ...names];
}

/** True for what is in one of several inputs that an `InputPath` leads to. */
export function isChosen({ state, root, isRaw }: Place): boolean {
  return (
    root === 'input' && !isRaw && state.language === 'JSONPath' && pathField(state, 'InputPath')?.path?.isMany === true
  );
}

const SCOPES = new WeakMap<Scope, string>();
const STATES = new WeakMap<State, string>();

/** Branches of one Parallel state have one owner, and are told apart by where they are written. */
function keyScope({ scope, path }: State): string {
  const known = SCOPES.get(scope);
  if (known !== undefined) return known;
  const key = JSON.stringify([path.slice(0, -1), scope.startAt, scope.states[0]?.node.start]);
  SCOPES.set(scope, key);
  return key;
}

function keyState(state: State): string {
  const known = STATES.get(state) ?? JSON.stringify(state.path);
  STATES.set(state, known);
  return known;
}
