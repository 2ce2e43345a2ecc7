import type { Bag, BagDocument, Generation } from '../bag/bag.js';
import { detectHazards, inlineBytes } from '../bag/hazards.js';
import type { Hazard } from '../bag/hazards.js';
import { PAYLOAD_LIMIT } from '../bag/members.js';
import type { Resumability } from '../bag/resume-rules.js';
import type { ByteValue } from '../bag/value.js';
import { addToTotals, emptyTotals } from './outcome.js';
import type { DocumentOutcome, Totals } from './outcome.js';

/** How often each word was met. */
type Counts = Record<string, number>;

export interface CensusTotals extends Totals {
  bytesInline: number;
  /** Documents over the limit of Step Functions, as they are and as they would be. */
  overLimitBefore: number;
  overLimitAfter: number;
  readonly generations: Record<Generation | 'unknown', number>;
  readonly envelopes: Counts;
  readonly dialects: Counts;
  readonly hazards: Counts;
}

/** Counts what documents are. Memory does not grow with their number. */
export class Census {
  readonly totals: CensusTotals = {
    ...emptyTotals(),
    bytesInline: 0,
    overLimitBefore: 0,
    overLimitAfter: 0,
    generations: { fat: 0, bridge: 0, lean: 0, foreign: 0, unknown: 0 },
    envelopes: {},
    dialects: {},
    hazards: {},
  };

  add(outcome: DocumentOutcome, { envelope, bytesInline, hazards, dialects }: Look): void {
    const { totals } = this;
    const { bytesBefore, bytesAfter } = totals;
    addToTotals(totals, outcome);
    if (outcome.subject !== undefined) return;
    totals.bytesBefore = bytesBefore + outcome.bytesBefore;
    totals.bytesAfter = bytesAfter + outcome.bytesAfter;
    totals.generations[outcome.generation]++;
    totals.bytesInline += bytesInline;
    if (outcome.bytesBefore > PAYLOAD_LIMIT) totals.overLimitBefore++;
    if (outcome.bytesAfter > PAYLOAD_LIMIT) totals.overLimitAfter++;
    if (envelope !== null) countWord(totals.envelopes, envelope === '' ? '(root)' : envelope);
    for (const dialect of dialects) countWord(totals.dialects, dialect);
    for (const hazard of hazards) countWord(totals.hazards, hazard);
  }
}

function countWord(counts: Counts, word: string): void {
  counts[word] = (counts[word] ?? 0) + 1;
}

/** What can be seen of a document without following anything. */
export interface Look {
  /**
   * Member names from the root to the bag, such as `state_data.bag`; empty when the document is the bag; null when
   * there is none.
   */
  readonly envelope: string | null;
  /** Bytes of JSON that stand inline under the two old names. */
  readonly bytesInline: number;
  readonly hazards: readonly Hazard[];
  /** Dialects of the pointers in its bags, each once. */
  readonly dialects: readonly string[];
}

const NOTHING: Look = { envelope: null, bytesInline: 0, hazards: [], dialects: [] };

/**
 * Never throws. `seen` is absent for text that is not JSON: then nothing can be said. `planned` has the hazards that a
 * plan found.
 */
export function lookAt(
  bytes: Uint8Array,
  seen: BagDocument<ByteValue> | undefined,
  planned: readonly Hazard[] = [],
): Look {
  const [innermost] = seen?.bags ?? [];
  if (!seen || !innermost) return NOTHING;
  return {
    envelope: innermost.path.join('.'),
    bytesInline: inlineBytes(seen),
    hazards: [...detectHazards(seen, bytes.length), ...planned],
    dialects: [...new Set(seen.bags.flatMap(dialectsOf))],
  };
}

function dialectsOf({ config, map, configPath, mapPath, manifestPath }: Bag<ByteValue>): readonly string[] {
  const fields = [config, map, configPath, mapPath, manifestPath];
  return fields.flatMap((field) => (field.state === 'pointer' ? [field.pointer.dialect] : []));
}

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
    countWords(this.totals.reasonsNow, now);
    countWords(this.totals.reasonsAfter, then);
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

function countWords(counts: Record<string, number>, words: readonly string[]): void {
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
}
