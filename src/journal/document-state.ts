import type { ResultEntry } from './entries.js';

/** What a journal says of a document in the end. The intent itself stays in the file: it may be large. */
export interface DocumentState {
  /** Of a line, with the number at which a run has last found it. */
  doc: string;
  readonly container: string;
  /** 1-based. Changes with `doc`. */
  line: number | undefined;
  /** The run that migrated it. */
  readonly run: string;
  /** Where the intent of the migration is in the file, in bytes. */
  readonly intent: { readonly offset: number; readonly length: number };
  readonly before: string;
  readonly after: string;
  readonly bytesBefore: number;
  /** The migration that left the bytes which this one rewrote. A rollback undoes both. */
  readonly earlier: DocumentState | undefined;
  /** What the journal said of this name before the intent. It holds again when the intent is voided. */
  previous: DocumentState | undefined;
  /** What it said of these bytes at another line. It holds again when the intent is voided. */
  moved: DocumentState | undefined;
  fate: IntentFate;
  /** The last word on the document; `undefined` while its intent has no result. */
  result: ResultEntry | undefined;
  /** The result that `fate` comes from. */
  decided: ResultEntry | undefined;
  /**
   * Another line has its name, and it may never have been migrated, or be the same document as one that a later run has
   * migrated. It counts once its bytes are found.
   */
  isDoubtful: boolean;
  /** It has no result, and a later run that took all of its sources did not see it. */
  isGone: boolean;
  /** The last rollback that meant to restore it, and the digest of the bytes that it meant to write. */
  restoring: { readonly run: string; readonly after: string } | undefined;
}

/**
 * What became of an intent. `pending`: only the document can tell. The run ended in between, or the write failed in a
 * way that does not say whether it was stored, such as a reply that never came.
 */
type IntentFate = 'pending' | 'migrated' | 'rolled-back';

/** Every migration of the document that was not rolled back, newest first. */
export function migrationsIn(state: DocumentState): readonly DocumentState[] {
  return state.earlier ? [state, ...migrationsIn(state.earlier)] : [state];
}

/** True for the digest of what the document was before or after one of its migrations. */
export function hasDigest(state: DocumentState, sha256: string): boolean {
  return migrationsIn(state).some(({ before, after }) => before === sha256 || after === sha256);
}

/** `path` for the line `path#L12`; the document itself when it is not a line. */
export function containerOf(doc: string): string {
  return doc.replace(/#L\d+$/, '');
}

/** 12 for `path#L12`. */
export function lineOf(doc: string): number | undefined {
  const number = /#L(\d+)$/.exec(doc)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** True for the result of a document that failed or was quarantined. */
export function isFailure(result: ResultEntry | undefined): result is ResultEntry {
  return result?.outcome === 'failed' || result?.outcome === 'quarantined';
}

/** True for a document of its own, not a line, whose last result is a failure or missing. */
export function isUnsettled({ line, result }: DocumentState): boolean {
  return line === undefined && (!result || isFailure(result));
}

/** The id of the run that has last said something of a document. */
export function lastRunOf({ result, restoring, run }: DocumentState): string {
  return result?.run ?? restoring?.run ?? run;
}

/**
 * The documents of a journal by name. A line whose name another line has now is displaced: it has a key that is no
 * name, and is found by its bytes.
 */
export class DocumentMap {
  readonly states = new Map<string, DocumentState>();
  readonly displaced = new Set<DocumentState>();

  get(doc: string): DocumentState | undefined {
    return this.states.get(doc);
  }

  /** True for a state that no later one has replaced. */
  has(state: DocumentState): boolean {
    return this.states.get(state.doc) === state || this.displaced.has(state);
  }

  /** Puts a document in the place of the one that has its name, if there is one. */
  put(state: DocumentState): void {
    this.displaced.delete(state);
    this.states.delete(keyOf(state));
    this.states.set(state.doc, state);
  }

  /** Puts a document in the place of another one, whose name it gets. */
  replace(state: DocumentState, by: DocumentState): void {
    by.doc = state.doc;
    by.line = state.line;
    this.put(by);
  }

  /** Gives a document a name, and displaces the one that has it. */
  place(state: DocumentState, doc: string): void {
    const occupant = this.states.get(doc);
    if (occupant === state) return;
    this.remove(state);
    if (occupant) this.displace(occupant);
    // A copy of a part of a file counts its lines from 1, and names them by their lines in the file.
    if (state.line !== undefined) state.line += (lineOf(doc) ?? 0) - (lineOf(state.doc) ?? 0);
    state.doc = doc;
    this.states.set(doc, state);
  }

  /** Takes its name from a document. One that was rolled back is forgotten: nothing is left to undo. */
  displace(state: DocumentState): void {
    this.remove(state);
    if (state.fate === 'rolled-back') return;
    this.displaced.add(state);
    this.states.set(keyOf(state), state);
  }

  remove(state: DocumentState): void {
    if (this.displaced.delete(state)) this.states.delete(keyOf(state));
    else if (this.states.get(state.doc) === state) this.states.delete(state.doc);
  }

  /** Lines by what they were before or after their migrations. */
  indexLines(member: 'before' | 'after', isMeant: (state: DocumentState) => boolean): DigestIndex<DocumentState> {
    const lines = Array.from(this.states.values()).filter((state) => state.line !== undefined && isMeant(state));
    return new DigestIndex(
      lines.flatMap((state) => migrationsIn(state).map((one) => [digestKey(state.doc, one[member]), state] as const)),
    );
  }
}

/** No two states have one intent. */
function keyOf({ doc, intent }: DocumentState): string {
  return `${doc} @${intent.offset}`;
}

/** Names bytes within a container. */
export function digestKey(doc: string, sha256: string): string {
  return `${containerOf(doc)} ${sha256}`;
}

/** Values of which each can be taken once, in the order in which they were given. */
export class DigestIndex<T> {
  private readonly lists = new Map<string, T[]>();

  constructor(entries: readonly (readonly [key: string, value: T])[]) {
    for (const [key, value] of entries.toReversed()) {
      const list = this.lists.get(key);
      if (list) list.push(value);
      else this.lists.set(key, [value]);
    }
  }

  get isEmpty(): boolean {
    return this.lists.size === 0;
  }

  /** The first value that counts. Values before it are not asked again. */
  take(key: string, counts: (value: T) => boolean): T | undefined {
    const list = this.lists.get(key);
    for (let value = list?.pop(); value !== undefined; value = list?.pop()) if (counts(value)) return value;
    return undefined;
  }
}
