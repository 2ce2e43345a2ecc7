import { readDocument } from '../bag/value.js';
import type { ByteValue, ObjectValue } from '../bag/value.js';
import { Bag } from '../bag/bag.js';
import { PROGRAM_MEMBERS } from '../bag/members.js';
import { planBag } from '../bag/plan.js';
import type { BagPlan } from '../bag/plan.js';
import { loadSources } from '../bag/sources.js';
import { openAddressing, signalOf } from './engine.js';
import type { Work } from './engine.js';
import { rawMembers } from './json-members.js';
import { jsonBytes } from './json-text.js';

const PROGRAM = new Set<string>(PROGRAM_MEMBERS);

/**
 * Plans a bag in bytes, as the batch tool does: what is inline counts as `JSON.stringify` writes it, the target of
 * a pointer keeps its stored bytes, and so both find the same addresses. User data is left out of the text. Throws what
 * planning and following pointers throw.
 */
export async function planObjectBag(objectBag: Bag<ObjectValue>, work: Work): Promise<BagPlan<ByteValue>> {
  const { engine } = work;
  const members = Object.entries(rawMembers(objectBag)).filter(
    ([name, value]) => PROGRAM.has(name) || typeof value !== 'object',
  );
  const root = readDocument(jsonBytes(Object.fromEntries(members)));
  const bag = new Bag(root, { addresses: engine.addresses, ids: objectBag });
  const sources = await loadSources(bag, engine.blobs, signalOf(work));
  const addressing = await openAddressing(work);
  return planBag(bag, sources, { target: 'lean', manifestForm: engine.settings.manifestForm, addressing });
}
