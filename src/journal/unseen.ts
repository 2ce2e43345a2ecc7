import { scopeOf } from './coverage.js';
import { isFailure, isUnsettled, lastRunOf } from './document-state.js';
import type { DocumentState } from './document-state.js';
import type { JournalDocuments } from './documents.js';
import type { EndEntry, ResultEntry, RunEntry } from './entries.js';

/** What a run was about. */
type Described = Pick<RunEntry, 'command' | 'sources' | 'options'>;

/**
 * Settles the documents that need attention and that a complete run did not see. Only a run that counts its entries has
 * said again which documents fail.
 */
export function settleUnseen(
  { run: id, complete, inventory, entries }: EndEntry,
  runs: readonly RunEntry[],
  documents: JournalDocuments,
): void {
  const run = runs.at(-1);
  if (run?.run !== id || !complete || !inventory || !entries) return;
  documents.endRun();
  documents.settleUnseen(id, takesAllOfRuns(run, runs));
}

interface Known {
  readonly runs: readonly RunEntry[];
  readonly documents: ReadonlyMap<string, DocumentState>;
  readonly others: ReadonlyMap<string, ResultEntry>;
}

/**
 * True when the end of a complete run would settle documents that need attention: those that `isSeen` does not know are
 * not there any more.
 */
export function settlesUnseen(
  { runs, documents, others }: Known,
  run: Described,
  isSeen: (doc: string) => boolean,
): boolean {
  const isCovered = takesAllOfRuns(run, runs);
  const states = Array.from(documents.values()).filter((state) => !state.isGone && isUnsettled(state));
  return (
    Array.from(others.values()).some((entry) => isFailure(entry) && !isSeen(entry.doc) && isCovered(entry.run)) ||
    states.some((state) => !isSeen(state.doc) && isCovered(lastRunOf(state)))
  );
}

function takesAllOfRuns(later: Described, runs: readonly RunEntry[]): (run: string) => boolean {
  const known = new Map(runs.map((run) => [run.run, run]));
  return (id) => {
    const earlier = known.get(id);
    return earlier !== undefined && takesAllOf(later, earlier);
  };
}

/**
 * True when a complete run takes each document that an earlier migration took, if it is still there. With
 * `--allow-empty` a source may have been empty because its disk is not mounted, so nothing follows from it.
 */
function takesAllOf(later: Described, earlier: Described): boolean {
  const [now, before] = [scopeOf(later), scopeOf(earlier)];
  return (
    later.command === 'migrate' &&
    earlier.command === 'migrate' &&
    earlier.sources.every((source) => later.sources.includes(source)) &&
    !now.isStream &&
    !now.allowEmpty &&
    !now.onlyFailed &&
    now.where === '' &&
    now.plan === undefined &&
    (now.ignore === '' || now.ignore === before.ignore) &&
    (!now.shard || (now.shard.index === before.shard?.index && now.shard.count === before.shard.count)) &&
    now.out === before.out
  );
}
