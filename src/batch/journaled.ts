import type { DocumentState, JournalSummary } from './journal-read.js';
import type { SourceContainer } from './source.js';

/** Opens a container by the id that the journal has for it. */
export type ContainerOpener = (id: string) => SourceContainer;

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

/** What an intent of an earlier run meant to leave, when nobody knows whether it did. */
export interface PendingIntent {
  /** Lower-case hex SHA-256. */
  readonly after: string;
  readonly bytesBefore: number;
}

/** By document id: what a rerun takes for committed when it finds it. */
export function pendingIntents({ documents }: JournalSummary): ReadonlyMap<string, PendingIntent> {
  const pending = Array.from(documents.values()).filter(({ fate }) => fate === 'pending');
  return new Map(pending.map(({ doc, after, bytesBefore }) => [doc, { after, bytesBefore }]));
}

/** Documents whose last result is a failure or a quarantine. */
export function failedDocuments({ documents, others }: JournalSummary): ReadonlySet<string> {
  const results = [...Array.from(documents.values(), ({ result }) => result), ...others.values()];
  const failed = results.filter((result) => result?.outcome === 'failed' || result?.outcome === 'quarantined');
  return new Set(failed.flatMap((result) => (result ? [result.doc] : [])));
}
