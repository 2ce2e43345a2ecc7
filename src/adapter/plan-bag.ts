import { readDocument } from '../bag/value.js';
import type { ByteValue, ObjectValue } from '../bag/value.js';
import { Bag } from '../bag/bag.js';
import { PROGRAM_MEMBERS } from '../bag/members.js';
import { planSite } from '../bag/plan.js';
import type { BagPlan } from '../bag/plan.js';
import { loadSources } from '../bag/sources.js';
import { openOffice, signalOf } from './engine.js';
import type { Work } from './engine.js';
import { rawMembers } from './json-members.js';
import { jsonBytes } from './json-text.js';

const PROGRAM = new Set<string>(PROGRAM_MEMBERS);

/**
 * Plans a bag in bytes, as the batch tool does: what is inline counts as `JSON.stringify` writes it, what lies behind a
 * pointer keeps its stored bytes, and so both find the same addresses. User data is left out of the text. Throws what
 * planning and following pointers throw.
 */
export async function planBag(bag: Bag<ObjectValue>, work: Work): Promise<BagPlan<ByteValue>> {
  const { engine } = work;
  const members = Object.entries(rawMembers(bag)).filter(
    ([name, value]) => PROGRAM.has(name) || typeof value !== 'object',
  );
  const root = readDocument(jsonBytes(Object.fromEntries(members)));
  const site = new Bag(root, { addresses: engine.addresses, ids: bag });
  const sources = await loadSources(site, engine.blobs, signalOf(work));
  const office = await openOffice(work);
  return planSite(site, sources, { target: 'lean', manifestForm: engine.settings.manifestForm, office });
}
