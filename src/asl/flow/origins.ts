import { Leads, guess } from './leads.js';
import type { Origin } from './leads.js';
import { PlaceGraph, SEGMENTS_BIT, originsIn } from './place-graph.js';
import { keyPlace } from './place-keys.js';
import type { Reference } from './reference.js';
import type { Scope, State } from './states.js';
import type { TemplateObject } from './templates.js';
import type { Place } from './writings.js';

/**
 * Follows values through the states of a machine, in whatever order these may run: a value has the origins of
 * everything that is ever put in its place. Sees one machine.
 */
export class Origins {
  readonly #leads: Leads;
  readonly #graph: PlaceGraph;

  /** `left` are the keys of values that stay as they are, so that no path comes to the place of what they write. */
  constructor(scopes: readonly Scope[], left: ReadonlySet<string>) {
    this.#leads = new Leads(scopes, left);
    this.#graph = new PlaceGraph(this.#leads);
  }

  /** Origins of what a reference reads; of the member `upTo` at most, counted in steps. */
  ofReference(state: State, { root, steps }: Reference, upTo = steps.length): ReadonlySet<Origin> {
    const names = steps.slice(0, upTo).map(({ name }) => name);
    const origins = originsIn(this.#graph.behind({ state, root, names }));
    const [hasOwner, isMade] = [origins.has('program') || origins.has('branch'), origins.has('made')];
    // A place that only takes from itself was filled before, and one that is emptied was full; a function may answer
    // with more.
    return !hasOwner ? new Set([...guess(names), ...(isMade ? ['made' as const] : [])]) : origins;
  }

  /** True when a name on the way to where a value comes from, its own included, is that of a field or of segments. */
  isOfSegments(state: State, { root, steps }: Reference): boolean {
    return (this.#graph.behind({ state, root, names: steps.map(({ name }) => name) }) & SEGMENTS_BIT) !== 0;
  }

  /** Origins of everything that is put in one place of a scope's data. */
  ofTarget(state: State, [root = '', ...names]: readonly string[]): ReadonlySet<Origin> {
    return originsIn(this.#graph.behind({ state, root, names, isRaw: true }));
  }

  /** The objects that are written out for a place, such as the one a `ResultSelector` makes; all of them. */
  objectsAt(state: State, target: readonly string[]): readonly TemplateObject[] {
    return this.#leads.indexFor(state, target[0] ?? '')?.objectsAt(target) ?? [];
  }

  /** True when what is in a place may have been put in another one first. */
  comesFrom(place: Place, state: State, [root = '', ...names]: readonly string[]): boolean {
    return this.#graph.leadsTo(place, { state, root, names, isRaw: true });
  }

  /** Tells of a place whether what is in one of `places` may have been put in it first; true where that is not sure. */
  reachFrom(places: readonly Place[]): (state: State, target: readonly string[]) => boolean {
    const { keys, isWhole } = this.#graph.reach(places);
    return (state, [root = '', ...names]) => !isWhole || keys.has(keyPlace({ state, root, names, isRaw: true }));
  }
}
