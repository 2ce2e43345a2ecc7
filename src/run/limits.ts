import { ConfigError } from '../errors/index.js';
import { isKnownFailure } from '../journal/read.js';
import type { JournalSummary } from '../journal/read.js';
import type { DocumentOutcome } from './outcome.js';

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

/**
 * Counts what fails in a run against `--max-failures`. A failure that the journal has as the last result of the same
 * document, with the same code, is counted neither as a failure nor as seen: so a run that was stopped is continued by
 * the same command.
 */
export class FailureLimit {
  private failures = 0;
  private seen = 0;

  constructor(
    private readonly limit: MaxFailures | undefined,
    private readonly summary: JournalSummary | undefined,
  ) {}

  /** Takes the outcome of a document or container. True when too many have failed. */
  isExceededBy(outcome: DocumentOutcome): boolean {
    if (outcome.outcome === 'not-started' || (this.summary && isKnownFailure(this.summary, outcome))) return false;
    if (outcome.subject === undefined) this.seen++;
    if (outcome.outcome === 'failed' || outcome.outcome === 'quarantined') this.failures++;
    return this.isExceeded;
  }

  private get isExceeded(): boolean {
    const { limit, failures, seen } = this;
    if (!limit || failures === 0) return false;
    if ('count' in limit) return failures > limit.count;
    return seen >= SHARE_NEEDS && failures > (seen * limit.percent) / 100;
  }
}
