import { ConfigError } from '../errors/index.js';
import { needsAttention } from './outcome.js';
import type { Totals } from './outcome.js';

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
  const failures = totals.failed + totals.quarantined + totals.containersFailed;
  if (!limit || failures === 0 || !needsAttention(totals)) return false;
  if ('count' in limit) return failures > limit.count;
  const seen = totals.documents - totals.notStarted;
  return seen >= SHARE_NEEDS && failures > (seen * limit.percent) / 100;
}
