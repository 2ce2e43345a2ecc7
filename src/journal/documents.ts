import {
  containerOf,
  DigestIndex,
  digestKey,
  DocumentMap,
  hasDigest,
  isFailure,
  isUnsettled,
  lastRunOf,
  lineOf,
  migrationsIn,
} from './document-state.js';
import type { DocumentState } from './document-state.js';
import type { IntentEntry, ResultEntry } from './entries.js';

/**
 * Follows the documents of a journal, entry by entry. A document is known by its name, and a line by its name and its
 * bytes: where lines were inserted, removed or sorted, several documents have had one name, and all of them are kept.
 */
export class JournalDocuments {
  private readonly map = new DocumentMap();
  /** Last results of documents that never had an intent: unchanged, quarantined, failed. */
  readonly others = new Map<string, ResultEntry>();
  /** Failures that were in `others`, of documents that a later run would have seen. */
  readonly gone = new Map<string, ResultEntry>();
  /** Lines that an entry of the current run is about. */
  private readonly met = new Set<DocumentState>();
  /** Results of the current run about lines that are not the documents of these names. */
  private readonly strange: ResultEntry[] = [];
  /** Intents of the current run for bytes that their lines did not have before, by what they were before and after. */
  private readonly rewritten = new Map<string, number>();
  /** The last line of each container that an entry of the current run is about. */
  private readonly lastLines = new Map<string, number>();
  private lines: Record<'after' | 'before', DigestIndex<DocumentState>> | undefined;
  private failures: DigestIndex<ResultEntry> | undefined;

  get documents(): ReadonlyMap<string, DocumentState> {
    return this.map.states;
  }

  addIntent(entry: IntentEntry, intent: DocumentState['intent']): void {
    this.reachLine(entry.doc);
    const { doc, container, line, before, after, bytesBefore } = entry;
    const previous = this.map.get(doc);
    const known = line === undefined ? previous : this.findRewritten(entry, previous);
    if (line !== undefined) this.withdrawFailure(doc, before);
    if (previous && previous !== known) this.map.displace(previous);
    if (known && known !== previous) this.map.remove(known);
    const state: DocumentState = {
      doc,
      container,
      line,
      run: entry.run,
      intent,
      before,
      after,
      bytesBefore,
      earlier: known?.after === before && known.fate !== 'rolled-back' ? known : undefined,
      previous,
      moved: known === previous ? undefined : known,
      fate: 'pending',
      result: undefined,
      decided: undefined,
      isDoubtful: false,
      isGone: false,
      restoring: undefined,
    };
    this.map.put(state);
    this.meet(state);
    this.others.delete(doc);
    this.gone.delete(doc);
  }

  /** What a rollback is about to restore was migrated, whatever is known of the migration: it has found those bytes. */
  addRestoration({ run, doc, line, before, after }: IntentEntry): void {
    const state = (line === undefined ? undefined : this.find(doc, before)) ?? this.map.get(doc);
    if (!state) return;
    this.map.place(state, doc);
    this.meet(state);
    state.fate = 'migrated';
    state.restoring = { run, after };
    state.result = undefined;
  }

  addResult(entry: ResultEntry): void {
    this.gone.delete(entry.doc);
    if (entry.subject === 'container') {
      this.addContainerResult(entry);
      return;
    }
    this.forgetUnread(entry);
    this.reachLine(entry.doc);
    const state = this.map.get(entry.doc);
    if (state && this.isAbout(entry, state)) {
      this.meet(state);
      if (entry.outcome === 'not-started') this.voidIntent(state);
      else this.settle(state, entry);
    } else if (entry.outcome !== 'not-started') this.addOther(entry, state);
  }

  /** Finds lines of the run by their bytes. To be called between two runs, and at the end. */
  endRun(): void {
    for (const entry of this.strange.splice(0)) {
      if (this.others.get(entry.doc) !== entry) continue;
      const state = this.claim(entry.doc, entry.before!);
      if (!state) continue;
      this.map.place(state, entry.doc);
      this.settleOther(state, entry);
    }
    if (this.rewritten.size > 0) this.doubtRewritten();
    for (const state of this.map.displaced) this.returnHome(state);
    this.met.clear();
    this.rewritten.clear();
    this.lastLines.clear();
    this.lines = undefined;
    this.failures = undefined;
  }

