import { valueOf } from '../read/node.js';
import { readExpression } from './expressions.js';
import { BAG_NAMES, MAP } from './names.js';
import type { Reference } from './reference.js';
import type { Scope, State } from './states.js';
import { pathField, templateFields, templateObjects } from './templates.js';
import type { TemplateObject } from './templates.js';
import { inputNames, inputWritings, placeOf, stateWritings } from './writings.js';
import type { Place, Writing } from './writings.js';

/** Whose program a value is: the workflow's own, or that of a branch, which has no other copy of it; or none. */
export type Origin = 'program' | 'branch' | 'nothing';

/** Where a place leads: to origins, or to further places. */
interface Lead {
  readonly origins?: ReadonlySet<Origin>;
  readonly places?: readonly Place[];
}

const BRANCH = /branch/i;
const CLEARED: Lead = { origins: new Set(['nothing']) };

/** A state that takes a part of its own output grows a path without end; no real one is as long. */
const LONGEST_PATH = 32;

/** Places looked at for one value. Beyond that it counts as unknown, that is as the workflow's own. */
const MOST_PLACES = 5000;

/**
 * Follows values through the states of a machine, in whatever order these may run: a value has the origins of everything
 * that is ever put in its place. Sees one machine.
 */
export class Origins {
  readonly #scopes = new Map<Scope, WritingIndex>();
  readonly #variables: WritingIndex;
  readonly #known = new Map<string, ReadonlySet<Origin>>();

  constructor(scopes: readonly Scope[]) {
    const writings = scopes.map((scope) => [scope, [...inputWritings(scope), ...scope.states.flatMap(stateWritings)]] as const);
    for (const [scope, own] of writings) this.#scopes.set(scope, new WritingIndex(own));
    this.#variables = new WritingIndex(writings.flatMap(([, own]) => own).filter(({ target }) => target[0]?.startsWith('$')));
  }

  /** Origins of what a reference reads; of the member `upTo` at most, counted in steps. */
  ofReference(state: State, { root, steps }: Reference, upTo = steps.length): ReadonlySet<Origin> {
    const names = steps.slice(0, upTo).map(({ name }) => name);
    const origins = this.#of({ state, root, names });
    // A place that only takes from itself was filled before; a function may answer with more than it was given.
    const isUnknown = origins.size === 0 || (root === 'result' && !origins.has('program') && !origins.has('branch'));
    return isUnknown ? guess(names) : origins;
  }

  /** Origins of everything that is put in one place of a scope's data. */
  ofTarget(state: State, [root = '', ...names]: readonly string[]): ReadonlySet<Origin> {
    return this.#of({ state, root, names, isRaw: true });
  }

  /** The objects that are written out for a place, such as the one a `ResultSelector` makes; all of them. */
  objectsAt(state: State, target: readonly string[]): readonly TemplateObject[] {
    const index = target[0]?.startsWith('$') ? this.#variables : this.#scopes.get(state.scope);
    return index?.objectsAt(target) ?? [];
  }

  #of(start: Place): ReadonlySet<Origin> {
    const key = keyOf(start);
    const known = this.#known.get(key) ?? this.#search(start);
    this.#known.set(key, known);
    return known;
  }

  /** Goes from place to place, each once. */
  #search(start: Place): ReadonlySet<Origin> {
    const origins = new Set<Origin>();
    const queue = new Map([[keyOf(start), start]]);
    for (const place of queue.values()) {
      const lead = this.#lead(place);
      for (const origin of lead.origins ?? []) origins.add(origin);
      for (const next of lead.places ?? []) {
        if (queue.size < MOST_PLACES && next.names.length <= LONGEST_PATH && !queue.has(keyOf(next))) queue.set(keyOf(next), next);
      }
    }
    return origins;
  }

  #lead(place: Place): Lead {
    if (place.root === 'context') return leadOfContext(place);
    if (place.root === 'result') return leadOfResult(place);
    const target = targetOf(place);
    const index = place.root === 'input' ? this.#scopes.get(place.state.scope) : this.#variables;
    const writings = index?.nearest(target) ?? [];
    if (writings.length === 0) return { origins: guess(place.names) };
    const places = writings.flatMap(({ from, target: at }) => (from ? [{ ...from, names: [...from.names, ...target.slice(at.length)] }] : []));
    return { places, ...(writings.some(({ from }) => !from) && CLEARED) };
  }
}

/** Finds what was put nearest to a place; an object that is written out says itself what is in it. */
class WritingIndex {
  readonly #values = new Map<string, Writing[]>();
  readonly #objects = new Map<string, TemplateObject[]>();

  constructor(writings: readonly Writing[]) {
    for (const writing of writings) {
      const key = JSON.stringify(writing.target);
      if (writing.object) this.#objects.set(key, append(this.#objects.get(key), writing.object));
      else this.#put(key, writing);
    }
  }

  /** The same value put in the same place by many states is one. */
  #put(key: string, writing: Writing): void {
    const values = this.#values.get(key) ?? [];
    const from = writing.from && keyOf(writing.from);
    const isKnown = values.slice(-1).some((other) => (other.from && keyOf(other.from)) === from);
    if (!isKnown) values.push(writing);
    this.#values.set(key, values);
  }

  nearest(target: readonly string[]): readonly Writing[] {
    for (let length = target.length; length > 0; length -= 1) {
      const found = this.#values.get(JSON.stringify(target.slice(0, length)));
      if (found) return found;
    }
    return [];
  }

  objectsAt(target: readonly string[]): readonly TemplateObject[] {
    return this.#objects.get(JSON.stringify(target)) ?? [];
  }
}

function append<T>(list: T[] | undefined, value: T): T[] {
  if (!list) return [value];
  list.push(value);
  return list;
}

/** All states of a scope see the same data; results and items are a state's own. */
function keyOf(place: Place): string {
  const { state, root } = place;
  if (root === 'result' || root === 'context') return JSON.stringify([state.path, root, place.names]);
  return JSON.stringify([root === 'input' ? scopeOf(state) : '', targetOf(place)]);
}

/** Branches of one Parallel state have one owner, and are told apart by where they are written. */
function scopeOf({ scope, path }: State): unknown {
  return [path.slice(0, -1), scope.startAt, scope.states[0]?.node.start];
}

function targetOf({ state, root, names, isRaw }: Place): readonly string[] {
  return root === 'input' && !isRaw ? ['input', ...inputNames(state), ...names] : [root, ...names];
}

/** A function that is given a map, or a bag with one, answers with that one where the bag has it. */
function leadOfResult({ state, names }: Place): Lead {
  const isOfBag = names.at(-1) === MAP && names.slice(0, -1).every((name) => name === 'Payload' || BAG_NAMES.includes(name));
  const places = isOfBag ? mapsGiven(state) : [];
  return places.length === 0 ? { origins: guess(names) } : { places };
}

function leadOfContext({ state, names }: Place): Lead {
  const rest = names.slice(3);
  if (names.slice(0, 3).join('.') !== 'Map.Item.Value') return { origins: guess(names) };
  const map = state.type === 'Map' ? state : state.scope.owner;
  const items = map && itemsReference(map);
  if (!map || !items) return { origins: guess(rest) };
  if (BRANCH.test(items.steps.findLast(({ name }) => name !== '*')?.name ?? '')) return { origins: new Set(['branch']) };
  return { places: [{ state: map, root: items.root, names: [...items.steps.map(({ name }) => name), '*', ...rest] }] };
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
