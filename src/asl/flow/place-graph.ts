import { guess } from './leads.js';
import type { Lead, Leads, Origin } from './leads.js';
import { namesSegments } from './names.js';
import { isChosen, keyPlace, targetOf } from './place-keys.js';
import type { Place } from './writings.js';

/** A state that takes a part of its own output grows a path without end; no real one is as long. */
const LONGEST_PATH = 32;

/** Places looked at for one value, in a machine that writes little. Beyond that it counts as unknown. */
const MOST_PLACES = 2000;

/** A chain of states has a few places for each value that they write; paths that grow have any number. */
const PLACES_PER_WRITING = 8;

/** Steps from place to place for each of these, in one search and in all that found no end. */
const STEPS_PER_PLACE = 4;

/** Origins as bits, so that adding those of thousands of places takes no time. */
const BITS: Readonly<Record<Origin, number>> = { program: 1, branch: 2, nothing: 4, made: 8 };
export const SEGMENTS_BIT = 16;
const UNKNOWN = BITS.program | BITS.made | SEGMENTS_BIT;

export function originsIn(bits: number): ReadonlySet<Origin> {
  return new Set((Object.keys(BITS) as Origin[]).filter((origin) => bits & BITS[origin]));
}

/** A place, where it leads, and what was found behind it. */
interface PlaceNode {
  readonly key: string;
  /** What is in the place itself. It is read when a search comes to it. */
  readonly bits: number;
  readonly next: readonly PlaceNode[];
  /** What is behind it and all that it leads to; absent as long as that is not known. */
  found?: number;
  /** Places that lead to one another are one part. What a part leads to has a lower number. */
  part?: number;
  /** More is behind it than can be looked at. */
  isEndless?: true;
}

/** The places of one machine. Each is looked at once, however many values are followed through it. */
export class PlaceGraph {
  readonly #nodes = new Map<string, PlaceNode>();
  readonly #byKey = new Map<string, PlaceNode[]>();
  #parts = 0;
  readonly #most: number;
  /** Steps that searches without an end may take together. */
  #endless: number;

  constructor(private readonly leads: Leads) {
    this.#most = Math.max(MOST_PLACES, PLACES_PER_WRITING * leads.size);
    this.#endless = STEPS_PER_PLACE * this.#most;
  }

  /** False when places were so many that some values count as unknown without a look at them. */
  get isWhole(): boolean {
    return this.#endless > 0;
  }

  /** Bits of all that is behind a place. */
  behind(place: Place): number {
    return this.#explored(this.#nodeFor(place)) ?? UNKNOWN;
  }

  /** True when one place leads to another. What cannot be looked through leads nowhere. */
  leadsTo(place: Place, other: Place): boolean {
    const start = this.#nodeFor(place);
    const key = keyPlace(other);
    if (this.#explored(start) === undefined) return this.reach([place]).keys.has(key);
    const parts = (this.#byKey.get(key) ?? []).flatMap(({ part }) => (part === undefined ? [] : [part]));
    if (parts.length === 0) return false;
    if (parts.includes(start.part!)) return true;
    const lowest = Math.min(...parts);
    const queue = new Set([start]);
    for (const node of queue) {
      if (node.key === key) return true;
      for (const next of node.next) if (next.part! >= lowest) queue.add(next);
    }
    return false;
  }

  /** Keys of all places that some places lead to, their own included; `isWhole` unless they are too many. */
  reach(places: readonly Place[]): { readonly keys: ReadonlySet<string>; readonly isWhole: boolean } {
    const most = this.#most + places.length;
    const queue = new Set(places.map((place) => this.#nodeFor(place)));
    for (const node of queue) {
      if (queue.size >= most) break;
      for (const next of node.next) queue.add(next);
    }
    return { keys: new Set([...queue].map(({ key }) => key)), isWhole: queue.size < most };
  }

  #explored(start: PlaceNode): number | undefined {
    if (start.found === undefined && !start.isEndless && this.isWhole && !this.#explore(start)) start.isEndless = true;
    return start.found;
  }

  /** Tarjan's algorithm, without calls in one another: a chain has as many places as there are states. */
  #explore(start: PlaceNode): boolean {
    const visits = new Map<PlaceNode, Visit>();
    const open: Visit[] = [];
    let steps = 0;
    const enter = (node: PlaceNode): Visit => {
      steps += 1 + node.next.length;
      const visit: Visit = { node, order: visits.size, lowest: visits.size, bits: node.bits, at: 0 };
      visits.set(node, visit);
      open.push(visit);
      return visit;
    };
    const way = [enter(start)];
    for (let visit = way.at(-1); visit; visit = way.at(-1)) {
      const next = visit.node.next[visit.at];
      visit.at += 1;
      if (!next) {
        way.pop();
        this.#leave(visit, open, way.at(-1));
      } else if (next.found !== undefined) visit.bits |= next.found;
      else if (next.isEndless || visits.size >= this.#most || steps > STEPS_PER_PLACE * this.#most) {
        this.#endless -= steps;
        return false;
      } else {
        const known = visits.get(next);
        if (known) visit.lowest = Math.min(visit.lowest, known.order);
        else way.push(enter(next));
      }
    }
    return true;
  }

  #leave(visit: Visit, open: Visit[], parent: Visit | undefined): void {
    if (parent) {
      parent.bits |= visit.bits;
      parent.lowest = Math.min(parent.lowest, visit.lowest);
    }
    if (visit.lowest < visit.order) return;
    this.#parts += 1;
    let last: Visit | undefined;
    do {
      last = open.pop()!;
      last.node.found = visit.bits;
      last.node.part = this.#parts;
    } while (last !== visit);
  }

  /** One for all places that are the same and read the same way. */
  #nodeFor(place: Place): PlaceNode {
    const key = keyPlace(place);
    const own = `${[...guess(place.names)].join()}${isChosen(place) ? '*' : ''}${key}`;
    const known = this.#nodes.get(own);
    if (known) return known;
    const node = this.#readNode(place, key);
    this.#nodes.set(own, node);
    this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), node]);
    return node;
  }

  #readNode(place: Place, key: string): PlaceNode {
    const { leads } = this;
    const nodeFor = (next: Place): PlaceNode => this.#nodeFor(next);
    let known: Pick<PlaceNode, 'bits' | 'next'> | undefined;
    const read = (): Pick<PlaceNode, 'bits' | 'next'> => {
      const lead = leads.lead(place);
      const places = (lead.places ?? []).filter(({ names }) => names.length <= LONGEST_PATH);
      return { bits: bitsIn(place, lead), next: [...new Set(places.map(nodeFor))] };
    };
    return {
      key,
      get bits() {
        return (known ??= read()).bits;
      },
      get next() {
        return (known ??= read()).next;
      },
    };
  }
}

function bitsIn(place: Place, { origins = new Set(), names = [] }: Lead): number {
  const [root = '', ...rest] = targetOf(place);
  let bits = [root.replace(/^\$/, ''), ...rest, ...names].some(namesSegments) ? SEGMENTS_BIT : 0;
  for (const origin of origins) bits |= BITS[origin];
  return bits;
}

interface Visit {
  readonly node: PlaceNode;
  readonly order: number;
  lowest: number;
  bits: number;
  /** The next of those that it leads to. */
  at: number;
}
