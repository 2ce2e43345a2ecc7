import { detectSite } from './detect.js';
import type { BagSite } from './detect.js';
import { assertOneOwner, detectEnvelope, isBagOfItsOwn, isCall } from './envelope.js';
import type { Envelope } from './envelope.js';
import { BagError } from '../errors.js';
import { INDEX_MEMBERS, MANIFEST_PATH, MAP } from './members.js';
import type { ValueReader } from './value-reader.js';

/** An event taken apart: the bag, and the arguments that the caller put beside it. */
export interface Call<V> {
  readonly envelope: Envelope<V>;
  /** Innermost first: the bag, then outer bags that a merge wrapped around it. */
  readonly sites: readonly BagSite<V>[];
  /** Levels with arguments, outermost first: those around the bag, or the bag itself when nothing stands beside it. */
  readonly levels: readonly V[];
  /** True when the arguments stand in an object of their own, so that what they say is not the bag's. */
  readonly isWrapped: boolean;
}

/**
 * What a caller puts next to a bag, beyond the members of a call. A wrapper without any of it wraps and says nothing.
 */
const ARGUMENTS = [...INDEX_MEMBERS, MAP, MANIFEST_PATH, 'manifest_s3_path'];

/**
 * Throws `BagError`: `EVENT_INVALID` when the event is no object, `OWNER_MISMATCH` when its levels name different
 * owners.
 */
export function parseCall<V>(reader: ValueReader<V>, event: V): Call<V> {
  const envelope = detectEnvelope(reader, event);
  if (!envelope) throw new BagError('EVENT_INVALID', `an event must be an object; this one is ${reader.kind(event)}`);
  assertOneOwner(reader, envelope);
  const outer = envelope.levels.slice(0, -1);
  const bags = outer.filter((level) => isBagOfItsOwn(reader, level.value));
  const calls = outer.filter((level) => !bags.includes(level)).map((level) => level.value);
  const isWrapped = calls.some(
    (level) => isCall(reader, level) || ARGUMENTS.some((name) => reader.member(level, name) !== undefined),
  );
  return {
    envelope,
    sites: [envelope.bag, ...bags.reverse()].map((level) => detectSite(reader, level)),
    levels: isWrapped ? calls : [envelope.bag.value],
    isWrapped,
  };
}
