import type { ByteValue } from '../bag/value.js';
import type { BagDocument } from '../bag/bag.js';
import { MANIFEST_PATH } from '../bag/members.js';
import type { ResolvedSegment } from '../bag/resolve.js';
import { compare, leadsWithoutManifest, settle } from '../adapter/shadow.js';
import { firstDifference } from '../adapter/json-difference.js';
import { toPlainValue } from '../json/index.js';
import { resolveText, untouchedText } from './adapt-event.js';
import type { AdaptedText } from './adapt-event.js';
import type { WireWork } from './engine.js';
import { editLeanBag, prepareLeanBag } from './lean-bag.js';
import { addProgram, needsProgram } from './segment-members.js';
import { TextEdit } from './text-edit.js';
import type { Text } from './text-edit.js';

type Resolved = ResolvedSegment<ByteValue>;

/**
 * Resolves an event the old way, from what it carries, and the new way, from the manifest in the store, and reports a
 * difference. The handler gets the old answer and the bags as they came. Nothing here can fail an execution: when the
 * old way throws, the event goes on untouched.
 */
export async function shadowText(
  text: Text,
  bagDocument: BagDocument<ByteValue>,
  work: WireWork,
): Promise<AdaptedText> {
  const [bag] = bagDocument.bags;
  if (bag === undefined || !work.engine.wantsSegment || !needsProgram(bag.value)) return untouchedText(text.bytes);
  const old = await settle(resolveOldWay(text, bagDocument, work));
  if (!old.value) return { ...untouchedText(text.bytes), shadow: 'failed' };
  const shadow = compare(old.value, await settle(resolveNewWay(text, bagDocument, work)), differenceOf, work);
  const edit = new TextEdit(text);
  const added = addProgram(edit, text.root, bag.value, old.value.segmentConfig);
  return { ...untouchedText(edit.bytes()), resolved: old.value, added, shadow };
}

/** From what the event carries; a manifest is asked only when a bag has no other way to its program. */
async function resolveOldWay(text: Text, { bags }: BagDocument<ByteValue>, work: WireWork): Promise<Resolved> {
  const edit = new TextEdit(text);
  for (const { value } of bags.filter(leadsWithoutManifest)) {
    for (const name of [MANIFEST_PATH, 'manifest_s3_path']) edit.draft(value).remove(name);
  }
  return resolveText(edit.result().root, work);
}

/** From the bags as `rewrite` would make them, which writes their blobs. */
async function resolveNewWay(text: Text, { bags }: BagDocument<ByteValue>, work: WireWork): Promise<Resolved> {
  const edit = new TextEdit(text);
  for (const bag of bags.toReversed()) editLeanBag(bag, await prepareLeanBag(bag, work), edit);
  return resolveText(edit.result().root, work);
}

/** Equal bytes say the same, whatever is in them. */
function differenceOf(one: ByteValue, other: ByteValue): string | undefined {
  if (Buffer.compare(one.bytes(), other.bytes()) === 0) return undefined;
  return firstDifference(plainOf(one), plainOf(other));
}

function plainOf({ document, node }: ByteValue): unknown {
  return toPlainValue(document.bytes, node);
}
