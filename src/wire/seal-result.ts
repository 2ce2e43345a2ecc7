import type { ByteValue } from '../bag/value.js';
import { BagDocument, holdsDigest } from '../bag/bag.js';
import type { Generation, Bag } from '../bag/bag.js';
import { assertUnmixedBytes } from '../bag/mixed-pointer.js';
import { listLostMembers } from '../bag/lost-members.js';
import type { AddressRule } from '../bag/places.js';
import type { StateBagError } from '../errors.js';
import { attempt } from '../adapter/fail-open.js';
import type { AdaptedText } from './adapt-event.js';
import type { WireWork } from './engine.js';
import { fitText } from './fit-text.js';
import { editLeanBag, prepareLeanBag, savedBytes } from './lean-bag.js';
import type { Respell } from './respell.js';
import { TextEdit } from './text-edit.js';
import type { Text } from './text-edit.js';
import { unwrapText } from './unwrap-text.js';
import { withoutAddedProgram } from './segment-members.js';

/** A result as it goes back, and what became of it. */
export interface SealedText {
  readonly bytes: Uint8Array;
  readonly generation: Generation;
  readonly bytesSaved: number;
  readonly repaired: boolean;
  readonly offloaded: readonly string[];
}

interface Change {
  readonly text: Text;
  readonly bytesSaved: number;
  readonly repaired: boolean;
  /** Why a bag is left in its old form. */
  readonly error: StateBagError | undefined;
}

/**
 * A result with its bags in the new form, without what the shim added to the event, within the budget; every other byte
 * as the runtime wrote it. Throws `POINTER_MIXED`; `PAYLOAD_TOO_LARGE`; what the store said, when only an answer of the
 * store would make the result fit; and the errors that stop an execution.
 */
export async function sealText(result: Text, before: AdaptedText | undefined, work: WireWork): Promise<SealedText> {
  const plain = unwrapText(withoutAddedProgram(result, before?.added));
  const found = detectIn(plain, work);
  assertUnmixedBytes(plain.root, found.bags);
  // Nobody's bag, neither on the way in: no state machine of ours waits for it.
  if (before && !before.kept && found.generation === 'foreign')
    return { bytes: plain.bytes, generation: 'foreign', bytesSaved: 0, repaired: false, offloaded: [] };
  found.assertOneOwner(...work.outside());
  const restored = restorePrograms(plain, found, before, work.engine.addresses);
  const { text, error, bytesSaved, repaired } = await leanUntilFit(restored, before, work);
  const fitted = await fitText(text, detectIn(text, work), error, work);
  return {
    bytes: fitted.bytes,
    generation: found.generation,
    offloaded: fitted.offloaded,
    bytesSaved: bytesSaved + fitted.bytesSaved,
    repaired: repaired || restored !== plain,
  };
}

function detectIn({ root }: Text, work: WireWork): BagDocument<ByteValue> {
  return work.engine.envelopes.limit(new BagDocument(root.remember(work.engine.parsed), true, work.engine.addresses));
}

/** The bags with what leads to their program put back from the event's bag. */
function restorePrograms(
  text: Text,
  { bags }: BagDocument<ByteValue>,
  before: AdaptedText | undefined,
  addresses: AddressRule,
): Text {
  const wanting = bags.filter((bag) => !isComplete(bag));
  const kept = wanting.length === 0 ? undefined : before?.kept?.();
  if (kept === undefined) return text;
  const edit = new TextEdit(text);
  for (const { value } of wanting) {
    for (const name of listLostMembers(value, kept, addresses)) edit.putJson(value, name, kept.member(name)!.bytes());
  }
  return edit.result();
}

/** Nothing is missing from a stamped bag with all three paths, if that of the manifest is a content address. */
function isComplete({ isStamped, configPath, mapPath, manifestPath }: Bag<ByteValue>): boolean {
  return isStamped && configPath.state === 'pointer' && mapPath.state === 'pointer' && holdsDigest(manifestPath);
}

/** A bag that was left in its old form, now or on the way in, is tried once more when it makes the result too large. */
async function leanUntilFit(text: Text, before: AdaptedText | undefined, work: WireWork): Promise<Change> {
  const respell = respellOf(before, work);
  const untried: Change = { text, bytesSaved: 0, repaired: false, error: before?.error };
  const change = before?.error ? untried : await leanBags(text, respell, work);
  const { maxResultBytes = Infinity } = work.engine.settings;
  if (change.error === undefined || change.text.bytes.length <= maxResultBytes) return change;
  return leanBags(text, respell, work);
}

function respellOf(before: AdaptedText | undefined, work: WireWork): Respell | undefined {
  const handed = work.engine.settings.speaks === 'fat' ? before?.handed?.() : undefined;
  return handed && work.engine.respeller.over(handed);
}

async function leanBags(text: Text, respell: Respell | undefined, work: WireWork): Promise<Change> {
  const edit = new TextEdit(text);
  let change: Change = { text, bytesSaved: 0, repaired: false, error: undefined };
  for (const bag of detectIn(text, work).answerBags().toReversed()) {
    const { value: lean, error } = await attempt(work, () => prepareLeanBag(bag, work, respell));
    if (lean) editLeanBag(bag, lean, edit);
    const bytesSaved = lean ? savedBytes(bag, lean) : 0;
    change = {
      ...change,
      bytesSaved: change.bytesSaved + bytesSaved,
      repaired: change.repaired || lean?.manifest !== undefined,
      error: change.error ?? error,
    };
  }
  return { ...change, text: edit.result() };
}
