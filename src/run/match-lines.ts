import { DigestIndex, lineOf, migrationsIn } from '../journal/document-state.js';
import type { DocumentState } from '../journal/document-state.js';
import type { SourceContainer } from '../sources/source.js';
import { digestDocument } from './transform.js';

/** Which documents of a journal the documents of a container are. */
export interface LineMatch {
  /** By line, with the names and lines of now. A container that is one document has it under `undefined`. */
  readonly byLine: ReadonlyMap<number | undefined, DocumentState>;
  /** Those whose lines are not there any more. */
  readonly gone: readonly DocumentState[];
}

/**
 * Reads a container of lines and finds the documents of a journal in it: each at its own line if that has its bytes,
 * else at another line that has them, so that lines may be inserted, removed and sorted. Each is found once. One that
 * is found nowhere has its own line if no other document is there: it was modified. Memory: digests of the journal's
 * documents in this container, and one small record for each line that moved.
 */
export async function matchLines(container: SourceContainer, states: readonly DocumentState[]): Promise<LineMatch> {
  if (states.every(({ line }) => line === undefined))
    return { byLine: new Map(states.map((state) => [state.line, state])), gone: [] };
  const match = new Matching(states);
  for await (const document of container.documents()) {
    match.read(document.line, digestDocument(document));
    document.release?.();
  }
  return match.end();
}

interface Line {
  readonly line: number;
  readonly sha256: string;
}

class Matching {
  private readonly found = new Map<number, DocumentState>();
  private readonly unfound: Set<DocumentState>;
  private readonly expected = new Map<number, DocumentState[]>();
  private readonly known: ReadonlySet<string>;
  /** Lines that have bytes of a document, and not those of the one that the journal has at this line. */
  private loose: Line[] = [];
  /** Lines at which the journal has a document that is not there. */
  private readonly modified = new Set<number>();

  constructor(private readonly states: readonly DocumentState[]) {
    this.unfound = new Set(states);
    this.known = new Set(states.flatMap((state) => [...digests(state, 'after'), ...digests(state, 'before')]));
    for (const state of states) {
      const others = this.expected.get(state.line!);
      if (others) others.push(state);
      else this.expected.set(state.line!, [state]);
    }
  }

  read(line: number | undefined, sha256: string): void {
    if (line === undefined) return;
    const expected = this.expected.get(line) ?? [];
    const has = (member: Member) => expected.find((state) => digests(state, member).includes(sha256));
    const exact = has('after') ?? has('before');
    if (exact) this.assign(exact, line);
    else if (this.known.has(sha256)) this.loose.push({ line, sha256 });
    if (!exact && expected.length > 0) this.modified.add(line);
  }

  end(): LineMatch {
    // A line that is as a migration left it goes first: an equal original may be the copy of another program.
    for (const member of ['after', 'before'] as const) this.assignLoose(member);
    for (const state of this.unfound)
      if (!state.isDoubtful && this.modified.has(state.line!) && !this.found.has(state.line!))
        this.assign(state, state.line!);
    return { byLine: this.found, gone: [...this.unfound].filter(({ isDoubtful }) => !isDoubtful) };
  }

  private assignLoose(member: Member): void {
    if (this.loose.length === 0) return;
    const index = new DigestIndex(
      this.states.flatMap((state) => digests(state, member).map((sha256) => [sha256, state] as const)),
    );
    this.loose = this.loose.filter(({ line, sha256 }) => {
      const state = index.take(sha256, (one) => this.unfound.has(one));
      if (state) this.assign(state, line);
      return !state;
    });
  }

  private assign(state: DocumentState, line: number): void {
    this.unfound.delete(state);
    this.found.set(line, atLine(state, line));
  }
}

type Member = 'before' | 'after';

function digests(state: DocumentState, member: Member): readonly string[] {
  return migrationsIn(state).map((migration) => migration[member]);
}

function atLine(state: DocumentState, line: number): DocumentState {
  if (state.line === line) return state;
  // A copy of a part of a file counts its lines from 1, and names them by their lines in the file.
  const number = (lineOf(state.doc) ?? 0) - (state.line ?? 0) + line;
  return { ...state, doc: state.doc.replace(/#L\d+$/, `#L${number}`), line };
}
