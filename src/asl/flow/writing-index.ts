import { isProgramField } from './names.js';
import type { TemplateObject } from './templates.js';
import type { Place, Writing } from './writings.js';

/** What was put nearest to a place. */
export interface Nearest {
  /** One for all that put the same there, and what tasks answer left out. */
  readonly writings: readonly Writing[];
  /** What tasks answer, by the names of what is taken out of the answer. */
  readonly results: readonly ResultGroup[];
  /** How many names of the place it was put at. */
  readonly depth: number;
  /** True for a place that is made, or is in one that is. */
  readonly isMade: boolean;
}

/** Tasks of which the same member of the answer is put in one place. */
export interface ResultGroup {
  readonly names: readonly string[];
  readonly places: Place[];
}

/** All that is put into one place. */
interface PlaceNode {
  readonly below: Map<string, PlaceNode>;
  readonly objects: TemplateObject[];
  values?: Values;
  /** It holds something made, or is a field that something is put into. */
  isMade: boolean;
}

interface Values {
  readonly writings: Writing[];
  readonly results: Map<string, ResultGroup>;
  readonly known: Set<string>;
  last: string;
}

export const NOTHING: Nearest = { writings: [], results: [], depth: 0, isMade: false };

/** Finds what was put nearest to a place; an object that is written out says itself what is in it. */
export class WritingIndex {
  readonly #root: PlaceNode = emptyNode();

  constructor(
    writings: readonly Writing[],
    left: ReadonlySet<string>,
    private readonly keyOf: (place: Place) => string,
  ) {
    for (const writing of writings) {
      const { target, object, isMade, isEmpty, keys = [] } = writing;
      const node = this.#nodeAt(target);
      if (object) node.objects.push(object);
      else this.#put(node, writing);
      if (isMade || isEmpty || keys.some((each) => left.has(each))) node.isMade = true;
      const field = target.findIndex((name, at) => isProgramField(at === 0 ? name.slice(1) : name));
      if (field >= 0 && field < target.length - 1) this.#nodeAt(target.slice(0, field + 1)).isMade = true;
    }
  }

  nearest(target: readonly string[]): Nearest {
    let [found, isMade]: [Nearest, boolean] = [NOTHING, false];
    let node: PlaceNode | undefined = this.#root;
    for (const [at, name] of target.entries()) {
      node = node.below.get(name);
      if (!node) break;
      isMade ||= node.isMade;
      if (node.values) {
        const { writings, results } = node.values;
        found = { writings, results: [...results.values()], depth: at + 1, isMade };
      }
    }
    return { ...found, isMade };
  }

  /** The same list each time. */
  objectsAt(target: readonly string[]): readonly TemplateObject[] {
    let node: PlaceNode | undefined = this.#root;
    for (const name of target) node = node?.below.get(name);
    return node?.objects ?? [];
  }

  #nodeAt(target: readonly string[]): PlaceNode {
    let node = this.#root;
    for (const name of target) {
      const next = node.below.get(name) ?? emptyNode();
      node.below.set(name, next);
      node = next;
    }
    return node;
  }

  /** The same value put in the same place by many states is one. */
  #put(node: PlaceNode, writing: Writing): void {
    const { from, isMade, isEmpty } = writing;
    const values = (node.values ??= { writings: [], results: new Map(), known: new Set(), last: '' });
    const value = JSON.stringify([from && this.keyOf(from), isMade === true]);
    const key = `${isEmpty === true ? 'empty' : ''}${value}`;
    const isKnown = value === values.last || values.known.has(key);
    values.last = value;
    if (isKnown) return;
    values.known.add(key);
    if (from?.root === 'result' && !isMade && !['Map', 'Parallel'].includes(from.state.type)) addResult(values, from);
    else values.writings.push(writing);
  }
}

function addResult({ results }: Values, from: Place): void {
  const key = JSON.stringify(from.names);
  const group = results.get(key) ?? { names: from.names, places: [] };
  results.set(key, group);
  group.places.push(from);
}

function emptyNode(): PlaceNode {
  return { below: new Map(), objects: [], isMade: false };
}