  /**
   * Settles the failures and unsettled documents that a run did not see although it took all that earlier runs took:
   * they are not there any more. A run says again which documents fail. To be called after `endRun`.
   */
  settleUnseen(run: string, tookAllOf: (run: string) => boolean): void {
    const isUnseen = (last: string): boolean => last !== run && tookAllOf(last);
    for (const [doc, entry] of this.others) {
      if (!isFailure(entry) || !isUnseen(entry.run)) continue;
      this.others.delete(doc);
      this.gone.set(doc, entry);
    }
    for (const state of this.map.states.values()) {
      if (!isUnsettled(state) || !isUnseen(lastRunOf(state))) continue;
      state.result = state.decided;
      state.isGone = state.decided === undefined;
    }
  }

  /**
   * Takes out the lines of which it is not known whether they are documents of their own: see `isDoubtful`. They count
   * once their bytes are found.
   */
  takeDoubtful(): readonly DocumentState[] {
    const doubtful = Array.from(this.map.displaced).filter(({ fate, isDoubtful }) => isDoubtful || fate === 'pending');
    for (const state of doubtful) {
      this.map.remove(state);
      state.isDoubtful = true;
    }
    return doubtful;
  }

  /** The run has migrated lines that may be these: they were not committed, or are made again in a copy. */
  private doubtRewritten(): void {
    for (const state of [...this.map.states.values()]) {
      const key = rewriteKey(state);
      const count = this.rewritten.get(key) ?? 0;
      if (count === 0 || this.met.has(state) || !this.isUnseen(state)) continue;
      this.rewritten.set(key, count - 1);
      this.map.displace(state);
      state.isDoubtful = true;
    }
  }

  /** True when no run has seen these bytes at the line where the journal has them, or the file has fewer lines now. */
  private isUnseen(state: DocumentState): boolean {
    const last = this.lastLines.get(containerOf(state.doc)) ?? Infinity;
    return state.fate === 'pending' || this.map.displaced.has(state) || (lineOf(state.doc) ?? 0) > last;
  }

  private returnHome(state: DocumentState): void {
    const { doc } = state;
    if (state.isDoubtful || this.map.get(doc)) return;
    this.map.place(state, doc);
    const entry = this.others.get(doc);
    if (entry) this.settleOther(state, entry);
  }

  private reachLine(doc: string): void {
    const line = lineOf(doc);
    if (line === undefined) return;
    const container = containerOf(doc);
    this.lastLines.set(container, Math.max(line, this.lastLines.get(container) ?? 0));
  }

  private isAbout({ before }: ResultEntry, state: DocumentState): boolean {
    return before === undefined || this.met.has(state) || hasDigest(state, before);
  }

  /**
   * The document that an intent rewrites: that of its name, or one whose migration left the bytes at another line. What
   * had them before its migration may still be there, migrated, next to an equal original.
   */
  private findRewritten(entry: IntentEntry, named: DocumentState | undefined): DocumentState | undefined {
    const { doc, before } = entry;
    if (named && hasDigest(named, before)) return named;
    const { after, before: originals } = this.index();
    const key = digestKey(doc, before);
    const isFree = (one: DocumentState) => this.isFree(one);
    const found = after.take(key, isFree) ?? originals.take(key, (one) => one.fate === 'rolled-back' && isFree(one));
    if (!found && !originals.isEmpty)
      this.rewritten.set(rewriteKey(entry), (this.rewritten.get(rewriteKey(entry)) ?? 0) + 1);
    return found;
  }

  /** The line of this name if it has these bytes, else another one that has them. */
  private find(doc: string, sha256: string): DocumentState | undefined {
    const named = this.map.get(doc);
    return named && hasDigest(named, sha256) ? named : this.claim(doc, sha256);
  }

  /** A line of an earlier run that no entry of this run is about. */
  private claim(doc: string, sha256: string): DocumentState | undefined {
    const { after, before } = this.index();
    const key = digestKey(doc, sha256);
    const isFree = (one: DocumentState) => this.isFree(one);
    const state = after.take(key, isFree) ?? before.take(key, isFree);
    if (!state) return undefined;
    this.meet(state);
    state.isDoubtful = false;
    return state;
  }

  private isFree(state: DocumentState): boolean {
    return !this.met.has(state) && this.map.has(state);
  }

