import { valueOf } from '../read/node.js';
import { readExpression } from './expressions.js';
import { BAG_NAMES, MAP, isProgramField } from './names.js';
import type { Reference } from './reference.js';
import type { Scope, State } from './states.js';
import { pathField, templateFields, templateObjects } from './templates.js';
import type { Entry, TemplateObject } from './templates.js';
import { inputNames, inputWritings, placeOf, stateWritings, writingKey } from './writings.js';
import type { Place } from './writings.js';
import { WritingIndex } from './writing-index.js';

/**
 * Whose program a value is: the workflow's own, or that of a branch, which has no other copy of it; or none. `made`: it
 * is not that program as it was, or not known to be.
 */
export type Origin = 'program' | 'branch' | 'nothing' | 'made';

/** Where a place leads: to origins, or to further places. */
interface Lead {
  readonly origins?: ReadonlySet<Origin>;
  readonly places?: readonly Place[];
  readonly keys?: readonly string[];
}

const BRANCH = /branch/i;

/** A state that takes a part of its own output grows a path without end; no real one is as long. */
const LONGEST_PATH = 32;

/** Places looked at for one value. Beyond that it counts as unknown, that is as the workflow's own. */
const MOST_PLACES = 5000;

/**
 * Follows values through the states of a machine, in whatever order these may run: a value has the origins of
 * everything that is ever put in its place. Sees one machine.
 */
export class Origins {
  readonly #scopes = new Map<Scope, WritingIndex>();
  readonly #variables: WritingIndex;
  readonly #known = new Map<string, Found>();

  /** `left` are the keys of values that stay as they are, so that no path comes to the place of what they write. */
  constructor(
    scopes: readonly Scope[],
    private readonly left: ReadonlySet<string>,
  ) {
    const writings = scopes.map(
      (scope) => [scope, [...inputWritings(scope), ...scope.states.flatMap(stateWritings)]] as const,
    );
    for (const [scope, own] of writings) this.#scopes.set(scope, new WritingIndex(own, left, keyOf));
    this.#variables = new WritingIndex(
      writings.flatMap(([, own]) => own).filter(({ target }) => target[0]?.startsWith('$')),
      left,
      keyOf,
    );
  }

  /** Origins of what a reference reads; of the member `upTo` at most, counted in steps. */
  ofReference(state: State, { root, steps }: Reference, upTo = steps.length): ReadonlySet<Origin> {
    const names = steps.slice(0, upTo).map(({ name }) => name);
    const { origins } = this.#of({ state, root, names });
    const [hasOwner, isMade] = [origins.has('program') || origins.has('branch'), origins.has('made')];
    // A place that only takes from itself was filled before, and one that is emptied was full; a function may answer
    // with more.
    return !hasOwner ? new Set([...guess(names), ...(isMade ? ['made' as const] : [])]) : origins;
  }

  /** Names on the way to where a value comes from, its own included. */
  namesBehind(state: State, { root, steps }: Reference): ReadonlySet<string> {
    return this.#of({ state, root, names: steps.map(({ name }) => name) }).names;
  }

  /** What the values are known by that come to what a reference reads. */
  keysBehind(state: State, { root, steps }: Reference, upTo = steps.length): ReadonlySet<string> {
    return this.#of({ state, root, names: steps.slice(0, upTo).map(({ name }) => name) }).keys;
  }

  /** Origins of everything that is put in one place of a scope's data. */
  ofTarget(state: State, [root = '', ...names]: readonly string[]): ReadonlySet<Origin> {
    return this.#of({ state, root, names, isRaw: true }).origins;
  }

  /** The objects that are written out for a place, such as the one a `ResultSelector` makes; all of them. */
  objectsAt(state: State, target: readonly string[]): readonly TemplateObject[] {
    const index = target[0]?.startsWith('$') ? this.#variables : this.#scopes.get(state.scope);
    return index?.objectsAt(target) ?? [];
  }

  /** True when what is in a place may have been put in another one first. */
  comesFrom(place: Place, state: State, [root = '', ...names]: readonly string[]): boolean {
    return this.#of(place).places.has(keyOf({ state, root, names, isRaw: true }));
  }

  #of(start: Place): Found {
    const key = keyOf(start);
    const known = this.#known.get(key) ?? this.#search(start);
    this.#known.set(key, known);
    return known;
  }

  /** Goes from place to place, each once. */
  #search(start: Place): Found {
    const origins = new Set<Origin>();
    const names = new Set<string>();
    const keys = new Set<string>();
    const queue = new Map([[keyOf(start), start]]);
    for (const place of queue.values()) {
      const lead = this.#lead(place);
      for (const name of targetOf(place)) names.add(name.startsWith('$') ? name.slice(1) : name);
      for (const origin of lead.origins ?? []) origins.add(origin);
      for (const key of lead.keys ?? []) keys.add(key);
      for (const next of lead.places ?? []) {
        if (queue.size < MOST_PLACES && next.names.length <= LONGEST_PATH && !queue.has(keyOf(next)))
          queue.set(keyOf(next), next);
      }
    }
    if (queue.size >= MOST_PLACES) origins.add('program').add('made');
    return { origins, names, keys, places: new Set(queue.keys()) };
  }

  /** What a Map or a Parallel state answers with is the data that its items or branches end with. */
  #leadOfResult(place: Place): Lead {
    const inner = [...this.#scopes.keys()]
      .filter(({ owner }) => owner === place.state)
      .flatMap(({ states }) => states.slice(0, 1));
    const lead = leadOfResult(place, this.left);
    const names = place.names[0] === '*' ? place.names.slice(1) : place.names;
    return {
      ...lead,
      places: [
        ...(lead.places ?? []),
        ...inner.map((state) => ({ state, root: 'input', names, isRaw: true as const })),
      ],
    };
  }

  #lead(place: Place): Lead {
    if (place.root === 'context') return leadOfContext(place);
    if (place.root === 'result') return this.#leadOfResult(place);
    const target = targetOf(place);
    const index = place.root === 'input' ? this.#scopes.get(place.state.scope) : this.#variables;
    const writings = index?.nearest(target) ?? [];
    const isVariable = place.root.startsWith('$');
    const isMade = index?.isMade(target) === true || (isVariable && writings.length === 0) || isChosen(place);
    const origins = new Set<Origin>(isMade ? ['made'] : []);
    if (writings.length === 0) return { origins: new Set([...origins, ...guess(place.names)]) };
    for (const { from, isMade } of writings) if (!from) origins.add(isMade ? 'program' : 'nothing');
    // What is written out is there on some ways only; on the others it is what the first state was given.
    const isPartial = writings.every(({ from }) => !from) || writings.some(({ from, isEmpty }) => !from && !isEmpty);
    if (!isVariable && isPartial) for (const origin of guess(place.names)) origins.add(origin);
    const places = writings.flatMap(({ from, target: at }) =>
      from ? [{ ...from, names: [...from.names, ...target.slice(at.length)] }] : [],
    );
    return { places, origins, keys: index?.keysNearest(target) ?? [] };
  }
}

