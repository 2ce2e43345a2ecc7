import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';

/** The tests write and sync thousands of small files. In memory that costs a tenth. */
const IN_MEMORY = '/dev/shm';

/** Variables for the workers of Vitest and the processes they start: temporary files are in memory, if possible. */
export function temporaryFiles(): { readonly TMPDIR: string } {
  try {
    accessSync(IN_MEMORY, constants.W_OK);
    return { TMPDIR: IN_MEMORY };
  } catch {
    return { TMPDIR: tmpdir() };
  }
}
