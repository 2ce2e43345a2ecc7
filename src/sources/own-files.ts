import { join, resolve, sep } from 'node:path';
import type { Layout } from '../bag/keys.js';
import type { ObjectAddress } from '../store/object-store.js';
import type { OpenStore } from './open-store.js';
import { realPath } from './walk.js';

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
export const ALL_PLACES: OwnPlaces & { readonly isGate: true } = {
  excludedFor: () => [],
  isBlob: () => false,
  isGate: true,
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
