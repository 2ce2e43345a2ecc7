import { BagError, InternalError } from '../errors/index.js';
import { applySplices, givesBack, invertSplices } from '../json/index.js';
import type { Splice } from '../json/index.js';
import { planBlob } from './keys.js';
import type { BlobAddressing, PendingBlob } from './keys.js';
import { isEmpty, isMutableKey, listMutableMembers, withDigest } from './bag.js';
import type { Bag } from './bag.js';
import { ByteDraft, outlineDraft } from './edit.js';
import type { BagOutline } from './edit.js';
import { isManifestMutable } from './manifest.js';
import type { ManifestForm } from './manifest.js';
import { CONFIG, CONFIG_PATH, MANIFEST, MANIFEST_ALIAS, MANIFEST_PATH, MAP, MAP_PATH } from './members.js';
import type { Migration, MigrationContext } from './migration.js';
import { choosePrograms, planManifest } from './plan-manifest.js';
import type { ManifestCache, Programs } from './plan-manifest.js';
import type { Pointer } from './pointers.js';
import type { ByteValue, Value } from './value.js';
import { assertBranchesWithoutNulls, assertNoNulls, assertPositional, entryPointers, usableMap } from './segments.js';
import { isVerified, mapTrust, samePrograms } from './sources.js';
import type { BagSources } from './sources.js';

/**
 * Refuses a plan that leaves a program where a later run writes again. `bridgeMap` is the map that is stored under the
 * old name and read before the manifest. Throws `BagError` `PROGRAM_MUTABLE`.
 */
