import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { Layout } from '../bag/keys.js';
import { isOwnName } from '../store/fs-files.js';
import type { ObjectAddress } from '../store/object-store.js';
import type { OpenStore } from '../store/open.js';
import { realPath } from './walk.js';

/** The file in a journal directory that holds the entries. */
export const JOURNAL_FILE = 'journal.ndjson';

/** The file in a journal directory that names its writer. */
export const JOURNAL_LOCK = 'journal.lock';

/** True for what runs and stores leave beside documents: files in the making, and locks. */
export function isOwnFile(path: string): boolean {
  if (basename(path) === JOURNAL_LOCK) return existsSync(join(dirname(path), JOURNAL_FILE));
  return isOwnName(basename(path));
}

/**
 * What statebag recorded in a file, as the file's own first line says: a journal, under its name or a link to it, or a
 * plan. `undefined` for every other file, and for one that cannot be read: reading it will say so.
 */
export function findRecord(path: string): 'journal' | 'plan' | undefined {
  if (!/\.(ndjson|jsonl)$/i.test(path)) return undefined;
  const line = readFirstLine(path);
  const isNamedJournal = [path, realPath(path)].some((name) => basename(name) === JOURNAL_FILE);
  // A run makes its journal empty, and another process may list the directory before the first entry is in it.
  if (line === '') return isNamedJournal ? 'journal' : undefined;
  const { kind, run, at, tool, target } = parseHead(line);
  if (kind === 'run' && isNamedJournal && isText(run, at)) return 'journal';
  return kind === 'plan' && isText(at, tool, target) ? 'plan' : undefined;
}

function isText(...values: readonly unknown[]): boolean {
  return values.every((value) => typeof value === 'string');
}

/** A head names sources and options: kilobytes. A longer line is a document. */
const MAX_HEAD_BYTES = 1 << 20;

const CHUNK_BYTES = 4096;

/** `undefined` for what is not a file, cannot be read or has a longer line. */
function readFirstLine(path: string): string | undefined {
  try {
    // Opening a pipe would wait for a writer.
    if (!statSync(path).isFile()) return undefined;
    const file = openSync(path, 'r');
    try {
      return readLine(file);
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function readLine(file: number): string | undefined {
  const chunks: Uint8Array[] = [];
  for (let length = 0; length < MAX_HEAD_BYTES;) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const bytes = chunk.subarray(0, readSync(file, chunk));
    const end = bytes.indexOf('\n');
    chunks.push(end === -1 ? bytes : bytes.subarray(0, end));
    if (end !== -1 || bytes.length === 0) return Buffer.concat(chunks).toString('utf8');
    // No document begins like a head, and most of them are longer than a chunk.
    if (length === 0 && !/^\s*\{\s*"kind"/.test(bytes.toString('utf8'))) return undefined;
    length += bytes.length;
  }
  return undefined;
}

function parseHead(line: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const head: unknown = JSON.parse(line ?? '');
    return typeof head === 'object' && head !== null ? (head as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

/** What the tool writes itself, and must not take for documents. */
export interface OwnPlaces {
  readonly excludedFor: (path: string) => readonly string[];
  readonly isBlob: (address: ObjectAddress) => boolean;
  /** Journals and plans are not documents, wherever they are. */
  readonly leavesOutRecords?: boolean;
}

/**
 * For commands that prove that nothing is left: no place is left out, as a bag may be in any. Blobs and journals are
 * told by what they are.
 */
export const ALL_PLACES: OwnPlaces & { readonly names: 'documents-and-digests' } = {
  excludedFor: () => [],
  isBlob: () => false,
  names: 'documents-and-digests',
};

/**
 * The store, and further directories (a journal, copies). A source that lies inside a directory store is the user's
 * wish; then only the folders of blobs are left out, as in a bucket that holds documents and blobs.
 */
export function ownPlaces(store: OpenStore | undefined, layout: Layout, directories: readonly string[]): OwnPlaces {
  const folders = blobFolders(layout);
  return {
    leavesOutRecords: true,
    excludedFor: (path) => [
      ...directories.filter((directory) => !isInside(path, directory)),
      ...storeDirectories(store, folders, path),
    ],
    isBlob: ({ bucket, key }) => {
      if (store === undefined || store.directory !== undefined || bucket !== store.blobs.bucket) return false;
      return folders.some((folder) => key.startsWith(store.blobs.prefix + folder));
    },
  };
}

function storeDirectories(store: OpenStore | undefined, folders: readonly string[], path: string): readonly string[] {
  const directory = store?.directory;
  if (store === undefined || directory === undefined) return [];
  return isInside(path, directory) ? folders.map((folder) => join(directory, store.blobs.bucket, folder)) : [directory];
}

function isInside(path: string, directory: string): boolean {
  return `${realPath(resolve(path))}${sep}`.startsWith(`${realPath(directory)}${sep}`);
}

/**
 * The part of each key template in front of its first placeholder; a template that begins with one has no folder of its
 * own.
 */
function blobFolders(layout: Layout): readonly string[] {
  const folders = Object.values(layout).map((template) =>
    template.slice(0, template.slice(0, template.indexOf('{')).lastIndexOf('/') + 1),
  );
  return folders.filter((folder) => folder !== '');
}
