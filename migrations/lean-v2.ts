import { LEAN_VERSION, LEGACY_VERSION } from '../src/bag/bag.js';
import { RawJson } from '../src/bag/edit.js';
import type { BagEdit } from '../src/bag/edit.js';
import {
  CONFIG,
  CONFIG_PATH,
  INIT_MARKERS,
  MANIFEST,
  MANIFEST_ALIAS,
  MANIFEST_PATH,
  MAP,
  MAP_PATH,
  VERSION,
} from '../src/bag/members.js';
import type { Migration, MigrationContext } from '../src/bag/migration.js';

/**
 * After: paths to content addresses in place of `workflow_config` and `partition_map`, the manifest made from this
 * bag's own map, and the stamp.
 *
 * `down` leaves the path of the manifest and the pointers of an inline manifest. Fat bags have that path too, no other
 * run overwrites its key, and the machines that read an inline list never get these pointers.
 */
export const leanV2: Migration = {
  id: 'lean-v2',
  from: LEGACY_VERSION,
  to: LEAN_VERSION,
  up: (bag, context) => {
    const { blobRefs } = context;
    for (const name of INIT_MARKERS) bag.remove(name);
    placePath(bag, CONFIG, CONFIG_PATH, blobRefs.config?.uri);
    placePath(bag, MAP, MAP_PATH, blobRefs.map?.uri);
    pointSegmentManifest(bag, context);
    shrinkSegmentManifest(bag, context);
    stampVersion(bag);
  },
  down: (bag, { config, map }) => {
    bag.remove(VERSION);
    inlineMember(bag, MAP, MAP_PATH, map);
    inlineMember(bag, CONFIG, CONFIG_PATH, config);
  },
};

/**
 * Puts a path in place of the value. A path that the bag already has is corrected in place. A member without a value
 * (null, or no blob) is removed without a path, and a path `""`, which January's writers left for none, becomes null.
 */
function placePath(bag: BagEdit, member: string, pathMember: string, uri: string | undefined): void {
  if (uri === undefined) {
    bag.remove(member);
    emptyToNull(bag, pathMember);
    return;
  }
  const path = { name: pathMember, value: uri };
  if (bag.has(pathMember)) {
    if (bag.text(pathMember) !== uri) bag.replace(pathMember, [path]);
    bag.remove(member);
  } else if (bag.has(member)) {
    bag.replace(member, [path]);
  } else {
    bag.insert(path, []);
  }
}

/** Null and not absent: January's state machines map these members one by one and fail on one that is missing. */
function emptyToNull(bag: BagEdit, pathMember: string): void {
  if (bag.text(pathMember) === '') bag.replace(pathMember, [{ name: pathMember, value: null }]);
}

/**
 * `segment_manifest_s3_path` names the manifest made from this bag's own map, and so does a `manifest_s3_path` to a key
 * that another run overwrites.
 */
function pointSegmentManifest(bag: BagEdit, { blobRefs, manifestAlias }: MigrationContext): void {
  if (manifestAlias !== undefined) bag.replace(MANIFEST_ALIAS, [{ name: MANIFEST_ALIAS, value: manifestAlias }]);
  if (!blobRefs.manifest) {
    emptyToNull(bag, MANIFEST_PATH);
    return;
  }
  const path = { name: MANIFEST_PATH, value: blobRefs.manifest.uri };
  if (!bag.has(MANIFEST_PATH)) bag.insert(path, [MAP_PATH, CONFIG_PATH]);
  else if (bag.text(MANIFEST_PATH) !== path.value) bag.replace(MANIFEST_PATH, [path]);
}

/**
 * An inline `segment_manifest` that repeats the map becomes a list of pointers. The plan has none when a BATCHED or
 * MAP_REDUCE Map state still reads `segment_config` from it, or when it says more than the map.
 */
function shrinkSegmentManifest(bag: BagEdit, { manifestPointers }: MigrationContext): void {
  if (manifestPointers && bag.has(MANIFEST)) bag.replace(MANIFEST, [{ name: MANIFEST, value: manifestPointers }]);
}

/** Before what changed. Old readers pass the stamp on unread. */
function stampVersion(bag: BagEdit): void {
  if (bag.has(VERSION)) bag.replace(VERSION, [{ name: VERSION, value: LEAN_VERSION }]);
  else bag.insertFirst({ name: VERSION, value: LEAN_VERSION });
}

function inlineMember(bag: BagEdit, name: string, path: string, content: Uint8Array | undefined): void {
  if (content && bag.has(path)) bag.replace(path, [{ name, value: new RawJson(content) }]);
}
