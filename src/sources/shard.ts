import { createHash } from 'node:crypto';
import { ConfigError } from '../errors/index.js';

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
