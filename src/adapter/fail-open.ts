import type { StateBagError } from '../errors.js';
import { BagError, ConflictError, PointerError, StoreError } from '../errors.js';
import { publish } from './diagnostics.js';
import type { Work } from './engine.js';

/** Pointers of these kinds are attacks or grave mistakes; no execution goes on past one. */
const NEVER_PASSED = new Set(['POINTER_FOREIGN_OWNER', 'BUCKET_NOT_ALLOWED', 'PREFIX_NOT_ALLOWED', 'POINTER_CHAIN']);

/**
 * Whether a bag that could not be brought into the new form may go on in its old one: the store does not answer or
 * refuses, or the bag itself cannot be rewritten. Bytes that do not match their digest, and pointers that lead where
 * they may not, stop the execution.
 */
function mayFailOpen(error: unknown): error is StateBagError {
  if (error instanceof PointerError) return !NEVER_PASSED.has(error.code);
  return error instanceof StoreError || error instanceof ConflictError || error instanceof BagError;
}

/** The outcome of work that an execution can do without, or why it was left undone. */
export type Attempt<T> =
  { readonly value: T; readonly error?: undefined } | { readonly value?: undefined; readonly error: StateBagError };

/** Runs what an execution can do without. Rejects only with errors that must stop it. */
export async function attempt<T>(work: Work, task: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await task() };
  } catch (error) {
    if (!mayFailOpen(error)) throw error;
    publish('fail-open', () => ({
      ...work.ids,
      mode: work.mode,
      side: work.side,
      code: error.code,
      reason: error.message,
    }));
    return { error };
  }
}