function assertRehomed(bag: Bag, context: MigrationContext, bridgeMap: Value | undefined): void {
  const { config, map, manifest } = context.blobRefs;
  const changed: Readonly<Record<string, unknown>> = {
    [CONFIG]: config,
    [CONFIG_PATH]: config,
    [MAP]: map,
    [MAP_PATH]: map,
    [MANIFEST_PATH]: manifest,
    [MANIFEST_ALIAS]: context.manifestAlias,
    [MANIFEST]: context.manifestPointers,
  };
  const left = listMutableMembers(bag).find((name) => changed[name] === undefined);
  if (left !== undefined)
    throw mutable(
      left,
      left === MANIFEST ? 'Write the programs into it in place of the pointers' : 'Correct or remove the member',
    );
  const isMutableEntry = (pointer: Pointer) => isMutableKey(withDigest(pointer, bag.addresses));
  if (bridgeMap !== undefined && entryPointers(bridgeMap).some(isMutableEntry)) {
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
  readonly addressing: BlobAddressing;
  /** Manifests made lately, by the digest of their map: the executions of a workflow share one. */
  readonly manifests?: ManifestCache;
}

/** What one bag needs: the blobs to write before it changes, and what its migrations are told. */
export interface BagPlan<V extends Value = Value> {
  readonly bag: Bag<V>;
  readonly blobs: readonly PendingBlob[];
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
export function needsMigration(bag: Bag, target: PlanSettings['target'], isFormAsked = false): boolean {
  if (isOfNewestEra(bag)) return false;
  const fields = [bag.config, bag.map];
  if (isFormAsked && bag.manifestPath.state === 'pointer') return true;
  if (target === 'bridge') return fields.some(isUnbridged) || listMutableMembers(bag).length > 0;
  return fields.some((field) => field.state !== 'absent') || bag.markers.length > 0 || bag.generation !== 'lean';
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
      (isRow ? 'Leave the row until it is resumed' : 'Use --to lean once the readers are wrapped'),
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
export function planBag<V extends Value>(bag: Bag<V>, sources: BagSources<V>, settings: PlanSettings): BagPlan<V> {
  const { addressing } = settings;
  assertMapsWithoutNulls(bag, sources);
  const programs = needsPrograms(bag, settings) ? choosePrograms(bag, sources) : undefined;
  if (programs && isRewritten(programs, settings)) assertNoNulls(programs.list, MANIFEST);
  assertNotPromoted(bag, sources);
  const config = sources.config === undefined ? undefined : planBlob(addressing, 'config', bag, sources.config.bytes());
  const mapValue = keptMap(programs) ?? sources.map;
  if (mapValue !== undefined) assertPositional(mapValue);
  const map =
    sources.map === undefined || mapValue === undefined
      ? undefined
      : planBlob(addressing, 'map', bag, mapValue.bytes());
  const manifest = planManifest(bag, programs, {
    ...settings,
    targets: sources.targets,
    mapDigest: map?.sha256,
  });
  const blobRefs = {
    ...(config && { config }),
    ...(map && { map }),
    ...(manifest.blob && { manifest: manifest.blob }),
  };
  const { pointers, alias } = manifest;
  const context = {
    blobRefs,
    ...(pointers && { manifestPointers: pointers }),
    ...(alias !== undefined && { manifestAlias: alias }),
    createdAt: bag.createdAt,
  };
  assertRehomed(bag, context, settings.target === 'bridge' && map ? mapValue : undefined);
  return {
    bag,
    blobs: Object.values(blobRefs),
    context,
    isRepeatable:
      programs?.isMutable !== true &&
      sources.targets.size === 0 &&
      !fields(bag).some((field) => field.state === 'pointer' && !isVerified(field.pointer)),
    differs: programs?.differs === true,
    hasStoredDict: bag.map.state !== 'inline' && usableMap(sources.map)?.kind() === 'object',
  };
}

/**
 * Refuses to put a map from a mutable key in the place of the map at a content address, which readers ask first. Throws
 * `BagError` `PROGRAM_MUTABLE`.
 */
function assertNotPromoted(bag: Bag, { map, stored }: BagSources): void {
  if (map === undefined || stored.map === undefined || mapTrust(bag) !== 'mutable') return;
  if (samePrograms(stored.map, map)) return;
  throw mutable(MAP, `It is not the map at ${MAP_PATH}, which readers ask first. Correct or remove one of them`);
}

/** Of the maps that a reader of the bag may count in, one that is passed over for its path among them. */
function assertMapsWithoutNulls(bag: Bag, { map, stored, targets }: BagSources): void {
  const inline = bag.map.state === 'pointer' ? undefined : bag.get(MAP);
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
function needsPrograms(bag: Bag, { target, isFormAsked }: PlanSettings): boolean {
  return target === 'lean' || isManifestMutable(bag) || isFormAsked === true || mapTrust(bag) === 'mutable';
}

/** In place of a map at a mutable key that says something else than the config. */
function keptMap<V extends Value>(programs: Programs<V> | undefined): V | undefined {
  return programs?.from === 'config' && programs.differs ? programs.list : undefined;
}

function fields<V extends Value>({ config, map, configPath, mapPath }: Bag<V>): readonly Bag<V>['config'][] {
  return [config, map, configPath, mapPath];
}

/** A document rewritten in memory, with the way back. */
export interface Rewrite {
  readonly bytes: Uint8Array;
  /** Splices over `bytes` that give the original again, byte for byte. */
  readonly inverse: readonly Splice[];
  /** Each changed bag as it is now, for validation. */
  readonly outlines: readonly BagOutline[];
}

/**
 * Runs its migrations over every planned bag and splices the result. Compares what the inverse gives with the original.
 * `allocate` gives the memory for the new bytes. Throws `InternalError` when a promise of this module is broken; then
 * nothing was written.
 */
export function rewriteBytes(
  original: Uint8Array,
  plans: readonly PlannedBag<ByteValue>[],
  allocate?: (length: number) => Uint8Array,
): Rewrite {
  const drafts = plans.map((plan) => ({ plan, draft: migrateBag(plan) }));
  const splices = drafts.flatMap(({ draft }) => draft.splices()).sort((a, b) => a.start - b.start);
  const bytes = applySplices(original, splices, allocate);
  const inverse = invertSplices(original, splices);
  if (!givesBack(bytes, inverse, original)) {
    throw new InternalError(
      'INVERSE_BROKEN',
      'the inverse of the rewrite does not give the original back; nothing was written',
    );
  }
  const outlines = drafts.map(({ plan, draft }) => ({ path: plan.bag.path, ...outlineDraft(draft) }));
  return { bytes, inverse, outlines };
}

function migrateBag({ bag, migrations, context }: PlannedBag<ByteValue>): ByteDraft {
  const draft = new ByteDraft(bag.value);
  for (const migration of migrations) migration.up(draft, context);
  return draft;
}
