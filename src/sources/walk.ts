import { isUtf8 } from 'node:buffer';
import { realpathSync } from 'node:fs';
import type { Dirent, PathLike } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { GlobOptions } from 'tinyglobby';
import { StoreError } from '../errors/index.js';
import type { StateBagError } from '../errors/index.js';
import { diskError } from './disk.js';
import type { Skipped } from './source.js';

/** What is at a place, looked at or not. */
export class Walked {
  readonly files: string[] = [];
  readonly skipped: Skipped[] = [];
  /** Directories and links that cannot be followed: nothing is known of what is behind them. */
  readonly unreadable = new Map<string, StateBagError>();

  /** Notes a directory that cannot be listed. One that has gone since it was found may have another name now. */
  closed(path: string, error: unknown): void {
    this.unreadable.set(path, diskError(path, error));
  }

  skip(path: string, code: keyof typeof REASONS): void {
    this.skipped.push({ id: path, code, reason: REASONS[code] });
  }
}

const REASONS = {
  NAME_SKIPPED:
    'the name does not end in .json, .ndjson or .jsonl (nor in one of these and .gz), so the file was not read; name the file itself, or a glob that matches it',
  DIRECTORY_SKIPPED:
    'the glob matches a directory, and none of the files in it were looked for; name the directory itself, or add /** to the glob',
  NOT_A_FILE: 'it is a pipe, a socket or a device, so it was not read',
} as const;

/**
 * All that is below a directory, at every depth, hidden or not. Each directory is listed once, whatever links lead to
 * it; with `underAllNames` once under each of its names, but never inside itself.
 */
export async function walkDirectory(
  root: string,
  isTaken: (path: string) => boolean,
  underAllNames = false,
): Promise<Walked> {
  const walked = new Walked();
  const visit = async (directory: string, listed: Set<string>): Promise<void> => {
    try {
      const real = await realpath(directory);
      if (listed.has(real)) return;
      const within = underAllNames ? new Set([...listed, real]) : listed.add(real);
      for (const entry of await directoryEntries(directory)) {
        if (entry.kind === 'directory') await visit(entry.path, within);
        else if (entry.kind === 'broken' && (entry.isFile !== true || isTaken(entry.path)))
          walked.unreadable.set(entry.path, entry.error);
        else if (entry.kind === 'other') walked.skip(entry.path, 'NOT_A_FILE');
        else if (isTaken(entry.path)) walked.files.push(entry.path);
        else walked.skip(entry.path, 'NAME_SKIPPED');
      }
    } catch (error) {
      walked.closed(directory, error);
    }
  };
  await visit(root, new Set());
  return walked;
}

/**
 * What a glob matches; `undefined` for a text that is not one. A link that leads nowhere counts where the glob names
 * it, or would look for more behind it.
 */
export async function walkGlob(pattern: string): Promise<Walked | undefined> {
  // Loaded only here: it costs as much as the start of Node, and files and directories need none of it.
  const { glob, isDynamicPattern } = await import('tinyglobby');
  if (!isDynamicPattern(pattern)) return undefined;
  const walked = new Walked();
  const odd = new Map<string, DirectoryEntry>();
  // `*` means what it means in a shell: not what is in the directories it matches.
  const probes = new Set<string>();
  const options = {
    cwd: fixedPart(pattern),
    dot: true,
    absolute: true,
    expandDirectories: false,
    onlyFiles: false,
    fs: noticing(walked, odd, probes),
  };
  const matches = await glob([pattern], options);
  const matched = new Set(matches.map((match) => resolve(match)));
  for (const match of matches) {
    const path = resolve(match);
    const entry = odd.get(path);
    if (entry?.kind === 'broken') walked.unreadable.set(path, entry.error);
    else if (entry) walked.skip(path, 'NOT_A_FILE');
    else if (match.endsWith('/')) {
      if (!matched.has(probeOf(path))) walked.skip(path, 'DIRECTORY_SKIPPED');
    } else if (probes.has(path)) continue;
    else walked.files.push(path);
  }
  return walked;
}

