import { pathFor } from '../../migrations/index.js';
import { planBlob } from '../bag/addressing.js';
import type { PendingBlob } from '../bag/addressing.js';
import { holdsDigest } from '../bag/bag.js';
import type { Bag, Generation } from '../bag/bag.js';
import { follow } from '../bag/follow.js';
import { buildManifest } from '../bag/manifest.js';
import { MANIFEST_PATH, MAP_PATH } from '../bag/members.js';
import { migrateUp } from '../bag/migration.js';
import type { Migration } from '../bag/migration.js';
import { isEmptyContainer, parseIfJsonString } from '../bag/segments.js';
import { readDocument } from '../bag/value.js';
import type { Value } from '../bag/value.js';
import { openAddressing, storeBlobs } from './context.js';
import type { InvocationContext } from './context.js';
import type { DocumentEdit, ProgramPlan } from './form.js';

/** What one bag needs to be in the new form. */
export interface BagRewrite {
  /** Empty when the bag is in the new form. */
  readonly migrations: readonly Migration[];
  readonly program: ProgramPlan | undefined;
  /** The manifest that is made again, because its path was lost. */
  readonly manifest: PendingBlob | undefined;
  /** Bytes of inline values that leave the bag. */
  readonly bytesSaved: number;
}

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
    const manifest = await planLostManifest(bag, context);
    return { migrations, program: undefined, manifest, bytesSaved: 0 };
  }
  const program = await context.state.form.planProgram(bag, context, handed);
  const { map, manifest } = program.context.blobRefs;
  const lost = map || manifest ? undefined : await planLostManifest(bag, context, 'lean');
  return { migrations, program, manifest: lost, bytesSaved: inlineSize(bag, program) };
}

/** Stores what leaves the bag, and then changes the bag. Rejects as the store does; then the bag is as it was. */
export async function rewriteBag<V extends Value>(
  bag: Bag<V>,
  rewrite: BagRewrite,
  edit: DocumentEdit<V>,
  context: InvocationContext<V>,
): Promise<void> {
  // A bag that cannot be written leaves no blob behind.
  if (rewrite.program || rewrite.manifest) edit.draft(bag);
  await storeRewrite(rewrite, context);
  applyRewrite(bag, rewrite, edit);
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
  { migrations, program, manifest }: BagRewrite,
  edit: DocumentEdit<V>,
): void {
  if (program) migrateUp(edit.draft(bag), migrations, program.context);
  if (manifest) putManifest(bag, manifest, edit);
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
