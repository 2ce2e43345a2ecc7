import { Bag, holdsDigest } from './bag.js';
import type { BagDocument } from './bag.js';
import { isReadInline } from './manifest.js';
import { CONFIG, INDEX_MEMBERS, MANIFEST, MAP, PAYLOAD_LIMIT } from './members.js';
import { parseIfJsonString } from './segments.js';
import { isObject } from './value.js';

/** Things worth knowing of a bag before it is rewritten. None stops a migration by itself. */
export type Hazard =
  | 'OVER_LIMIT'
  | 'INIT_MARKERS'
  | 'STATE_HOLDS_BAG'
  | 'NESTED_BAGS'
  | 'MANIFEST_PATH_MISSING'
  | 'MANIFEST_AT_MUTABLE_KEY'
  | 'MANIFEST_READ_INLINE'
  | 'PROGRAMS_DIFFER'
  | 'MAP_MISSING'
  | 'INDEX_IS_TEXT'
  | 'STAMPED_BUT_FAT'
  | 'NEWEST_ERA';

/** What one sentence says of each hazard. */
export const HAZARDS: Readonly<Record<Hazard, string>> = {
  OVER_LIMIT: 'over 262,144 bytes: Step Functions refuses it as it is',
  INIT_MARKERS: '_is_init or _status left behind by the initialiser; the migration takes them out',
  STATE_HOLDS_BAG: 'current_state holds a copy of the bag, with masked strings; the copy stays where it is',
  NESTED_BAGS: 'a merge nested one bag in another; both are migrated',
  MANIFEST_PATH_MISSING: 'segment_manifest_s3_path is null or absent; readers fall back to the map',
  MANIFEST_AT_MUTABLE_KEY: 'the manifest lies at a key that another run of the workflow overwrites',
  MANIFEST_READ_INLINE: 'a BATCHED or MAP_REDUCE Map state reads segment_manifest inline; it stays whole',
  PROGRAMS_DIFFER: 'the map or manifest at a mutable key is not what the config gives; the config wins',
  MAP_MISSING: 'no partition_map: an old runner that meets the bag ends the workflow after one segment',
  INDEX_IS_TEXT:
    'a dict map next to an index that is text: lean makes the map a list, and newer old readers fail on that; wrap them first',
  STAMPED_BUT_FAT: 'stamped as lean with inline fields: an old runner merged them back',
  NEWEST_ERA: 'belongs to the manifest_id era; nothing is inline and it is left alone',
};

/** Bytes of JSON text that stand inline under the two names. */
export function inlineBytes(bagDocument: BagDocument): number {
  return bagDocument.bags
    .flatMap((bag) => [bag.config, bag.map])
    .reduce((sum, field) => sum + (field.state === 'inline' ? field.value.bytes().length : 0), 0);
}

/** Hazards of a document, each once, in the order of the list above. */
export function detectHazards(bagDocument: BagDocument, bytes: number): readonly Hazard[] {
  if (bagDocument.generation === 'foreign') return [];
  const found = new Set<Hazard>();
  if (bytes > PAYLOAD_LIMIT) found.add('OVER_LIMIT');
  if (bagDocument.bags.length > 1) found.add('NESTED_BAGS');
  if (bagDocument.bags.some(hasDictMap) && hasTextIndex(bagDocument)) found.add('INDEX_IS_TEXT');
  for (const bag of bagDocument.bags) listBagHazards(bag).forEach((hazard) => found.add(hazard));
  return (Object.keys(HAZARDS) as Hazard[]).filter((hazard) => found.has(hazard));
}

function listBagHazards(bag: Bag): readonly Hazard[] {
  const hasMap = [bag.map, bag.mapPath].some((field) => field.state === 'inline' || field.state === 'pointer');
  const checks: readonly (readonly [Hazard, boolean])[] = [
    ['INIT_MARKERS', bag.markers.length > 0],
    ['STATE_HOLDS_BAG', stateHoldsBag(bag)],
    ['MANIFEST_PATH_MISSING', bag.manifestPath.state !== 'pointer'],
    ['MANIFEST_AT_MUTABLE_KEY', bag.manifestPath.state === 'pointer' && !holdsDigest(bag.manifestPath)],
    ['MANIFEST_READ_INLINE', isReadInline(bag.value) && bag.value.member(MANIFEST) !== undefined],
    ['MAP_MISSING', !hasMap && bag.generation !== 'lean'],
    ['STAMPED_BUT_FAT', bag.isStamped && bag.generation === 'fat'],
    ['NEWEST_ERA', bag.value.member('manifest_id') !== undefined],
  ];
  return checks.flatMap(([hazard, holds]) => (holds ? [hazard] : []));
}

/** True for a dict map in the bag itself. */
export function hasDictMap({ map }: Bag): boolean {
  return map.state === 'inline' && parseIfJsonString(map.value).kind() === 'object';
}

/** True when an object on the way to the bag, or the bag itself, has a segment index that is text. */
export function hasTextIndex({ envelope }: BagDocument): boolean {
  const levels = envelope?.levels ?? [];
  return levels.some(({ value }) => INDEX_MEMBERS.some((name) => value.member(name)?.kind() === 'string'));
}

function stateHoldsBag(bag: Bag): boolean {
  const state = bag.value.member('current_state');
  if (!isObject(state)) return false;
  const inner = new Bag(state);
  return [CONFIG, MAP].some((name) => state.member(name) !== undefined) && inner.generation === 'fat';
}
