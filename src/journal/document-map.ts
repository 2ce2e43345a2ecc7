import { containerOf, lineOf, migrationsIn } from './document-state.js';
import type { DocumentState } from './document-state.js';

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
