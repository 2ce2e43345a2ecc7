import { NEWEST_VERSION, pathFor } from '../../migrations/index.js';
import { planBlob } from '../bag/keys.js';
import type { PendingBlob } from '../bag/keys.js';
import { holdsDigest, listMutableMembers } from '../bag/bag.js';
import type { Bag, Field, Generation } from '../bag/bag.js';
import type { JsonValue } from '../bag/edit.js';
import { follow } from '../bag/follow.js';
import { buildManifest } from '../bag/manifest.js';
import { CONFIG, MANIFEST_PATH, MAP, MAP_PATH, VERSION } from '../bag/members.js';
import { bridgePointer } from '../bag/migration.js';
import type { Migration } from '../bag/migration.js';
import { isEmptyContainer, parseIfJsonString } from '../bag/segments.js';
import { readDocument } from '../bag/value.js';
import type { Value } from '../bag/value.js';
import { openAddressing, storeBlobs } from './context.js';
import type { DocumentEdit, InvocationContext, ProgramPlan } from './form.js';

/** What one bag needs to be in the new form. */
export interface BagRewrite {
  /** Empty when the bag is in the new form. */
  readonly migrations: readonly Migration[];
  readonly program: ProgramPlan | undefined;
  /** The manifest that is made again, because its path was lost. */
  readonly manifest: PendingBlob | undefined;
  /** Pointers under the old names that say the same as the paths: they only leave. */
  readonly redundant: readonly string[];
  /** Bytes of inline values that leave the bag. */
  readonly bytesSaved: number;
}

const NOTHING = { migrations: [], program: undefined, manifest: undefined, redundant: [], bytesSaved: 0 } as const;

/**
 * Plans a bag in the new form; nothing is written. `handed`: the bag as its handler got it. Throws what planning and
 * following pointers throw.
 */
export async function planRewrite<V extends Value>(
  bag: Bag<V>,
  context: InvocationContext<V>,
  handed?: V,
): Promise<BagRewrite> {
  const migrations = pathFor(bag, 'lean');
  if (migrations.length === 0) {
    return { ...NOTHING, manifest: await planLostManifest(bag, context) };
  }
  const redundant = listRedundant(bag);
  if (redundant.length > 0) return { ...NOTHING, redundant };
  const program = await context.state.form.planProgram(bag, context, handed);
  const { map, manifest } = program.context.blobRefs;
  const lost = map || manifest ? undefined : await planLostManifest(bag, context, 'lean');
  return { ...NOTHING, migrations, program, manifest: lost, bytesSaved: inlineSize(bag, program) };
}

/** Stores what leaves the bag, and then changes the bag. Rejects as the store does; then the bag is as it was. */
export async function rewriteBag<V extends Value>(
  bag: Bag<V>,
  rewrite: BagRewrite,
  edit: DocumentEdit<V>,
  context: InvocationContext<V>,
): Promise<void> {
  // A bag that cannot be written leaves no blob behind.
  if (changesBag(rewrite)) edit.draft(bag);
  await storeRewrite(rewrite, context);
  applyRewrite(bag, rewrite, edit);
}

/** True when the bag will be another one. */
export function changesBag({ program, manifest, redundant }: BagRewrite): boolean {
  return program !== undefined || manifest !== undefined || redundant.length > 0;
}

/** Stores what leaves the bag. Rejects as the store does. */
export async function storeRewrite<V extends Value>(
  { program, manifest }: BagRewrite,
  context: InvocationContext<V>,
): Promise<void> {
  await storeBlobs([...(program?.blobs ?? []), ...(manifest ? [manifest] : [])], context);
  program?.remember();
}

/** Runs the migrations over the bag. */
export function applyRewrite<V extends Value>(
  bag: Bag<V>,
  { migrations, program, manifest, redundant }: BagRewrite,
  edit: DocumentEdit<V>,
): void {
  if (program) for (const migration of migrations) migration.up(edit.draft(bag), program.context);
  if (manifest) putManifest(bag, manifest, edit);
  for (const name of redundant) edit.draft(bag).remove(name);
}

/**
 * The old names of a bag that is in the new form but for pointers under them, as a handler that speaks bridge gets it.
 * Empty for any other bag.
 */
