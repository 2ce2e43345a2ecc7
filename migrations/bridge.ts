import { LEGACY_VERSION } from '../src/bag/bag.js';
import { RawJson } from '../src/bag/edit.js';
import type { BagEdit } from '../src/bag/edit.js';
import {
  INIT_MARKERS,
  CONFIG,
  CONFIG_PATH,
  MANIFEST,
  MANIFEST_ALIAS,
  MANIFEST_PATH,
  MAP,
  MAP_PATH,
} from '../src/bag/members.js';
import { bridgePointer } from '../src/bag/migration.js';
import type { Migration, MigrationContext } from '../src/bag/migration.js';
import type { BlobRef } from '../src/bag/keys.js';

/**
 * After: the old names stay and hold pointers that the legacy hydrator follows by itself, and no path leads to a key
 * that another run overwrites. For readers that are not wrapped yet; the task-token resume path accepts nothing else.
 *
 * `to` is a name and not a number: a bridge bag is still of version 1. It has no stamp, and legacy readers read it. A
 * number would promise that a later version follows from it. `lean-v2` begins at version 1 for both forms, because its
 * plan reads inline values and pointers alike.
 *
 * `down` leaves the paths: fat bags have them too, and these keep their bytes.
 */
export const bridge: Migration = {
  id: 'bridge',
  from: LEGACY_VERSION,
  to: 'bridge',
  up: (bag, context) => {
    for (const name of INIT_MARKERS) bag.remove(name);
    putPointers(bag, context);
    rehomePaths(bag, context);
  },
  down: (bag, { config, map }) => {
    inlineMember(bag, CONFIG, config);
    inlineMember(bag, MAP, map);
  },
};

/** Pointers of the legacy dialect under the old names. */
function putPointers(bag: BagEdit, { blobRefs, createdAt }: MigrationContext): void {
  putPointer(bag, CONFIG, blobRefs.config, createdAt);
  putPointer(bag, MAP, blobRefs.map, createdAt);
}

function putPointer(bag: BagEdit, name: string, blobRef: BlobRef | undefined, createdAt: number): void {
  if (blobRef && bag.has(name)) bag.replace(name, [{ name, value: bridgePointer(name, blobRef, createdAt) }]);
}

/** A path to a key that another run overwrites becomes one to a content address. An empty path stays empty. */
function rehomePaths(bag: BagEdit, { blobRefs, manifestPointers, manifestAlias }: MigrationContext): void {
  if (manifestAlias !== undefined) bag.replace(MANIFEST_ALIAS, [{ name: MANIFEST_ALIAS, value: manifestAlias }]);
  rehomePath(bag, CONFIG_PATH, blobRefs.config);
  rehomePath(bag, MAP_PATH, blobRefs.map);
  rehomePath(bag, MANIFEST_PATH, blobRefs.manifest);
  if (manifestPointers && bag.has(MANIFEST)) bag.replace(MANIFEST, [{ name: MANIFEST, value: manifestPointers }]);
}

function rehomePath(bag: BagEdit, path: string, blobRef: BlobRef | undefined): void {
  const text = bag.text(path) ?? '';
  if (blobRef && text !== '' && text !== blobRef.uri) bag.replace(path, [{ name: path, value: blobRef.uri }]);
}

function inlineMember(bag: BagEdit, name: string, content: Uint8Array | undefined): void {
  if (content && bag.has(name)) bag.replace(name, [{ name, value: new RawJson(content) }]);
}
