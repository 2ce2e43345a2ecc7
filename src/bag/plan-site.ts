import { planBlob } from './claim.js';
import type { ClaimOffice, PlannedBlob } from './claim.js';
import type { BagSite } from './detect.js';
import type { JsonValue } from './document.js';
import { isEmptyMap, listEntries, openText } from './entries.js';
import { buildManifest, holdsPrograms, manifestPointers, repeatsMap } from './manifest.js';
import type { ManifestForm } from './manifest.js';
import type { MigrationContext } from './migration.js';
import { partitionConfig } from './partition-config.js';
import type { SiteSources } from './sources.js';
import { textMember } from './value-reader.js';
import type { ValueReader } from './value-reader.js';

export interface PlanSettings {
  readonly target: 'lean' | 'bridge';
  readonly manifestForm: ManifestForm;
  readonly office: ClaimOffice;
  /** Manifests made lately, by the digest of their map: the executions of a workflow share one. */
  readonly manifests?: ManifestCache;
}

export interface ManifestCache {
  get(mapDigest: string): Uint8Array | undefined;
  set(mapDigest: string, manifest: Uint8Array): unknown;
}

/** What one bag needs: the blobs to write before it changes, and what its migration steps are told. */
export interface SitePlan<V> {
  readonly site: BagSite<V>;
  readonly blobs: readonly PlannedBlob[];
  readonly context: MigrationContext;
}

/**
 * True when the bag is to change at all. A bag of the newest era (`manifest_id`, nothing inline) is left alone: its
 * readers hold it against a database row.
 */
export function needsMigration<V>(reader: ValueReader<V>, site: BagSite<V>, target: PlanSettings['target']): boolean {
  const fields = [site.config, site.map];
  if (target === 'bridge') {
    return fields.some((field) => field.state === 'inline' || (field.state === 'pointer' && field.pointer.dialect !== 's3-pointer'));
  }
  const nothingInline = fields.every((field) => field.state === 'absent' || field.state === 'empty');
  if (nothingInline && reader.member(site.value, 'manifest_id') !== undefined) return false;
  return fields.some((field) => field.state !== 'absent') || site.markers.length > 0 || site.generation !== 'lean';
}

/** Plans one bag. Pure and deterministic. Throws `BagError` when its map or config cannot be made into a manifest. */
export function planSite<V>(
  reader: ValueReader<V>,
  site: BagSite<V>,
  sources: SiteSources<V>,
  settings: PlanSettings,
): SitePlan<V> {
  const { office } = settings;
  const config = sources.config === undefined ? undefined : planBlob(office, 'config', site, reader.bytes(sources.config));
  const map = sources.map === undefined ? undefined : planBlob(office, 'map', site, reader.bytes(sources.map));
  const manifest = settings.target === 'lean' ? planManifest(reader, site, sources, settings, map?.sha256) : undefined;
  const pointers = manifest && planPointers(reader, site, manifest.map, manifest.blob);
  const claims = { ...(config && { config }), ...(map && { map }), ...(manifest && { manifest: manifest.blob }) };
  return {
    site,
    blobs: Object.values(claims),
    context: { claims, ...(pointers && { manifestPointers: pointers }), createdAt: createdAtOf(reader, site) },
  };
}

interface PlannedManifest<V> {
  readonly blob: PlannedBlob;
  /** The map it was made from. */
  readonly map: V;
}

/**
 * The manifest comes from the map; without one from a full inline manifest; and when the bag would lead to no program
 * at all, from the config, cut as the legacy partitioner cuts it.
 */
function planManifest<V>(
  reader: ValueReader<V>,
  site: BagSite<V>,
  sources: SiteSources<V>,
  settings: PlanSettings,
  mapDigest: string | undefined,
): PlannedManifest<V> | undefined {
  const own = usableMap(reader, sources);
  const map = own ?? substituteMap(reader, site, sources);
  if (map === undefined) return undefined;
  const cached = own === undefined || mapDigest === undefined ? undefined : settings.manifests?.get(mapDigest);
  const bytes = cached ?? buildManifest(reader, map, settings.manifestForm);
  if (own !== undefined && mapDigest !== undefined && !cached) settings.manifests?.set(mapDigest, bytes);
  return { map, blob: planBlob(settings.office, 'manifest', site, bytes) };
}

function usableMap<V>(reader: ValueReader<V>, { map }: SiteSources<V>): V | undefined {
  const opened = map === undefined ? undefined : openText(reader, map);
  return opened === undefined || isEmptyMap(reader, opened) ? undefined : opened;
}

function substituteMap<V>(reader: ValueReader<V>, site: BagSite<V>, sources: SiteSources<V>): V | undefined {
  if (site.inlineManifest !== undefined && holdsPrograms(reader, site.inlineManifest)) return site.inlineManifest;
  const leadsSomewhere = site.manifestPath.state === 'pointer' || site.mapPath.state === 'pointer';
  if (leadsSomewhere || sources.config === undefined) return undefined;
  return partitionConfig(reader, openText(reader, sources.config));
}

const READ_INLINE = new Set(['BATCHED', 'MAP_REDUCE']);

function planPointers<V>(
  reader: ValueReader<V>,
  site: BagSite<V>,
  map: V,
  manifest: PlannedBlob,
): readonly JsonValue[] | undefined {
  const inline = site.inlineManifest;
  if (inline === undefined || !holdsPrograms(reader, inline)) return undefined;
  if (READ_INLINE.has(textMember(reader, site.value, 'distributed_strategy') ?? '')) return undefined;
  if (listEntries(reader, inline).length === 0 || !repeatsMap(reader, inline, map)) return undefined;
  return manifestPointers(reader, map, manifest.uri).map((pointer) => ({ ...pointer }));
}

/** A pointer wants a time, and the same input must give the same pointer: the bag's own start, never the clock. */
export function createdAtOf<V>(reader: ValueReader<V>, site: BagSite<V>): number {
  const start = reader.member(site.value, 'start_time');
  const seconds = start === undefined ? undefined : reader.number(start);
  return seconds !== undefined && Number.isFinite(seconds) ? seconds : 0;
}
