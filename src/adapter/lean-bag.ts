import { pathFor } from '../../migrations/index.js';
import type { Bag } from '../bag/bag.js';
import { migrateUp } from '../bag/migration.js';
import type { MigrationContext } from '../bag/migration.js';
import { ObjectDraft } from '../bag/edit.js';
import type { BagPlan } from '../bag/plan.js';
import type { ObjectValue } from '../bag/value.js';
import type { Work } from './engine.js';
import { rawMembers } from './json-members.js';
import type { JsonMembers } from './json-members.js';
import { offload } from './offload.js';
import { planObjectBag } from './plan-bag.js';

/** A bag in the new form, and the bytes that left it. */
export interface LeanBag {
  readonly members: JsonMembers;
  readonly bytesSaved: number;
}

/**
 * The bag with its values offloaded and its pointers in place, by the migrations; the same object when there is nothing
 * to do. Blobs are stored before the bag says so, and after `assertValid` took it. Throws `BagError`, `PointerError`,
 * `IntegrityError`, `StoreError`, `ConflictError`, and what `assertValid` throws.
 */
export async function leanBag(
  bag: Bag<ObjectValue>,
  work: Work,
  assertValid: (members: JsonMembers) => void = () => undefined,
): Promise<LeanBag> {
  const members = rawMembers(bag);
  const migrations = pathFor(bag, 'lean');
  if (migrations.length === 0) return { members, bytesSaved: 0 };
  const known = knownContext(bag, work);
  const plan = known ? undefined : await planObjectBag(bag, work);
  const context = known ?? plan!.context;
  const draft = new ObjectDraft(members);
  migrateUp(draft, migrations, context);
  const result = draft.result();
  assertValid(result);
  if (plan) await storePlan(bag, plan, work);
  return { members: result, bytesSaved: inlineSize(bag, context) };
}

function knownContext(bag: Bag<ObjectValue>, work: Work): MigrationContext | undefined {
  const blobRefs = work.engine.programs.find(bag);
  return blobRefs && { blobRefs, createdAt: bag.createdAt };
}

async function storePlan(bag: Bag<ObjectValue>, plan: BagPlan, work: Work): Promise<void> {
  if (plan.blobs.length > 0) await offload(plan.blobs, work);
  if (plan.isRepeatable) work.engine.programs.remember(bag, () => plan.context.blobRefs);
}

function inlineSize({ config, map }: Bag<ObjectValue>, { blobRefs }: MigrationContext): number {
  return (
    (config.state === 'inline' ? (blobRefs.config?.size ?? 0) : 0) +
    (map.state === 'inline' ? (blobRefs.map?.size ?? 0) : 0)
  );
}
