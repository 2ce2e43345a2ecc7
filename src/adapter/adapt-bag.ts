import type { ObjectValue } from '../bag/value.js';
import type { Bag } from '../bag/bag.js';
import type { StateBagError } from '../errors.js';
import { attempt } from './fail-open.js';
import type { Work } from './engine.js';
import { fillBag } from './fill-bag.js';
import { rawMembers } from './json-members.js';
import type { JsonMembers } from './json-members.js';
import { leanBag } from './lean-bag.js';
import { repairManifest } from './repair-manifest.js';
import { restoreMembers } from './stored-members.js';

/** A bag as its handler gets it, and as it would go back unchanged. */
export interface AdaptedBag {
  readonly handed: JsonMembers;
  readonly kept: JsonMembers;
  /** Why the bag was left in its old form. */
  readonly error: StateBagError | undefined;
  /** Bytes that were inline and are not any more. */
  readonly bytesSaved: number;
}

/**
 * One bag of an event in the form its handler speaks. Bringing it into the new form is what an execution can do
 * without; reading what the handler asks for is not, and rejects.
 */
export async function adaptBag(bag: Bag<ObjectValue>, work: Work): Promise<AdaptedBag> {
  const members = rawMembers(bag);
  const speaksFat = work.engine.settings.speaks === 'fat';
  const { value, error } = await attempt(work, async () => {
    const lean = speaksFat ? { members, bytesSaved: 0 } : await leanBag(bag, work);
    return { ...lean, members: await repairManifest(lean.members, bag, work) };
  });
  const { members: kept, bytesSaved } = value ?? { members, bytesSaved: 0 };
  const handed = speaksFat ? await fillBag(kept, bag, work) : kept;
  // A bag that its handler gets inline was never to be new on the way in.
  return { handed: await restoreMembers(handed, bag, work), kept, error: speaksFat ? undefined : error, bytesSaved };
}
