import type { StateBagError } from '../errors.js';
import { BagError, ConflictError, PointerError, StoreError } from '../errors.js';
import { publish } from './diagnostics.js';
import type { Work } from './engine.js';

/**
 * Whether a bag that could not be brought into the new form may go on in its old one: the store does not answer or
 * refuses, or the bag itself cannot be rewritten. Bytes that do not match their digest, and a pointer to a pointer,
 * stop the execution. A pointer that is refused was not followed: if the bag has its program elsewhere, the execution
 * continues, and else the error comes again when the program is looked for.
 */
function mayFailOpen(error: unknown): error is StateBagError {
  if (error instanceof PointerError) return error.code !== 'POINTER_CHAIN';
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
