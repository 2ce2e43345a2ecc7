import { isUtf8 } from 'node:buffer';
import { existsSync, realpathSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StoreError } from '../../errors/index.js';
import type { StateBagError } from '../../errors/index.js';
import { isOwnName } from '../../store/fs-files.js';
import { diskError } from '../disk-errors.js';
import { JOURNAL_FILE } from '../journal.js';
import { JOURNAL_LOCK } from '../journal-lock.js';

/** An entry of a directory, links followed. `other`: a pipe, a socket or a device. */
export type DirectoryEntry = { readonly path: string; readonly name: string } & (
  | { readonly kind: 'file' | 'other' }
  | { readonly kind: 'directory'; readonly isLink: boolean }
  | { readonly kind: 'broken'; readonly error: StateBagError; readonly isFile?: boolean }
);

/** Every entry of a directory, sorted as paths are. Throws what Node throws. */
export async function directoryEntries(directory: string): Promise<readonly DirectoryEntry[]> {
  const found = await readdir(directory, { withFileTypes: true });
  const unnamable = found.some(({ name }) => name.includes(REPLACEMENT))
    ? await namesWithoutText(directory)
    : undefined;
  const entries = await Promise.all(
    found.map((dirent): Promise<DirectoryEntry> => {
      const at = { path: join(directory, dirent.name), name: dirent.name };
      if (unnamable?.has(dirent.name))
        return Promise.resolve({ ...at, kind: 'broken', error: notText(at.path), isFile: dirent.isFile() });
      if (dirent.isSymbolicLink()) return followLink(at);
      if (dirent.isDirectory()) return Promise.resolve({ ...at, kind: 'directory', isLink: false });
      return Promise.resolve({ ...at, kind: dirent.isFile() ? 'file' : 'other' });
    }),
  );
  return entries.sort((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1));
}

/** What Node puts in place of bytes that are not UTF-8. */
const REPLACEMENT = '\ufffd';

/** Names that are not UTF-8, as Node spells them: with such a spelling nothing can be opened, or another file is. */
async function namesWithoutText(directory: string): Promise<ReadonlySet<string>> {
  const names = await readdir(directory, { encoding: 'buffer' });
  return new Set(names.filter((name) => !isUtf8(name)).map((name) => name.toString()));
}

function notText(path: string): StateBagError {
  return new StoreError(
    'NAME_NOT_UTF8',
    `${path}: the bytes of its name are not UTF-8, so it cannot be opened; rename it, or move it out of the directory`,
  );
}

/** As the paths below it sort, so that a file with several names keeps the same one from run to run. */
function sortKey({ name, kind }: DirectoryEntry): string {
  return kind === 'directory' ? `${name}/` : name;
}

async function followLink(at: { readonly path: string; readonly name: string }): Promise<DirectoryEntry> {
  try {
    const target = await stat(at.path);
    if (target.isDirectory()) return { ...at, kind: 'directory', isLink: true };
    return { ...at, kind: target.isFile() ? 'file' : 'other' };
  } catch (error) {
    return { ...at, kind: 'broken', error: brokenLink(at.path, error) };
  }
}

function brokenLink(path: string, cause: unknown): StateBagError {
  if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') return diskError(path, cause);
  return new StoreError(
    'LINK_DANGLING',
    `${path} is a link to something that is not there; restore its target, or remove the link`,
    { cause },
  );
}

/** True for what runs and stores leave beside documents: files in the making, and locks. */
export function isOwnFile(path: string): boolean {
  if (basename(path) === JOURNAL_LOCK) return existsSync(join(dirname(path), JOURNAL_FILE));
  return isOwnName(basename(path));
}

/** The one name of a file or directory that links give several; the path itself when it has just gone. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    // Reading it will say so.
    return path;
  }
}
