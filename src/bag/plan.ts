import { BagError } from '../errors.js';
import { planBlob } from './addressing.js';
import type { ClaimOffice, PlannedBlob } from './addressing.js';
import { isEmpty, isMutableKey, listMutableMembers } from './bag.js';
import type { Bag } from './bag.js';
import { isManifestMutable } from './manifest.js';
import type { ManifestForm } from './manifest.js';
import { CONFIG, CONFIG_PATH, MANIFEST, MANIFEST_ALIAS, MANIFEST_PATH, MAP, MAP_PATH } from './members.js';
import type { Migration, MigrationContext } from './migration.js';
import { choosePrograms, planManifest } from './plan-manifest.js';
import type { ManifestCache, Programs } from './plan-manifest.js';
import type { Value } from './value.js';
import { assertBranchesWithoutNulls, assertNoNulls, entryPointers, usableMap } from './segments.js';
import { isVerified, mapTrust, samePrograms } from './sources.js';
import type { BagSources } from './sources.js';

/**
 * Refuses a plan that leaves a program where a later run writes again. `bridgeMap` is the map that is stored under the
 * old name and read before the manifest. Throws `BagError` `PROGRAM_MUTABLE`.
 */
function assertRehomed(site: Bag, context: MigrationContext, bridgeMap: Value | undefined): void {
  const { config, map, manifest } = context.claims;
  const changed: Readonly<Record<string, unknown>> = {
    [CONFIG]: config,
    [CONFIG_PATH]: config,
    [MAP]: map,
    [MAP_PATH]: map,
    [MANIFEST_PATH]: manifest,
    [MANIFEST_ALIAS]: context.manifestAlias,
    [MANIFEST]: context.manifestPointers,
  };
  const left = listMutableMembers(site).find((name) => changed[name] === undefined);
  if (left !== undefined)
    throw mutable(
      left,
      left === MANIFEST ? 'Write the programs into it in place of the pointers' : 'Correct or remove the member',
    );
  if (bridgeMap !== undefined && entryPointers(bridgeMap).some(isMutableKey)) {
    throw mutable(
      `an entry of ${MAP}`,
      'Readers of the bridge form ask the map first. Use --to lean, which writes the programs into the manifest',
    );
  }
}

function mutable(where: string, advice: string): BagError {
  return new BagError(
    'PROGRAM_MUTABLE',
    `${where} leads to a key that another run of the workflow overwrites, and the migration cannot move that program to a content address. ${advice}`,
  );
}

interface PlanSettings {
  readonly target: 'lean' | 'bridge';
  readonly manifestForm: ManifestForm;
  /** True when that form was asked for: then a manifest that is stored in the other one is written again. */
  readonly isFormAsked?: boolean;
  readonly office: ClaimOffice;
  /** Manifests made lately, by the digest of their map: the executions of a workflow share one. */
  readonly manifests?: ManifestCache;
}

/** What one bag needs: the blobs to write before it changes, and what its migrations are told. */
export interface BagPlan<V extends Value = Value> {
  readonly site: Bag<V>;
  readonly blobs: readonly PlannedBlob[];
  readonly context: MigrationContext;
  /**
   * False when a program was read from a key that a later run may write again: the same bag may give another plan
   * later.
   */
  readonly isRepeatable: boolean;
  /** True when a map or manifest at such a key says something else than the config, which wins. */
  readonly differs: boolean;
  /** True for a dict map that only following a pointer shows. */
  readonly hasStoredDict: boolean;
}

/** A bag with its plan, and the migrations that change it, in the order of `up`. */
export interface PlannedBag<V extends Value = Value> extends BagPlan<V> {
  readonly migrations: readonly Migration[];
}

/** True for a bag with `manifest_id` and nothing inline. Its readers compare it with a database row, so it stays. */
export function isOfNewestEra({ config, map, value }: Bag): boolean {
  return isEmpty(config) && isEmpty(map) && value.member('manifest_id') !== undefined;
}

/** True when a member of the bag is not in the form of the target. A bag of the newest era is left alone. */
export function needsMigration(site: Bag, target: PlanSettings['target'], isFormAsked = false): boolean {
  if (isOfNewestEra(site)) return false;
  const fields = [site.config, site.map];
  if (isFormAsked && site.manifestPath.state === 'pointer') return true;
  if (target === 'bridge') return fields.some(isUnbridged) || listMutableMembers(site).length > 0;
  return fields.some((field) => field.state !== 'absent') || site.markers.length > 0 || site.generation !== 'lean';
}

/**
 * Refuses the bridge form for a document with a bag of the January eras: their readers would run the pointer as the
 * program, wherever in the document it is. Throws `BagError` `FLAT_ERA_BAG`.
 */