function listRedundant(bag: Bag): readonly string[] {
  const isStamped = bag.value.member(VERSION)?.number() === NEWEST_VERSION;
  if (!isStamped || bag.markers.length > 0 || listMutableMembers(bag).length > 0 || !holdsDigest(bag.manifestPath))
    return [];
  const pairs = [
    [CONFIG, bag.config, bag.configPath],
    [MAP, bag.map, bag.mapPath],
  ] as const;
  const isSettled = pairs.every(
    ([, field, path]) => field.state === 'absent' || (holdsDigest(path) && isSameTarget(field, path)),
  );
  return isSettled ? pairs.flatMap(([name, { state }]) => (state === 'absent' ? [] : [name])) : [];
}

/** True when two fields point to one object. */
export function isSameTarget(field: Field, path: Field): boolean {
  if (field.state !== 'pointer' || path.state !== 'pointer') return false;
  const [one, other] = [field.pointer.target, path.pointer.target];
  return one !== undefined && one.bucket === other?.bucket && one.key === other?.key;
}

/** Puts pointers under the old names, as the readers before 0.1.0 of paused executions follow them. */
export function putBridgePointers<V extends Value>(bag: Bag<V>, { program }: BagRewrite, edit: DocumentEdit<V>): void {
  const blobRefs = program?.context.blobRefs;
  for (const [name, path, blobRef] of [
    [CONFIG, bag.configPath, blobRefs?.config],
    [MAP, bag.mapPath, blobRefs?.map],
  ] as const) {
    const pointer = blobRef ? bridgePointer(name, blobRef, bag.createdAt) : toBridgePointer(name, path, bag.createdAt);
    if (pointer !== undefined) edit.put(bag, name, pointer);
  }
}

/** The bytes are not at hand, so there is no checksum: the digest is in the key. */
function toBridgePointer(name: string, path: Field, createdAt: number): JsonValue | undefined {
  const target = path.state === 'pointer' && holdsDigest(path) ? path.pointer.target : undefined;
  if (target?.bucket === undefined) return undefined;
  const { bucket, key } = target;
  return bridgePointer(name, { bucket, key, size: 0, md5Prefix: () => '' }, createdAt);
}

/** Next to the path of the map, where the migration puts it. */
export function putManifest<V extends Value>(bag: Bag<V>, { uri }: PendingBlob, edit: DocumentEdit<V>): void {
  const draft = edit.draft(bag);
  const path = { name: MANIFEST_PATH, value: uri };
  if (draft.has(MANIFEST_PATH)) draft.replace(MANIFEST_PATH, [path]);
  else draft.insert(path, [MAP_PATH]);
}

/**
 * Makes the manifest again from the bag's own map when a merge has set its path to null, dropped it, or put another
 * document's there (a manifest of the shim's own is at a content address). `generation` is the one that the bag has
 * after a migration. Stored bytes make the same manifest again, so nothing new is written. `undefined` when there is
 * nothing to do; throws as following a pointer does.
 */
export async function planLostManifest<V extends Value>(
  bag: Bag<V>,
  context: InvocationContext<V>,
  generation: Generation = bag.generation,
): Promise<PendingBlob | undefined> {
  if (bag.mapPath.state !== 'pointer' || generation !== 'lean' || !isManifestLost(bag)) return undefined;
  const { blobs, settings } = context.state;
  const bytes = await follow(bag.mapPath.pointer, bag, blobs, context.deadline.signal());
  const map = parseIfJsonString(readDocument(bytes));
  if (isEmptyContainer(map)) return undefined;
  return planBlob(await openAddressing(context), 'manifest', bag, buildManifest(map, settings.manifestForm));
}

/** A bag of the newest era is held against a database row by its readers and left alone. */
function isManifestLost(bag: Bag): boolean {
  if (holdsDigest(bag.manifestPath) || !holdsDigest(bag.mapPath)) return false;
  return bag.value.member('manifest_id') === undefined;
}

function inlineSize({ config, map }: Bag, { context: { blobRefs } }: ProgramPlan): number {
  const sizes = [
    config.state === 'inline' ? blobRefs.config?.size : 0,
    map.state === 'inline' ? blobRefs.map?.size : 0,
  ];
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}
