import { createHash } from 'node:crypto';
import { ConfigError } from '../errors/index.js';
import { needsAttention } from './outcome.js';
import type { Totals } from './outcome.js';

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

/** How many documents may fail or be quarantined before a run stops: a number, or a share of those seen. */
export type MaxFailures = { readonly count: number } | { readonly percent: number };

/** A share is not judged before so many documents. */
const SHARE_NEEDS = 20;

/** `10` or `5%`. Throws `ConfigError`. */
export function parseMaxFailures(text: string): MaxFailures {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  if (number === undefined || (percent === '%' && Number(number) > 100) || (percent === '' && !/^\d+$/.test(number))) {
    throw new ConfigError('MAX_FAILURES_INVALID', `--max-failures takes a number or a percentage, not "${text}"`);
  }
  return percent === '%' ? { percent: Number(number) } : { count: Number(number) };
}

export function exceedsFailures(totals: Totals, limit: MaxFailures | undefined): boolean {
  const failures = totals.failed + totals.quarantined;
  if (!limit || failures === 0 || !needsAttention(totals)) return false;
  if ('count' in limit) return failures > limit.count;
  const seen = totals.documents - totals.notStarted;
  return seen >= SHARE_NEEDS && failures > (seen * limit.percent) / 100;
}
