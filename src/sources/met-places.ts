import type { DocumentSource } from './source.js';

/**
 * What several sources have in common is taken once, with the first source that lists it: a directory and one below it,
 * two prefixes of a bucket, a link and its target.
 */
export class MetPlaces {
  private readonly met = new Set<string>();
  /** A single source lists nothing twice, and may list millions. */
  private readonly isNeeded: boolean;

  constructor(sources: readonly unknown[]) {
    this.isNeeded = sources.length > 1;
  }

  /** True when the place has not been met before. `id` is that of a container, or of what a source skips. */
  isNew(source: Pick<DocumentSource, 'placeOf'>, id: string): boolean {
    if (!this.isNeeded) return true;
    const place = source.placeOf?.(id) ?? id;
    if (this.met.has(place)) return false;
    this.met.add(place);
    return true;
  }
}