  /** Of the lines that the run has not met when it is first asked for. */
  private index(): Record<'after' | 'before', DigestIndex<DocumentState>> {
    const isUnmet = (state: DocumentState) => !this.met.has(state);
    this.lines ??= { after: this.map.indexLines('after', isUnmet), before: this.map.indexLines('before', isUnmet) };
    return this.lines;
  }

  private meet(state: DocumentState): void {
    if (state.line !== undefined) this.met.add(state);
  }

  private settle(state: DocumentState, entry: ResultEntry): void {
    const below = entry.outcome === 'rolled-back' ? migrationBelow(state, entry.run) : undefined;
    if (below) {
      below.result = below.decided;
      this.map.replace(state, below);
      this.meet(below);
      return;
    }
    state.previous = undefined;
    state.moved = undefined;
    state.isGone = false;
    if (entry.outcome === 'migrated' || entry.outcome === 'rolled-back') {
      state.fate = entry.outcome;
      state.decided = entry;
    }
    // A later run that cannot read or judge a migrated document does not make it less migrated: its fate stays, so that
    // it can be rolled back. A run that finds it unchanged withdraws the failure.
    state.result = entry.outcome === 'unchanged' ? (state.decided ?? entry) : entry;
  }

  /** A line that has the bytes of its intent was committed by a run that ended before it could say so. */
  private settleOther(state: DocumentState, entry: ResultEntry): void {
    this.others.delete(entry.doc);
    const isCommitted = state.fate === 'pending' && entry.outcome === 'unchanged' && entry.before === state.after;
    this.settle(state, isCommitted ? { ...entry, outcome: 'migrated', bytesBefore: state.bytesBefore } : entry);
  }

  /** Keeps the result of a document without an intent. `state` is another line, which had this name. */
  private addOther(entry: ResultEntry, state: DocumentState | undefined): void {
    if (entry.before !== undefined) {
      this.withdrawFailure(entry.doc, entry.before);
      if (state) this.map.displace(state);
      this.strange.push(entry);
    }
    this.others.set(entry.doc, entry);
  }

  /**
   * A line that failed further down in an earlier run is here now. Lines that moved down need nothing: their old names
   * have results of other lines.
   */
  private withdrawFailure(doc: string, sha256: string): void {
    if (this.others.get(doc)?.before === sha256) return;
    this.failures ??= new DigestIndex(
      Array.from(this.others.values())
        .filter((entry) => isFailure(entry) && entry.before !== undefined)
        .map((entry) => [digestKey(entry.doc, entry.before!), entry] as const),
    );
    const isBelow = (entry: ResultEntry) =>
      this.others.get(entry.doc) === entry && (lineOf(entry.doc) ?? 0) > (lineOf(doc) ?? 0);
    const failure = this.failures.take(digestKey(doc, sha256), isBelow);
    if (failure) this.others.delete(failure.doc);
  }

  private voidIntent(state: DocumentState): void {
    const { previous, moved } = state;
    if (previous) this.map.put(previous);
    else this.map.remove(state);
    if (moved && !this.map.has(moved)) this.map.displace(moved);
  }

  private addContainerResult(entry: ResultEntry): void {
    if (entry.outcome !== 'unchanged') {
      this.others.set(entry.doc, entry);
      return;
    }
    this.others.delete(entry.doc);
    for (const [doc, { code, run }] of this.others) {
      // The run that read all lines has said what became of each; a line that it did not meet is not there any more.
      if (code === 'CONTAINER_FAILED' && run !== entry.run && containerOf(doc) === entry.doc) this.others.delete(doc);
    }
  }

  /** Releases before `subject` withdrew the failure of a container with the first result of a line. */
  private forgetUnread({ doc }: ResultEntry): void {
    const container = containerOf(doc);
    if (container !== doc && this.others.get(container)?.subject === undefined) this.others.delete(container);
  }
}

function rewriteKey({ doc, before, after }: Pick<DocumentState, 'doc' | 'before' | 'after'>): string {
  return `${digestKey(doc, before)} ${after}`;
}

/** The migration whose bytes the document has again, because a rollback has undone only later ones. */
function migrationBelow(state: DocumentState, run: string): DocumentState | undefined {
  if (state.restoring?.run !== run) return undefined;
  return migrationsIn(state).findLast(({ before }) => before === state.restoring?.after)?.earlier;
}
