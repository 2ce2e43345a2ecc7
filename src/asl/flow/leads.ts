import { valueOf } from '../read/node.js';
import { readExpression } from './expressions.js';
import { BAG_NAMES, MAP, isProgramField } from './names.js';
import { isChosen, keyPlace, targetOf } from './place-keys.js';
import type { Reference } from './reference.js';
import type { Scope, State } from './states.js';
import { pathField, templateFields, templateObjects } from './templates.js';
import type { Entry } from './templates.js';
import { inputWritings, placeOf, stateWritings, writingKey } from './writings.js';
import type { Place } from './writings.js';
import { NOTHING, WritingIndex } from './writing-index.js';

/**
 * Whose program a value is: the workflow's own, or that of a branch, which has no other copy of it; or none. `made`: it
 * is not that program as it was, or not known to be.
 */
export type Origin = 'program' | 'branch' | 'nothing' | 'made';

/** Where a place leads: to origins, or to further places. `names` are on the way, beside those of the places. */
export interface Lead {
  readonly origins?: ReadonlySet<Origin>;
  readonly places?: readonly Place[];
  readonly names?: readonly string[];
}

const BRANCH = /branch/i;

/** Says where the places of one machine lead, one step at a time. */
export class Leads {
  readonly #scopes = new Map<Scope, WritingIndex>();
  readonly #variables: WritingIndex;
  /** First states of what a Map or a Parallel state runs. */
  readonly #inner = new Map<State, State[]>();
  /** How much the states of the machine write. */
  readonly size: number;

  /** `left` are the keys of values that stay as they are, so that no path comes to the place of what they write. */
  constructor(
    scopes: readonly Scope[],
    private readonly left: ReadonlySet<string>,
  ) {
    const writings = scopes.map(
      (scope) => [scope, [...inputWritings(scope), ...scope.states.flatMap(stateWritings)]] as const,
    );
    const all = writings.flatMap(([, own]) => own);
    this.size = all.length;
    for (const [scope, own] of writings) this.#scopes.set(scope, new WritingIndex(own, left, keyPlace));
    this.#variables = new WritingIndex(
      all.filter(({ target }) => target[0]?.startsWith('$')),
      left,
      keyPlace,
    );
    for (const { owner, states } of scopes) {
      const [first] = states;
      if (owner && first) this.#inner.set(owner, [...(this.#inner.get(owner) ?? []), first]);
    }
  }

  /** What is written in a place of a scope's data, or of a variable. */
  indexFor(state: State, root: string): WritingIndex | undefined {
    return root.startsWith('$') ? this.#variables : this.#scopes.get(state.scope);
  }

  lead(place: Place): Lead {
    if (place.root === 'context') return leadOfContext(place);
    if (place.root === 'result') return this.#leadOfResult(place);
    const target = targetOf(place);
    const index = place.root === 'input' ? this.#scopes.get(place.state.scope) : this.#variables;
    const { writings, results, depth, ...found } = index?.nearest(target) ?? NOTHING;
    const isVariable = place.root.startsWith('$');
    const isNew = writings.length + results.length === 0;
    const isMade = found.isMade || (isVariable && isNew) || isChosen(place);
    const origins = new Set<Origin>(isMade ? ['made'] : []);
    if (isNew) return { origins: addAll(origins, guess(place.names)) };
    for (const { from, isMade } of writings) if (!from) origins.add(isMade ? 'program' : 'nothing');
    // What is written out is there on some ways only; on the others it is what the first state was given.
    const isPartial =
      (results.length === 0 && writings.every(({ from }) => !from)) ||
      writings.some(({ from, isEmpty }) => !from && !isEmpty);
    if (!isVariable && isPartial) addAll(origins, guess(place.names));
    const rest = target.slice(depth);
    const places = writings.flatMap(({ from }) => (from ? [{ ...from, names: [...from.names, ...rest] }] : []));
    const names: string[] = [];
    for (const group of results) {
      const own = [...group.names, ...rest];
      // The answers of all these tasks say the same.
      if (!isOfBag(own)) addAll(origins, guess(own));
      else for (const from of group.places) places.push({ ...from, names: own });
      names.push(...group.names);
    }
    return { places, origins, names };
  }

  /** What a Map or a Parallel state answers with is the data that its items or branches end with. */
  #leadOfResult(place: Place): Lead {
    const inner = this.#inner.get(place.state) ?? [];
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
}

function addAll(origins: Set<Origin>, more: ReadonlySet<Origin>): ReadonlySet<Origin> {
  for (const origin of more) origins.add(origin);
  return origins;
}

/** True for a field of an answer, or of a bag in it. */
function isOfBag(names: readonly string[]): boolean {
  return (
    isProgramField(names.at(-1) ?? '') &&
    names.slice(0, -1).every((name) => name === 'Payload' || BAG_NAMES.includes(name))
  );
}

/** A function that is given a map, or a bag with one, answers with that one where the bag has it. */
function leadOfResult({ state, names }: Place, left: ReadonlySet<string>): Lead {
  if (!isOfBag(names)) return { origins: guess(names) };
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
export function guess(names: readonly string[]): ReadonlySet<Origin> {
  const named = names.filter((name) => name !== '*');
  const isBranch = BRANCH.test(named.at(-2) ?? '') || /^inner_|branch/i.test(named.at(-1) ?? '');
  return new Set([isBranch ? 'branch' : 'program']);
}
