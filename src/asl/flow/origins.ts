import { textOf, valueOf } from '../read/node.js';
import { readExpression } from './expressions.js';
import { BAG_NAMES, MAP } from './names.js';
import type { Reference } from './reference.js';
import type { Scope, State } from './states.js';
import { entryTarget, pathField, resultTarget, templateFields, templateObjects } from './templates.js';
import type { TemplateField, TemplateObject } from './templates.js';

/** Whose program a value is: the workflow's own, or that of a branch, which has no other copy of it; or none. */
export type Origin = 'program' | 'branch' | 'nothing';

/** A place that is read, seen from a state. */
interface Place {
  readonly state: State;
  readonly root: string;
  readonly names: readonly string[];
}

/** What was put somewhere: from a place, or nothing. */
interface Writing {
  readonly target: readonly string[];
  readonly from?: Place;
  /** The object that was put there, when it is written out. */
  readonly object?: TemplateObject;
}

const BRANCH = /branch/i;
const UNKNOWN: ReadonlySet<Origin> = new Set();
const CLEARED: ReadonlySet<Origin> = new Set(['nothing']);

/** A state that takes a part of its own output grows a path without end; no real one is as long. */
const LONGEST_PATH = 32;

/** Places looked at for one value. Beyond that it counts as unknown, that is as the workflow's own. */
const MOST_PLACES = 5000;

/**
 * Follows values through the states of a machine, in whatever order these may run: a value has the origins of everything
 * that is ever put in its place. Sees one machine.
 */
export class Origins {
  readonly #writings = new Map<Scope, readonly Writing[]>();
  readonly #variables: readonly Writing[];

  constructor(scopes: readonly Scope[]) {
    for (const scope of scopes) this.#writings.set(scope, [...inputWritings(scope), ...scope.states.flatMap(stateWritings)]);
    this.#variables = [...this.#writings.values()].flat().filter(({ target }) => target[0]?.startsWith('$'));
  }

  /** Origins of what a reference reads; of the member `upTo` at most, counted in steps. */
  ofReference(state: State, { root, steps }: Reference, upTo = steps.length): ReadonlySet<Origin> {
    const names = steps.slice(0, upTo).map(({ name }) => name);
    const origins = this.#of({ state, root, names }, new Set());
    // A place that only takes from itself was filled before; a function may answer with more than it was given.
    const isUnknown = origins.size === 0 || (root === 'result' && !origins.has('program') && !origins.has('branch'));
    return isUnknown ? guess(names) : origins;
  }

  /** Origins of everything that is put in one place of a scope's data. */
  ofTarget(state: State, [root = '', ...names]: readonly string[]): ReadonlySet<Origin> {
    return this.#of({ state: { ...state, node: { ...state.node, members: [] } }, root, names }, new Set());
  }

  /** The objects that are written out for a place, such as the one a `ResultSelector` makes; all of them. */
  objectsAt(state: State, target: readonly string[]): readonly TemplateObject[] {
    const writings = target[0]?.startsWith('$') ? this.#variables : (this.#writings.get(state.scope) ?? []);
    return writings.flatMap(({ target: at, object }) => (object && isSame(at, target) ? [object] : []));
  }

