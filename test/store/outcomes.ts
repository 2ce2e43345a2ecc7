import { StateBagError } from 'statebag-shim';

/** The code a promise rejects with, or `done`. What is not one of the shim's errors is thrown on: it is a bug. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    if (error instanceof StateBagError) return error.code;
    throw error;
  }
}

export function outcomesOf(promises: readonly Promise<unknown>[]): Promise<string[]> {
  return Promise.all(promises.map(codeOf));
}
