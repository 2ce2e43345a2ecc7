import type { ResolvedProgram } from './resolve-program.js';
import type { BagDocument, Bag } from '../bag/bag.js';
import type { ObjectValue } from '../bag/value.js';
import { BagError } from '../errors.js';
import type { StateBagError } from '../errors.js';
import { adaptBag } from './adapt-bag.js';
import { attempt } from './fail-open.js';
import type { Work } from './engine.js';
import { rawMembers } from './json-members.js';
import type { JsonMembers } from './json-members.js';
import { replaceAt } from './place.js';
import { resolveUnlessMissing } from './resolve-program.js';
import { addProgram, needsProgram } from './segment-members.js';
import type { Added } from './segment-members.js';

/** An event as its handler gets it, and what the way back needs to know of it. */
export interface AdaptedEvent {
  readonly event: JsonMembers;
  readonly resolved: ResolvedProgram | undefined;
  /** What to take out of the result again. */
  readonly added: Added | undefined;
  /** The innermost bag in the form in which it would go back unchanged. */
  readonly kept: JsonMembers | undefined;
  /** Why a bag was left in its old form: the result's is not tried again. */
  readonly error: StateBagError | undefined;
  /** Bytes that were inline and are not any more. */
  readonly bytesSaved: number;
  /** In the mode `shadow`: how the old and the new resolution compare; `failed` when the old one threw. */
  readonly shadow?: 'same' | 'different' | 'failed';
}

/** An event that is to reach its handler as it came in. */
export function untouched(event: JsonMembers): AdaptedEvent {
  return { event, resolved: undefined, added: undefined, kept: undefined, error: undefined, bytesSaved: 0 };
}

/**
 * The event for a handler: its program at the root, its bags in the form the handler speaks. The program is resolved
 * from the event as it came in, before anything is rewritten. Throws what resolving and reading throw, and `BagError`
 * `OWNER_MISMATCH`, or `FAT_BAG` in the mode `strict`.
 */
export async function adaptEvent(
  event: JsonMembers,
  bagDocument: BagDocument<ObjectValue>,
  work: Work,
  wantsSegment: boolean,
): Promise<AdaptedEvent> {
  const [firstBag] = bagDocument.bags;
  if (firstBag === undefined) return untouched(event);
  bagDocument.assertOneOwner(...work.outside());
  if (work.mode === 'strict' && bagDocument.generation === 'fat') throw fatBag();
  const isWanted = wantsSegment && needsProgram(rawMembers(firstBag));
  const resolved = isWanted ? await resolveUnlessMissing(event, work) : undefined;
  let adapted: AdaptedEvent = { ...untouched(event), resolved };
  // Outermost first: the bag inside it is put into the copy.
  for (const bag of bagDocument.bags.toReversed()) adapted = await adaptBagInEvent(adapted, bag, work);
  return resolved ? withProgram(adapted, resolved, event, firstBag) : adapted;
}

async function adaptBagInEvent(adapted: AdaptedEvent, bag: Bag<ObjectValue>, work: Work): Promise<AdaptedEvent> {
  const { handed, error, kept, bytesSaved } = await adaptBag(bag, work);
  // A copy is kept: the handler may change the bag it gets in place.
  const adaptedBag = {
    ...adapted,
    kept: { ...kept },
    error: adapted.error ?? error,
    bytesSaved: adapted.bytesSaved + bytesSaved,
  };
  if (handed === bag.value.raw) return adaptedBag;
  const place = () => replaceAt(adapted.event, bag.path, handed);
  if (work.engine.settings.speaks === 'fat') return { ...adaptedBag, event: place() };
  const placed = await attempt(work, () => Promise.resolve().then(place));
  if (placed.value) return { ...adaptedBag, event: placed.value };
  return { ...adapted, kept: { ...rawMembers(bag) }, error: adapted.error ?? error ?? placed.error };
}

/** The same with the program of its segment at the root. */
export function withProgram(
  adapted: AdaptedEvent,
  { segmentConfig }: ResolvedProgram,
  root: JsonMembers,
  bag: Bag<ObjectValue>,
): AdaptedEvent {
  const event = addProgram(adapted.event, segmentConfig);
  if (event === adapted.event) return adapted;
  return { ...adapted, event, added: { program: segmentConfig, root, bag: rawMembers(bag) } };
}

/** What the mode `strict` says to a fat bag. */
export function fatBag(): BagError {
  return new BagError(
    'FAT_BAG',
    'the event holds a bag with workflow_config or partition_map inline, and the mode is strict',
  );
}