/**
 * The directories in front of the first one that may have several names: the walk begins there, and not at the root.
 */
function fixedPart(pattern: string): string {
  const parts = pattern.split('/');
  return (
    parts
      .slice(
        0,
        parts.findIndex((part) => /[\\*?[\]{}()!+@]/.test(part)),
      )
      .join('/') || '/'
  );
}

type GlobFileSystem = NonNullable<GlobOptions['fs']>;
type Listed = (error: NodeJS.ErrnoException | null, entries: Dirent[]) => void;

/** The walk of a glob leaves out what it cannot list or follow; here it is noted before. */
function noticing(walked: Walked, odd: Map<string, DirectoryEntry>, probes: Set<string>): GlobFileSystem {
  let root: string | undefined;
  const list = async (directory: string): Promise<Dirent[]> => {
    const top = (root ??= directory);
    const behind = odd.get(directory);
    if (behind?.kind === 'broken') walked.unreadable.set(directory, behind.error);
    if (behind) return [];
    try {
      const entries = (await directoryEntries(directory)).filter((entry) => !isLoop(entry, top));
      for (const entry of entries) if (entry.kind === 'other' || entry.kind === 'broken') odd.set(entry.path, entry);
      const probe = probeOf(directory);
      if (entries.some(({ path }) => path === probe)) return entries.flatMap(direntsOf);
      probes.add(probe);
      return [...entries.flatMap(direntsOf), dirent(basename(probe), false)];
    } catch (error) {
      // The place where a glob begins was not listed before: without it the glob matches nothing.
      if (directory !== top || (error as NodeJS.ErrnoException).code !== 'ENOENT') walked.closed(directory, error);
      return [];
    }
  };
  const listing = (path: PathLike, _: unknown, done: Listed): void => {
    void list(resolve(String(path))).then((entries) => {
      done(null, entries);
    });
  };
  return { readdir: listing as NonNullable<GlobFileSystem['readdir']> };
}

/** A file that need not be there: a glob that matches a directory and this looks for files in the directory, too. */
function probeOf(directory: string): string {
  return join(directory, basename(directory));
}

/** A link to nothing may have been one to a file or to a directory: the glob is asked about both. */
function direntsOf({ name, kind }: DirectoryEntry): Dirent[] {
  if (kind === 'broken') return [dirent(name, false), dirent(name, true)];
  return [dirent(name, kind === 'directory')];
}

/** As much of an entry as the walk asks for. Links have been followed already. */
function dirent(name: string, isDirectory: boolean): Dirent {
  return {
    name,
    isDirectory: () => isDirectory,
    isFile: () => !isDirectory,
    isSymbolicLink: () => false,
  } as unknown as Dirent;
}

/** True for a link to one of the directories between `root` and itself. */
function isLoop(entry: DirectoryEntry, root: string): boolean {
  if (entry.kind !== 'directory' || !entry.isLink) return false;
  const target = realPath(entry.path);
  for (let above = dirname(entry.path); ; above = dirname(above)) {
    if (realPath(above) === target) return true;
    if (above === root || above === dirname(above)) return false;
  }
}

/** An entry of a directory, links followed. `other`: a pipe, a socket or a device. */
type DirectoryEntry = { readonly path: string; readonly name: string } & (
  | { readonly kind: 'file' | 'other' }
  | { readonly kind: 'directory'; readonly isLink: boolean }
  | { readonly kind: 'broken'; readonly error: StateBagError; readonly isFile?: boolean }
);

/** Every entry of a directory, sorted as paths are. Throws what Node throws. */
async function directoryEntries(directory: string): Promise<readonly DirectoryEntry[]> {
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

/** The one name of a file or directory that links give several; the path itself when it has just gone. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    // Reading it will say so.
    return path;
  }
}