/** What is found behind a place. */
interface Found {
  readonly origins: ReadonlySet<Origin>;
  readonly names: ReadonlySet<string>;
  /** What the values are known by that are put in these places. */
  readonly keys: ReadonlySet<string>;
  /** Keys of the places on the way, its own included. */
  readonly places: ReadonlySet<string>;
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

/** True for what lies in one of several inputs that an `InputPath` leads to. */
function isChosen({ state, root, isRaw }: Place): boolean {
  return (
    root === 'input' && !isRaw && state.language === 'JSONPath' && pathField(state, 'InputPath')?.path?.isMany === true
  );
}

/** A function that is given a map, or a bag with one, answers with that one where the bag has it. */
function leadOfResult({ state, names }: Place, left: ReadonlySet<string>): Lead {
  const isOfBag =
    isProgramField(names.at(-1) ?? '') &&
    names.slice(0, -1).every((name) => name === 'Payload' || BAG_NAMES.includes(name));
  if (!isOfBag) return { origins: guess(names) };
  const places = names.at(-1) === MAP ? mapsGiven(state) : [];
  const made: readonly Origin[] = isGivenMade(state, left) ? ['made'] : [];
  return places.length === 0 ? { origins: new Set([...guess(names), ...made]) } : { places, origins: new Set(made) };
}

/** True when a state hands its function a field that is made of something. */
function isGivenMade(state: State, left: ReadonlySet<string>): boolean {
  return (
    state.type === 'Task' &&
    entriesGiven(state).some(
      ({ name, expression, member: { value } }) =>
        isProgramField(name) && (left.has(writingKey(value)) || (expression !== undefined && !expression.path)),
    )
  );
}

/** Members of what a state hands to its function. */
function entriesGiven(state: State): readonly Entry[] {
  return templateFields(state)
    .filter(({ role }) => role === 'payload')
    .flatMap(templateObjects)
    .flatMap(({ entries }) => entries);
}

function leadOfContext({ state, names }: Place): Lead {
  const rest = names.slice(3);
  if (names.slice(0, 3).join('.') !== 'Map.Item.Value') return { origins: guess(names) };
  const map = state.type === 'Map' ? state : state.scope.owner;
  const items = map && itemsReference(map);
  const isComputed = map !== undefined && !items && valueOf(map.node, 'Items') !== undefined;
  if (!map || !items) return { origins: new Set([...guess(rest), ...(isComputed ? ['made' as const] : [])]) };
  if (BRANCH.test(items.steps.findLast(({ name }) => name !== '*')?.name ?? ''))
    return { origins: new Set(['branch']) };
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
  return entriesGiven(state).flatMap(({ name, expression }) => {
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
