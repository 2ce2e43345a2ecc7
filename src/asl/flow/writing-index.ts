import { isProgramField } from './names.js';
import type { TemplateObject } from './templates.js';
import type { Place, Writing } from './writings.js';

/** Finds what was put nearest to a place; an object that is written out says itself what is in it. */
export class WritingIndex {
  readonly #values = new Map<string, Writing[]>();
  /** What the values are known by that are put in a place. */
  readonly #keys = new Map<string, string[]>();
  readonly #objects = new Map<string, TemplateObject[]>();
  /** Places that hold something made, and fields that something is put into. */
  readonly #made = new Set<string>();

  constructor(
    writings: readonly Writing[],
    left: ReadonlySet<string>,
    private readonly keyOf: (place: Place) => string,
  ) {
    for (const writing of writings) {
      const { target, object, isMade, isEmpty, keys = [] } = writing;
      const key = JSON.stringify(target);
      if (object) this.#objects.set(key, append(this.#objects.get(key), object));
      else this.#put(key, writing);
      for (const known of object ? [] : keys) this.#keys.set(key, append(this.#keys.get(key), known));
      if (isMade || isEmpty || keys.some((each) => left.has(each))) this.#made.add(key);
      const field = target.findIndex((name, at) => isProgramField(at === 0 ? name.slice(1) : name));
      if (field >= 0 && field < target.length - 1) this.#made.add(JSON.stringify(target.slice(0, field + 1)));
    }
  }

  /** True for a place that is made, or lies in one that is. */
  isMade(target: readonly string[]): boolean {
    return target.some((_, at) => this.#made.has(JSON.stringify(target.slice(0, at + 1))));
  }

  /** The same value put in the same place by many states is one. */
  #put(key: string, writing: Writing): void {
    const values = this.#values.get(key) ?? [];
    const from = writing.from && this.keyOf(writing.from);
    const isKnown = values
      .slice(-1)
      .some((other) => (other.from && this.keyOf(other.from)) === from && other.isMade === writing.isMade);
    if (!isKnown) values.push(writing);
    this.#values.set(key, values);
  }

  nearest(target: readonly string[]): readonly Writing[] {
    return nearestIn(this.#values, target);
  }

  /** What the values are known by that `nearest` finds, those included that are put there more than once. */
  keysNearest(target: readonly string[]): readonly string[] {
    return nearestIn(this.#keys, target);
  }

  objectsAt(target: readonly string[]): readonly TemplateObject[] {
    return this.#objects.get(JSON.stringify(target)) ?? [];
  }
}

function nearestIn<T>(places: ReadonlyMap<string, readonly T[]>, target: readonly string[]): readonly T[] {
  for (let length = target.length; length > 0; length -= 1) {
    const found = places.get(JSON.stringify(target.slice(0, length)));
    if (found) return found;
  }
  return [];
}

function append<T>(list: T[] | undefined, value: T): T[] {
  if (!list) return [value];
  list.push(value);
  return list;
}
