import pMap, { pMapSkip } from 'p-map';
import { ConflictError, IntegrityError, messageOf, StateBagError } from '../errors/index.js';
import { decodeInverse } from '../journal/entries.js';
import type { IntentEntry } from '../journal/entries.js';
import { migrationsIn, readIntent } from '../journal/read.js';
import type { DocumentState } from '../journal/read.js';
import { applySplices } from '../json/index.js';
import type { ContainerOpener, SourceContainer, SourceDocument } from '../sources/source.js';
import { parseS3Uri } from '../store/index.js';
import type { BlobStore } from '../store/index.js';
import { LazyReplacement } from './commit.js';
import { hasLivedOn } from './outcome.js';
import type { RestoreLog } from './restore-log.js';
import { digest, digestDocument } from './transform.js';

/**
 * The original bytes of a migrated document, from what the journal and the blobs say. Throws `IntegrityError`
 * `RESTORE_MISMATCH` unless the result has the digest of the pre-image: nothing else is ever written back.
 */
export async function restoreOriginal(current: Uint8Array, intent: IntentEntry, blobs: BlobStore): Promise<Uint8Array> {
  const load = (uri: string, sha256: string) => blobs.get(parseS3Uri(uri), { sha256 });
  const original = applySplices(current, await decodeInverse(intent.inverse, load));
  if (digest(original) !== intent.before) {
    throw new IntegrityError(
      'RESTORE_MISMATCH',
      `${intent.doc}: journal and blobs do not give the original back; the document is left as it is`,
    );
  }
  return original;
}

/** What became of a document in a rollback. */
export interface RollbackOutcome {
  readonly id: string;
  readonly outcome: 'rolled-back' | 'unchanged' | 'failed';
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly code?: string;
  readonly reason?: string;
}

interface RollbackOptions {
  readonly directory: string;
  /** The documents to restore, by container. */
  readonly containers: ReadonlyMap<string, readonly DocumentState[]>;
  readonly blobs: BlobStore;
  readonly open: ContainerOpener;
  /** Where it is written down what is restored; without it everything is computed and nothing written. */
  readonly log?: Pick<RestoreLog, 'intend' | 'flush'> | undefined;
  readonly concurrency: number;
  readonly stop?: AbortSignal;
  readonly onOutcome: (outcome: RollbackOutcome) => void | Promise<void>;
}

/**
 * Puts the original bytes of every document back, guarded by the version that was written: a document that has changed
 * since is left alone. Intents are synced before a container is replaced. Blobs stay.
 */
export async function rollbackDocuments(options: RollbackOptions): Promise<void> {
  await pMap(
    options.containers,
    async ([id, states]) => {
      if (!options.stop?.aborted) await rollbackContainer(id, states, options);
      return pMapSkip;
    },
    { concurrency: options.concurrency },
  );
}

async function rollbackContainer(
  id: string,
  states: readonly DocumentState[],
  options: RollbackOptions,
): Promise<void> {
  const byLine = new Map(states.map((state) => [state.line, state]));
  const outcomes: RollbackOutcome[] = [];
  try {
    const container = options.open(id);
    const replacement = new LazyReplacement(container, () => container.replace());
    try {
      for await (const document of container.documents()) {
        const state = byLine.get(document.line);
        byLine.delete(document.line);
        if (state) await assertSame(container, state, options);
        const original = state && (await restore(document, state, options, outcomes));
        if (options.log) await replacement.write(document, original);
        document.release?.();
      }
      if (replacement.isOpen) await options.log?.flush();
      await replacement.commit();
    } catch (error) {
      await replacement.abort();
      throw error;
    }
    outcomes.push(...Array.from(byLine.values(), (state) => failure(state, gone(state))));
  } catch (error) {
    outcomes.splice(0, outcomes.length, ...states.map((state) => failure(state, error)));
  }
  for (const outcome of outcomes) await options.onOutcome(outcome);
}

/** Only a container whose name may pass to another thing asks what the journal had before it. */
async function assertSame(
  container: SourceContainer,
  state: DocumentState,
  { directory }: RollbackOptions,
): Promise<void> {
  if (container.assertSame) container.assertSame((await readIntent(directory, state.intent)).version);
}

/** The original bytes, or `undefined` when the document is to stay as it is; says which in `outcomes`. */
async function restore(
  document: SourceDocument,
  state: DocumentState,
  options: RollbackOptions,
  outcomes: RollbackOutcome[],
): Promise<Uint8Array | undefined> {
  const current = digestDocument(document);
  const size = document.bytes.length;
  const done = migrationsIn(state);
  if (current === done.at(-1)?.before) {
    outcomes.push({
      id: state.doc,
      outcome: state.fate === 'migrated' ? 'rolled-back' : 'unchanged',
      bytesBefore: size,
      bytesAfter: size,
      code: 'ALREADY_ORIGINAL',
    });
    return undefined;
  }
  const newest = done.findIndex(({ after }) => after === current);
  if (newest < 0) {
    outcomes.push(failure(state, moved(state), size));
    return undefined;
  }
  let bytes = document.bytes;
  try {
    for (const { intent } of done.slice(newest))
      bytes = await restoreOriginal(bytes, await readIntent(options.directory, intent), options.blobs);
    outcomes.push({ id: state.doc, outcome: 'rolled-back', bytesBefore: size, bytesAfter: bytes.length });
  } catch (error) {
    outcomes.push(failure(state, error, size));
    return undefined;
  }
  const [after, bytesAfter] = [done.at(-1)!.before, bytes.length];
  await options.log?.intend({ state, before: current, after, bytesBefore: size, bytesAfter });
  return bytes;
}

function moved({ doc }: DocumentState): ConflictError {
  return new ConflictError('DOCUMENT_MOVED', `${doc} has changed since it was migrated; it is left as it is`);
}

function gone({ doc }: DocumentState): ConflictError {
  return new ConflictError('DOCUMENT_MOVED', `${doc} is not there any more`);
}

function failure(state: DocumentState, error: unknown, size = 0): RollbackOutcome {
  const code = error instanceof StateBagError ? error.code : 'UNEXPECTED';
  return {
    id: state.doc,
    outcome: hasLivedOn(error) ? 'unchanged' : 'failed',
    bytesBefore: size,
    bytesAfter: size,
    code,
    reason: messageOf(error),
  };
}
