import { detectSite, holdsDigest } from './bag.js';
import type { BagSite, Detection } from './bag.js';
import { CONFIG, MANIFEST, MAP, PAYLOAD_LIMIT } from './members.js';
import { isObject } from './reader.js';
import type { ValueReader } from './reader.js';

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
  STAMPED_BUT_FAT: 'stamped as lean with inline fields: an old runner merged them back',
  NEWEST_ERA: 'belongs to the manifest_id era; nothing is inline and it is left alone',
};

/** Bytes of JSON text that stand inline under the two names. */
export function inlineBytes<V>(reader: ValueReader<V>, detection: Detection<V>): number {
  return detection.sites
    .flatMap((site) => [site.config, site.map])
    .reduce((sum, field) => sum + (field.state === 'inline' ? reader.bytes(field.value).length : 0), 0);
}

/** Hazards of a document, each once, in the order of the list above. */
export function detectHazards<V>(reader: ValueReader<V>, detection: Detection<V>, bytes: number): readonly Hazard[] {
  if (detection.generation === 'foreign') return [];
  const found = new Set<Hazard>();
  if (bytes > PAYLOAD_LIMIT) found.add('OVER_LIMIT');
  if (detection.sites.length > 1) found.add('NESTED_BAGS');
  for (const site of detection.sites) siteHazards(reader, site).forEach((hazard) => found.add(hazard));
  return (Object.keys(HAZARDS) as Hazard[]).filter((hazard) => found.has(hazard));
}

function siteHazards<V>(reader: ValueReader<V>, site: BagSite<V>): readonly Hazard[] {
  const strategy = reader.member(site.value, 'distributed_strategy');
  const readInline = strategy !== undefined && ['BATCHED', 'MAP_REDUCE'].includes(reader.text(strategy) ?? '');
  const hasMap = [site.map, site.mapPath].some((field) => field.state === 'inline' || field.state === 'pointer');
  const checks: readonly (readonly [Hazard, boolean])[] = [
    ['INIT_MARKERS', site.markers.length > 0],
    ['STATE_HOLDS_BAG', stateHoldsBag(reader, site)],
    ['MANIFEST_PATH_MISSING', site.manifestPath.state !== 'pointer'],
    ['MANIFEST_AT_MUTABLE_KEY', site.manifestPath.state === 'pointer' && !holdsDigest(site.manifestPath)],
    ['MANIFEST_READ_INLINE', readInline && reader.member(site.value, MANIFEST) !== undefined],
    ['MAP_MISSING', !hasMap && site.generation !== 'lean'],
    ['STAMPED_BUT_FAT', site.stamped && site.generation === 'fat'],
    ['NEWEST_ERA', reader.member(site.value, 'manifest_id') !== undefined],
  ];
  return checks.flatMap(([hazard, holds]) => (holds ? [hazard] : []));
}

function stateHoldsBag<V>(reader: ValueReader<V>, site: BagSite<V>): boolean {
  const state = reader.member(site.value, 'current_state');
  if (!isObject(reader, state)) return false;
  const inner = detectSite(reader, { path: [], value: state });
  return [CONFIG, MAP].some((name) => reader.member(state, name) !== undefined) && inner.generation === 'fat';
}
