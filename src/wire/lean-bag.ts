import { pathFor } from '../../migrations/index.js';
import type { ByteValue } from '../bag/value.js';
import type { Bag } from '../bag/bag.js';
import { MANIFEST_PATH, MAP_PATH } from '../bag/members.js';
import { migrateUp } from '../bag/migration.js';
import { planBag } from '../bag/plan.js';
import type { BagPlan, PlannedBag } from '../bag/plan.js';
import { loadSources } from '../bag/sources.js';
import { signalOf } from '../adapter/engine.js';
import { offload } from '../adapter/offload.js';
import { rebuildManifest } from '../adapter/repair-manifest.js';
import { openWireAddressing } from './engine.js';
import type { WireWork } from './engine.js';
import type { Respell } from './respell.js';
import type { TextEdit } from './text-edit.js';

/** What a bag needs to be in the new form. Its blobs are stored. */
export interface PreparedBag {
  readonly plan: PlannedBag<ByteValue> | undefined;
  /** Address of a manifest that was made anew, because its path was lost. */
  readonly manifest: string | undefined;
}

/** Stores what is to leave a bag; changes no text yet. Throws as planning, following pointers and storing do. */
export async function prepareLeanBag(
  bag: Bag<ByteValue>,
  work: WireWork,
  respell: Respell = (_bag, sources) => sources,
): Promise<PreparedBag> {
  const migrations = pathFor(bag, 'lean');
  if (migrations.length === 0) return { plan: undefined, manifest: await rebuildManifest(bag, work) };
  const plan = { ...(await planLeanBag(bag, work, respell)), migrations };
  if (plan.blobs.length > 0) await offload(plan.blobs, work);
  const { map, manifest } = plan.context.blobRefs;
  if (map || manifest) return { plan, manifest: undefined };
  return { plan, manifest: await rebuildManifest(bag, work, 'lean') };
}

async function planLeanBag(bag: Bag<ByteValue>, work: WireWork, respell: Respell): Promise<BagPlan<ByteValue>> {
  const { blobs, manifests, settings } = work.engine;
  const sources = respell(bag, await loadSources(bag, blobs, signalOf(work)));
  const addressing = await openWireAddressing(work);
  return planBag(bag, sources, { target: 'lean', manifestForm: settings.manifestForm, addressing, manifests });
}

/** Runs the migrations over the bag in the text. */
export function editLeanBag(bag: Bag<ByteValue>, { plan, manifest }: PreparedBag, edit: TextEdit): void {
  if (plan) migrateUp(edit.draft(bag.value), plan.migrations, plan.context);
  if (manifest !== undefined) putManifest(bag, manifest, edit);
}

/** Beside the path of the map, where the migration puts it. */
export function putManifest(bag: Bag<ByteValue>, manifest: string, edit: TextEdit): void {
  const draft = edit.draft(bag.value);
  const path = { name: MANIFEST_PATH, value: manifest };
  if (draft.has(MANIFEST_PATH)) draft.replace(MANIFEST_PATH, [path]);
  else draft.insert(path, [MAP_PATH]);
}

/** Bytes of inline values that leave the bag. */
export function savedBytes({ config, map }: Bag<ByteValue>, { plan }: PreparedBag): number {
  if (!plan) return 0;
  const inline = [config, map].flatMap((field) => (field.state === 'inline' ? [field.value.bytes().length] : []));
  return inline.reduce((sum, length) => sum + length, 0);
}