export function assertBridgeable(bags: readonly Bag[], isRow: boolean): void {
  const flat = bags.find((bag) => bag.isFlatEra);
  if (!flat) return;
  throw new BagError(
    'FLAT_ERA_BAG',
    `the bag at /${flat.path.join('/')} is of the flat era (it has light_config or a state_s3_path that is not null); its readers would run a pointer of the bridge form as the program. ` +
      (isRow ? 'Wrap the resume path, then use --to lean' : 'Use --to lean once the readers are wrapped'),
  );
}

/** The legacy hydrator follows one dialect, and a pointer in it must not lead to bytes that change. */
function isUnbridged(field: Bag['config']): boolean {
  if (field.state !== 'pointer') return field.state === 'inline';
  return field.pointer.dialect !== 's3-pointer' || !isVerified(field.pointer);
}

/**
 * Plans one bag. Pure and deterministic. Throws `BagError` when its map or config cannot be made into a manifest, when
 * its map has nulls (`MAP_HAS_NULLS`), or when a program would stay at a key that another run overwrites
 * (`PROGRAM_MUTABLE`).
 */
export function planSite<V extends Value>(site: Bag<V>, sources: BagSources<V>, settings: PlanSettings): BagPlan<V> {
  const { office } = settings;
  assertMapsWithoutNulls(site, sources);
  const programs = needsPrograms(site, settings) ? choosePrograms(site, sources) : undefined;
  if (programs && isRewritten(programs, settings)) assertNoNulls(programs.list, MANIFEST);
  assertNotPromoted(site, sources);
  const config = sources.config === undefined ? undefined : planBlob(office, 'config', site, sources.config.bytes());
  const mapValue = keptMap(programs) ?? sources.map;
  const map =
    sources.map === undefined || mapValue === undefined ? undefined : planBlob(office, 'map', site, mapValue.bytes());
  const manifest = planManifest(site, programs, {
    ...settings,
    targets: sources.targets,
    mapDigest: map?.sha256,
  });
  const claims = { ...(config && { config }), ...(map && { map }), ...(manifest.blob && { manifest: manifest.blob }) };
  const { pointers, alias } = manifest;
  const context = {
    claims,
    ...(pointers && { manifestPointers: pointers }),
    ...(alias !== undefined && { manifestAlias: alias }),
    createdAt: site.createdAt,
  };
  assertRehomed(site, context, settings.target === 'bridge' && map ? mapValue : undefined);
  return {
    site,
    blobs: Object.values(claims),
    context,
    isRepeatable:
      programs?.isMutable !== true &&
      sources.targets.size === 0 &&
      !fields(site).some((field) => field.state === 'pointer' && !isVerified(field.pointer)),
    differs: programs?.differs === true,
    hasStoredDict: site.map.state !== 'inline' && usableMap(sources.map)?.kind() === 'object',
  };
}

/**
 * Refuses to put a map from a mutable key in the place of the map at a content address, which readers ask first. Throws
 * `BagError` `PROGRAM_MUTABLE`.
 */
function assertNotPromoted(site: Bag, { map, stored }: BagSources): void {
  if (map === undefined || stored.map === undefined || mapTrust(site) !== 'mutable') return;
  if (samePrograms(stored.map, map)) return;
  throw mutable(MAP, `It is not the map at ${MAP_PATH}, which readers ask first. Correct or remove one of them`);
}

/** Of the maps that a reader of the bag may count in, one that is passed over for its path among them. */
function assertMapsWithoutNulls(site: Bag, { map, stored, targets }: BagSources): void {
  const inline = site.map.state === 'pointer' ? undefined : site.get(MAP);
  for (const value of [inline, map, stored.map]) if (value !== undefined) assertNoNulls(value);
  for (const [id, program] of targets) assertBranchesWithoutNulls(program, `the program at ${id}`);
}

/** A manifest of which another one is made loses its nulls. One at a content address stays as it is. */
function isRewritten({ from }: Programs, { isFormAsked }: PlanSettings): boolean {
  return from === 'inline-manifest' || from === 'manifest' || (from === 'kept' && isFormAsked === true);
}

/**
 * A bridge bag is read by its map; its manifest is made only where its path leads to a key that another run overwrites.
 */
function needsPrograms(site: Bag, { target, isFormAsked }: PlanSettings): boolean {
  return target === 'lean' || isManifestMutable(site) || isFormAsked === true || mapTrust(site) === 'mutable';
}

/** In place of a map at a mutable key that says something else than the config. */
function keptMap<V extends Value>(programs: Programs<V> | undefined): V | undefined {
  return programs?.from === 'config' && programs.differs ? programs.list : undefined;
}

function fields<V extends Value>({ config, map, configPath, mapPath }: Bag<V>): readonly Bag<V>['config'][] {
  return [config, map, configPath, mapPath];
}