  #of(place: Place, seen: Set<string>): ReadonlySet<Origin> {
    const key = JSON.stringify([place.state.path, place.root, place.names]);
    if (seen.has(key) || seen.size > MOST_PLACES || place.names.length > LONGEST_PATH) return UNKNOWN;
    seen.add(key);
    if (place.root === 'context') return this.#ofContext(place, seen);
    if (place.root === 'result') return this.#ofResult(place, seen);
    const target = place.root === 'input' ? ['input', ...inputNames(place.state), ...place.names] : [place.root, ...place.names];
    const writings = longestPrefix(place.root === 'input' ? (this.#writings.get(place.state.scope) ?? []) : this.#variables, target);
    if (writings.length === 0) return guess(place.names);
    return union(writings.map((writing) => this.#ofWriting(writing, target.slice(writing.target.length), seen)));
  }

  #ofWriting({ from }: Writing, rest: readonly string[], seen: Set<string>): ReadonlySet<Origin> {
    if (!from) return CLEARED;
    return this.#of({ ...from, names: [...from.names, ...rest] }, seen);
  }

  /** A function that is given a map, or a bag with one, answers with that one where the bag has it. */
  #ofResult({ state, names }: Place, seen: Set<string>): ReadonlySet<Origin> {
    const isOfBag = names.at(-1) === MAP && names.slice(0, -1).every((name) => name === 'Payload' || BAG_NAMES.includes(name));
    if (!isOfBag) return guess(names);
    const given = mapsGiven(state);
    return given.length === 0 ? guess(names) : union(given.map((place) => this.#of(place, seen)));
  }

  #ofContext({ state, names }: Place, seen: Set<string>): ReadonlySet<Origin> {
    const rest = names.slice(3);
    if (names.slice(0, 3).join('.') !== 'Map.Item.Value') return guess(names);
    const map = state.type === 'Map' ? state : state.scope.owner;
    const items = map && itemsReference(map);
    if (!map || !items) return guess(rest);
    if (BRANCH.test(items.steps.findLast(({ name }) => name !== '*')?.name ?? '')) return new Set(['branch']);
    return this.#of({ state: map, root: items.root, names: [...items.steps.map(({ name }) => name), '*', ...rest] }, seen);
  }
}

/** The path that a Map takes its items from. */
export function itemsReference(map: State): Reference | undefined {
  const items = valueOf(map.node, 'Items');
  if (map.language === 'JSONata') return items && readExpression(items, 'JSONata', 'input')?.path;
  return pathField(map, 'ItemsPath')?.path;
}

/** Where the maps come from that a state hands to its function: by name, or in a bag. */
function mapsGiven(state: State): readonly Place[] {
  const entries = templateFields(state).filter(({ role }) => role === 'payload').flatMap(templateObjects).flatMap((object) => object.entries);
  return entries.flatMap(({ name, expression }) => {
    const path = expression?.path;
    if (!path) return [];
    const place = placeOf(state, path);
    if (name === MAP) return [place];
    const isBag = path.root === 'input' && (path.steps.length === 0 || BAG_NAMES.includes(path.steps.at(-1)!.name));
    return isBag ? [{ ...place, names: [...place.names, MAP] }] : [];
  });
}

/** With nothing known of where a value comes from, its name tells. */
function guess(names: readonly string[]): ReadonlySet<Origin> {
  const named = names.filter((name) => name !== '*');
  const isBranch = BRANCH.test(named.at(-2) ?? '') || /^inner_|branch/i.test(named.at(-1) ?? '');
  return new Set([isBranch ? 'branch' : 'program']);
}

/** `$` in a state with an `InputPath` is what that leads to. */
function inputNames(state: State): readonly string[] {
  if (state.language === 'JSONata' || textOf(state.node, 'InputPath') === undefined) return [];
  return pathField(state, 'InputPath')?.path?.steps.map(({ name }) => name) ?? [];
}

/** What the first state of a scope gets. A machine's own input comes from nowhere. */
function inputWritings({ owner }: Scope): readonly Writing[] {
  if (!owner) return [];
  const selector = templateFields(owner).find(({ name }) => ['Parameters', 'ItemSelector', 'Arguments'].includes(name));
  if (selector) return fieldWritings({ ...selector, target: ['input'] });
  const whole: Place = owner.type === 'Map' ? { state: owner, root: 'context', names: ['Map', 'Item', 'Value'] } : { state: owner, root: 'input', names: [] };
  return [{ target: ['input'], from: whole }];
}

function stateWritings(state: State): readonly Writing[] {
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
  return [{ target: ['input'], from: { state: { ...state, node: { ...state.node, members: [] } }, root: path.root, names: path.steps.map(({ name }) => name) } }];
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

function placeOf(state: State, { root, steps }: Reference): Place {
  return { state, root, names: steps.map(({ name }) => name) };
}

/** What was put nearest to a place, counts; an object that is written out says itself what is in it. */
function longestPrefix(writings: readonly Writing[], target: readonly string[]): readonly Writing[] {
  const values = writings.filter(({ target: at, object }) => object === undefined && at.length <= target.length && at.every((name, index) => name === target[index]));
  const longest = Math.max(0, ...values.map(({ target: at }) => at.length));
  return values.filter(({ target: at }) => at.length === longest);
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name, index) => name === other[index]);
}

function union(sets: readonly ReadonlySet<Origin>[]): ReadonlySet<Origin> {
  return new Set(sets.flatMap((set) => [...set]));
}
