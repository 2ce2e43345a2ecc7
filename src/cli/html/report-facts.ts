import type { ResultEntry } from '../../journal/entries.js';
import type { JournalSummary } from '../../journal/read.js';

/** What a program weighs before and after, over all its migrated bags. */
export interface WorkflowSavings {
  readonly ownerId: string;
  readonly workflowId: string;
  documents: number;
  bytesBefore: number;
  bytesAfter: number;
}

export interface ResumeFacts {
  rows: number;
  refusedBefore: number;
  refusedAfter: number;
  readonly reasons: Map<string, { before: number; after: number }>;
}

/** What the charts of a report are made of. */
export interface ReportFacts {
  /** Of each migrated document, in bytes. */
  readonly sizes: readonly { readonly before: number; readonly after: number }[];
  /** The greatest savings first. */
  readonly workflows: readonly WorkflowSavings[];
  readonly hazards: ReadonlyMap<string, number>;
  readonly resume: ResumeFacts;
}

/** Gathers them from the last word that a journal has on every document. */
export function reportFacts({ documents, others }: JournalSummary): ReportFacts {
  const results = [...Array.from(documents.values(), ({ result }) => result), ...others.values()].filter(
    (result) => result !== undefined,
  );
  const migrated = results.filter(({ outcome }) => outcome === 'migrated');
  return {
    sizes: migrated.map(({ bytesBefore, bytesAfter }) => ({ before: bytesBefore, after: bytesAfter })),
    workflows: savingsOf(migrated),
    hazards: countOf(results.flatMap(({ hazards = [] }) => hazards)),
    resume: resumeOf(results),
  };
}

function savingsOf(migrated: readonly ResultEntry[]): readonly WorkflowSavings[] {
  const workflows = new Map<string, WorkflowSavings>();
  for (const { ownerId = '', workflowId = '', bytesBefore, bytesAfter } of migrated) {
    const key = JSON.stringify([ownerId, workflowId]);
    const found = workflows.get(key) ?? { ownerId, workflowId, documents: 0, bytesBefore: 0, bytesAfter: 0 };
    found.documents++;
    found.bytesBefore += bytesBefore;
    found.bytesAfter += bytesAfter;
    workflows.set(key, found);
  }
  const saved = ({ bytesBefore, bytesAfter }: WorkflowSavings): number => bytesBefore - bytesAfter;
  return [...workflows.values()].sort((one, other) => saved(other) - saved(one));
}

function countOf(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return new Map([...counts].sort(([, one], [, other]) => other - one));
}

/** A row that was not rewritten is refused as it was before. */
function resumeOf(results: readonly ResultEntry[]): ResumeFacts {
  const facts: ResumeFacts = { rows: 0, refusedBefore: 0, refusedAfter: 0, reasons: new Map() };
  for (const { refusals, outcome } of results) {
    if (!refusals) continue;
    const after = outcome === 'migrated' ? refusals.after : refusals.before;
    facts.rows++;
    facts.refusedBefore += Number(refusals.before.length > 0);
    facts.refusedAfter += Number(after.length > 0);
    addReasons(facts.reasons, refusals.before, 'before');
    addReasons(facts.reasons, after, 'after');
  }
  return facts;
}

function addReasons(reasons: ResumeFacts['reasons'], codes: readonly string[], side: 'before' | 'after'): void {
  for (const code of codes) {
    const found = reasons.get(code) ?? { before: 0, after: 0 };
    found[side]++;
    reasons.set(code, found);
  }
}
