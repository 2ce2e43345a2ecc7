import type { Resumability } from '../../bag/resume-rules.js';

/** Rows listed one by one: those with the least time left. */
const LISTED = 1_000;

/** A row that the resume handler refuses today. */
export interface RefusedRow {
  readonly id: string;
  /** Until the table drops the row; negative when its ttl is over, null for a row that stays. */
  readonly secondsLeft: number | null;
  /** Why it is refused today. */
  readonly now: readonly string[];
  /** Why it would be refused after the migration; empty when it becomes resumable. */
  readonly after: readonly string[];
}

export interface ResumeTotals {
  rows: number;
  /** Rows that the legacy resume handler would refuse. */
  refusedNow: number;
  refusedAfter: number;
  /** How many rows each reason holds for; a row can have several. */
  readonly reasonsNow: Record<string, number>;
  readonly reasonsAfter: Record<string, number>;
}

/** Counts which rows of paused executions the unchanged resume handler would refuse, now and after the migration. */
export class ResumeCensus {
  readonly totals: ResumeTotals = { rows: 0, refusedNow: 0, refusedAfter: 0, reasonsNow: {}, reasonsAfter: {} };
  private rows: RefusedRow[] = [];

  add(id: string, before: Resumability, after: Resumability): void {
    const [now, then] = [codesOf(before), codesOf(after)];
    this.totals.rows++;
    if (now.length > 0) this.totals.refusedNow++;
    if (then.length > 0) this.totals.refusedAfter++;
    count(this.totals.reasonsNow, now);
    count(this.totals.reasonsAfter, then);
    if (now.length + then.length > 0) this.keep({ id, secondsLeft: before.secondsLeft ?? null, now, after: then });
  }

  /** The least time left first. */
  get refused(): readonly RefusedRow[] {
    return this.rows.sort(byTimeLeft).slice(0, LISTED);
  }

  private keep(row: RefusedRow): void {
    this.rows.push(row);
    if (this.rows.length >= 2 * LISTED) this.rows = [...this.refused];
  }
}

function byTimeLeft(one: RefusedRow, other: RefusedRow): number {
  const [left, right] = [one.secondsLeft ?? Infinity, other.secondsLeft ?? Infinity];
  return left === right ? one.id.localeCompare(other.id) : left - right;
}

function codesOf({ reasons }: Resumability): readonly string[] {
  return reasons.map(({ code }) => code);
}

function count(counts: Record<string, number>, words: readonly string[]): void {
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
}
