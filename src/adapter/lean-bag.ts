import { pathFor } from '../../migrations/index.js';
import type { Bag } from '../bag/bag.js';
import { migrateUp } from '../bag/migration.js';
import type { MigrationContext } from '../bag/migration.js';
import { ObjectDraft } from '../bag/edit.js';
import type { ObjectValue } from '../bag/value.js';
import type { Work } from './engine.js';
import { rawMembers } from './json-members.js';
import type { JsonMembers } from './json-members.js';
import { offload } from './offload.js';
import { planBag } from './plan-bag.js';

/** A bag in the new form, and the bytes that left it. */
export interface LeanBag {
  readonly bag: JsonMembers;
  readonly bytesSaved: number;
}

/**
 * The bag with its values offloaded and its pointers in place, by the migrations; the same object when there is nothing
 * to do. Blobs are stored before the bag says so. Throws `BagError`, `PointerError`, `IntegrityError`, `StoreError`,
 * `ConflictError`.
 */
export async function leanBag(site: Bag<ObjectValue>, work: Work): Promise<LeanBag> {
  const bag = rawMembers(site);
  const migrations = pathFor(site, 'lean');
  if (migrations.length === 0) return { bag, bytesSaved: 0 };
  const context = knownContext(site, work) ?? (await offloadProgram(site, work));
  const draft = new ObjectDraft(bag);
  migrateUp(draft, migrations, context);
  return { bag: draft.result(), bytesSaved: inlineSize(site, context) };
}

function knownContext(site: Bag<ObjectValue>, work: Work): MigrationContext | undefined {
  const claims = work.engine.programs.find(site);
  return claims && { claims, createdAt: site.createdAt };
}

async function offloadProgram(site: Bag<ObjectValue>, work: Work): Promise<MigrationContext> {
  const plan = await planBag(site, work);
  if (plan.blobs.length > 0) await offload(plan.blobs, work);
  if (plan.isRepeatable) work.engine.programs.remember(site, () => plan.context.claims);
  return plan.context;
}

function inlineSize({ config, map }: Bag<ObjectValue>, { claims }: MigrationContext): number {
  return (
    (config.state === 'inline' ? (claims.config?.size ?? 0) : 0) +
    (map.state === 'inline' ? (claims.map?.size ?? 0) : 0)
  );
}
