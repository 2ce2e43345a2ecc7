import type { ResultEntry } from './journal-entry.js';
import type { DocumentState, JournalSummary } from './journal-read.js';
import type { SourceContainer } from './source.js';

/** Opens a container by the id that the journal has for it. `stop` cuts its waits short. */
export type ContainerOpener = (id: string, stop?: AbortSignal) => SourceContainer;

/** The documents that a journal says were migrated, or may have been, by container. */
export function migratedByContainer({ documents }: JournalSummary): ReadonlyMap<string, readonly DocumentState[]> {
  const containers = new Map<string, DocumentState[]>();
  for (const state of documents.values()) {
    if (!mayBeMigrated(state)) continue;
    const states = containers.get(state.container);
    if (states) states.push(state);
    else containers.set(state.container, [state]);
  }
  return containers;
}

/** It was migrated, or nobody knows whether it was; the digests of the document will tell. */
function mayBeMigrated({ fate }: DocumentState): boolean {
  return fate !== 'rolled-back';
}

/** A document of which the journal does not know a good end. */
export interface PendingDocument {
  /** Lower-case hex SHA-256 of what its intent meant to leave; absent when it never got so far. */
  readonly after?: string;
  readonly bytesBefore: number;
}

/**
 * By document id. One that lies there as its intent meant to leave it was committed; and whatever a rerun finds of the
 * others is news.
 */
export function pendingIntents({ documents, others }: JournalSummary): ReadonlyMap<string, PendingDocument> {
  const intents = Array.from(documents.values()).filter(({ fate }) => fate === 'pending');
  const failedLater = Array.from(documents.values()).flatMap(({ fate, result }) =>
    fate !== 'pending' && isFailure(result) ? [result] : [],
  );
  const failures = [...failedLater, ...Array.from(others.values()).filter(({ outcome }) => outcome !== 'unchanged')];
  return new Map<string, PendingDocument>([
    ...failures.map(({ doc, bytesBefore }) => [doc, { bytesBefore }] as const),
    ...intents.map(({ doc, after, bytesBefore }) => [doc, { after, bytesBefore }] as const),
  ]);
}

/** Documents whose last result is a failure or a quarantine. */
export function failedDocuments({ documents, others }: JournalSummary): ReadonlySet<string> {
  const results = [...Array.from(documents.values(), ({ result }) => result), ...others.values()];
  return new Set(results.filter(isFailure).map(({ doc }) => doc));
}

/** True for the result of a document that failed or was quarantined. */
export function isFailure(result: ResultEntry | undefined): result is ResultEntry {
  return result?.outcome === 'failed' || result?.outcome === 'quarantined';
}

/** True for a document whose last result asks for nothing: it was migrated, or needed nothing. */
export function isDone({ documents, others }: JournalSummary, id: string): boolean {
  const outcome = (documents.get(id)?.result ?? others.get(id))?.outcome;
  return outcome === 'migrated' || outcome === 'unchanged';
}
