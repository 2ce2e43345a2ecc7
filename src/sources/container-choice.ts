import { createHash } from 'node:crypto';
import { ConfigError } from '../errors/index.js';
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

/**
 * `3/8`: the third of eight parts. Documents fall to parts by the digest of their container's id, evenly and for ever.
 */
export interface Shard {
  /** 1-based. */
  readonly index: number;
  readonly count: number;
}

/** Throws `ConfigError`. */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (!index || !count || index > count)
    throw new ConfigError('SHARD_INVALID', `--shard takes i/n with 1 ≤ i ≤ n, not "${text}"`);
  return { index, count };
}

export function isInShard(id: string, shard: Shard | undefined): boolean {
  if (!shard) return true;
  return (createHash('sha256').update(id).digest().readUInt32BE(0) % shard.count) + 1 === shard.index;
}
