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

/** Its last result is a migration, or the run ended between the intent and the result. */
function mayBeMigrated({ result }: DocumentState): boolean {
  return result === undefined || result.outcome === 'migrated';
}

/** Digests that intents without a result meant to leave: what a rerun takes for committed. */
export function pendingIntents({ documents }: JournalSummary): ReadonlyMap<string, string> {
  return new Map(Array.from(documents.values()).flatMap(({ doc, after, result }) => (result ? [] : [[doc, after]])));
}

/** Documents whose last result is a failure or a quarantine. */
export function failedDocuments({ documents, others }: JournalSummary): ReadonlySet<string> {
  const results = [...Array.from(documents.values(), ({ result }) => result), ...others.values()];
  const failed = results.filter((result) => result?.outcome === 'failed' || result?.outcome === 'quarantined');
  return new Set(failed.flatMap((result) => (result ? [result.doc] : [])));
}


