import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isTemporaryName } from '../locks/owner.js';

/** The file in a journal directory that holds the entries. */
export const JOURNAL_FILE = 'journal.ndjson';

/** The file in a journal directory that names its writer. */
export const JOURNAL_LOCK = 'journal.lock';

/** True for what runs and stores leave beside documents: files in the making, and locks. */
export function isOwnFile(path: string): boolean {
  if (basename(path) === JOURNAL_LOCK) return existsSync(join(dirname(path), JOURNAL_FILE));
  return isTemporaryName(basename(path));
}
