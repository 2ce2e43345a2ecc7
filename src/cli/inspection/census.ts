import type { Generation } from '../../bag/bag.js';
import { PAYLOAD_LIMIT } from '../../bag/members.js';
import { addToTotals, emptyTotals } from '../../run/outcome.js';
import type { DocumentOutcome, Totals } from '../../run/outcome.js';
import type { Look } from './look.js';

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
    addToTotals(totals, outcome);
    totals.generations[outcome.generation]++;
    totals.bytesInline += bytesInline;
    if (outcome.bytesBefore > PAYLOAD_LIMIT) totals.overLimitBefore++;
    if (outcome.bytesAfter > PAYLOAD_LIMIT) totals.overLimitAfter++;
    if (envelope !== null) count(totals.envelopes, envelope === '' ? '(root)' : envelope);
    for (const dialect of dialects) count(totals.dialects, dialect);
    for (const hazard of hazards) count(totals.hazards, hazard);
  }
}

function count(counts: Counts, word: string): void {
  counts[word] = (counts[word] ?? 0) + 1;
}
