import { LEAN_VERSION } from '../src/bag/bag.js';
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
import type { Migration } from '../src/bag/migration.js';

/**
 * Puts a path where the value stood. A path that the bag already carries is corrected in place; a member without a
 * value (null, or no claim) goes without a successor, and a path `""`, which January's writers left for none, is null.
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
 * After: no `_is_init`, no `_status`. The initialiser leaks them into every bag, and a later merge that sees them
 * answers STARTED for ever. `down` leaves them out: no reader wants them; a byte-exact undo comes from the journal.
 */
export const dropInitMarkers: Migration = {
  id: '0001-drop-init-markers',
  description: 'take out _is_init and _status, which the initialiser leaks into every bag',
  up: (bag) => {
    for (const name of INIT_MARKERS) bag.remove(name);
  },
  down: () => undefined,
};

/** After: no `workflow_config`; `workflow_config_s3_path` at its place when there was a value. */
export const pointWorkflowConfig: Migration = {
  id: '0002-point-workflow-config',
  description: 'replace workflow_config by the path of its blob',
  up: (bag, { claims }) => {
    placePath(bag, CONFIG, CONFIG_PATH, claims.config?.uri);
  },
  down: (bag, { config }) => {
    if (config && bag.has(CONFIG_PATH)) bag.replace(CONFIG_PATH, [{ name: CONFIG, value: new RawJson(config) }]);
  },
};

/** After: no `partition_map`; `partition_map_s3_path` at its place when there was a value. */
export const pointPartitionMap: Migration = {
  id: '0003-point-partition-map',
  description: 'replace partition_map by the path of its blob',
  up: (bag, { claims }) => {
    placePath(bag, MAP, MAP_PATH, claims.map?.uri);
  },
  down: (bag, { map }) => {
    if (map && bag.has(MAP_PATH)) bag.replace(MAP_PATH, [{ name: MAP, value: new RawJson(map) }]);
  },
};

/**
 * After: `segment_manifest_s3_path` names the manifest made from this bag's own map, and so does a `manifest_s3_path`
 * that led to a key which another run overwrites. `down` leaves the path: fat bags
 * carry one too, and this one can not be overwritten by another run.
 */
export const pointSegmentManifest: Migration = {
  id: '0004-point-segment-manifest',
  description: 'point segment_manifest_s3_path at the manifest of this very map',
  up: (bag, { claims, manifestAlias }) => {
    if (manifestAlias !== undefined) bag.replace(MANIFEST_ALIAS, [{ name: MANIFEST_ALIAS, value: manifestAlias }]);
    if (!claims.manifest) {
      emptyToNull(bag, MANIFEST_PATH);
      return;
    }
    const path = { name: MANIFEST_PATH, value: claims.manifest.uri };
    if (!bag.has(MANIFEST_PATH)) bag.insert(path, [MAP_PATH, CONFIG_PATH]);
    else if (bag.text(MANIFEST_PATH) !== path.value) bag.replace(MANIFEST_PATH, [path]);
  },
  down: () => undefined,
};

/**
 * After: an inline `segment_manifest` that repeats the map is a list of pointers. It stays whole when a BATCHED or
 * MAP_REDUCE Map state is still to read `segment_config` from it, or when it says more than the map. `down` leaves the
 * pointers, which the machines that read the list inline never meet.
 */
export const shrinkSegmentManifest: Migration = {
  id: '0005-shrink-segment-manifest',
  description: 'shrink an inline segment_manifest to its list of pointers',
  up: (bag, { manifestPointers }) => {
    if (manifestPointers && bag.has(MANIFEST)) bag.replace(MANIFEST, [{ name: MANIFEST, value: manifestPointers }]);
  },
  down: () => undefined,
};

/** After: `state_bag_version` is 2 and stands before what changed. Old readers pass it on unread. */
export const stampVersion: Migration = {
  id: '0006-stamp-version',
  description: 'stamp state_bag_version 2',
  up: (bag) => {
    if (bag.has(VERSION)) bag.replace(VERSION, [{ name: VERSION, value: LEAN_VERSION }]);
    else bag.insertFirst({ name: VERSION, value: LEAN_VERSION });
  },
  down: (bag) => {
    bag.remove(VERSION);
  },
};
