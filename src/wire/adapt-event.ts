import type { ByteValue } from '../bag/value.js';
import type { Bag, BagDocument } from '../bag/bag.js';
import { resolveSegment } from '../bag/resolve.js';
import type { ResolvedSegment } from '../bag/resolve.js';
import type { StateBagError } from '../errors.js';
import { fatBag } from '../adapter/adapt-event.js';
import { signalOf } from '../adapter/engine.js';
import { attempt } from '../adapter/fail-open.js';
import { rebuildManifest } from '../adapter/repair-manifest.js';
import { passMissing } from '../adapter/resolve-program.js';
import type { WireWork } from './engine.js';
import { fillBag, restoreMembers } from './fill-bag.js';
import { editLeanBag, prepareLeanBag, putManifest, savedBytes } from './lean-bag.js';
import { addProgram, needsProgram } from './segment-members.js';
import type { AddedProgram } from './segment-members.js';
import { TextEdit, readText } from './text-edit.js';
import type { Text } from './text-edit.js';
import { valueAt } from './value-at.js';

/** An event as its handler gets it, and what the way back needs to know of it. */
export interface AdaptedText {
  readonly bytes: Uint8Array;
  readonly resolved: ResolvedSegment<ByteValue> | undefined;
  /** What to take out of the result again. */
  readonly added: AddedProgram | undefined;
  /** The innermost bag in the form in which it would go back unchanged. */
  readonly kept: (() => ByteValue | undefined) | undefined;
  /** The innermost bag as the handler gets it. */
  readonly handed: (() => ByteValue | undefined) | undefined;
  /** Why a bag was left in its old form: the result's is not tried again. */
  readonly error: StateBagError | undefined;
  /** Bytes that were inline and are not any more. */
  readonly bytesSaved: number;
  readonly shadow?: 'same' | 'different' | 'failed';
}

/** An event that is to reach its handler as it came in. */
export function untouchedText(bytes: Uint8Array): AdaptedText {
  return {
    bytes,
    resolved: undefined,
    added: undefined,
    kept: undefined,
    handed: undefined,
    error: undefined,
    bytesSaved: 0,
  };
}

/**
 * The event for a handler, every byte that is none of the shim's business as it came in: its program at the root, its
 * bags in the form the handler speaks. The program is resolved from the event as it came in. Throws what resolving and
 * reading throw, and `BagError` `OWNER_MISMATCH`, or `FAT_BAG` in the mode `strict`.
 */
export async function adaptText(text: Text, bagDocument: BagDocument<ByteValue>, work: WireWork): Promise<AdaptedText> {
  const [bag] = bagDocument.bags;
  if (bag === undefined) return untouchedText(text.bytes);
  bagDocument.assertOneOwner(...work.outside());
  if (work.mode === 'strict' && bagDocument.generation === 'fat') throw fatBag();
  const isWanted = work.engine.wantsSegment && needsProgram(bag.value);
  const resolved = isWanted ? await passMissing(resolveText(text.root, work), work) : undefined;
  const edits = { handed: new TextEdit(text), kept: new TextEdit(text) };
  const outcome = await adaptBags(bagDocument.bags, edits, work);
  const added = resolved && addProgram(edits.handed, text.root, bag.value, resolved.segmentConfig);
  const bytes = edits.handed.bytes();
  const handed = memoize(() => valueAt(readText(bytes).root, bag.path));
  const kept =
    work.engine.settings.speaks === 'fat' ? memoize(() => valueAt(edits.kept.result().root, bag.path)) : handed;
  return { bytes, resolved, added, kept, handed, ...outcome };
}

/** What the handler gets, and what would go back; the two differ only for a handler that speaks fat. */
interface Edits {
  readonly handed: TextEdit;
  readonly kept: TextEdit;
}

type BagOutcome = Pick<AdaptedText, 'error' | 'bytesSaved'>;

async function adaptBags(bags: readonly Bag<ByteValue>[], edits: Edits, work: WireWork): Promise<BagOutcome> {
  let outcome: BagOutcome = { error: undefined, bytesSaved: 0 };
  const adaptBag = work.engine.settings.speaks === 'fat' ? adaptFatBag : adaptLeanBag;
  for (const bag of bags.toReversed()) {
    const { error, bytesSaved } = await adaptBag(bag, edits, work);
    outcome = { error: outcome.error ?? error, bytesSaved: outcome.bytesSaved + bytesSaved };
  }
  return outcome;
}

async function adaptLeanBag(bag: Bag<ByteValue>, { handed }: Edits, work: WireWork): Promise<BagOutcome> {
  const { value: lean, error } = await attempt(work, () => prepareLeanBag(bag, work));
  if (lean) editLeanBag(bag, lean, handed);
  await restoreMembers(bag, handed, work);
  return { error, bytesSaved: lean ? savedBytes(bag, lean) : 0 };
}

/** A bag that its handler gets inline was never to be new on the way in. */
async function adaptFatBag(bag: Bag<ByteValue>, { handed, kept }: Edits, work: WireWork): Promise<BagOutcome> {
  const { value: manifest } = await attempt(work, () => rebuildManifest(bag, work));
  if (manifest !== undefined) for (const edit of [handed, kept]) putManifest(bag, manifest, edit);
  await fillBag(bag, handed, work);
  await restoreMembers(bag, handed, work);
  return { error: undefined, bytesSaved: 0 };
}

/** The program of an event, through the caches, in its stored bytes. */
export async function resolveText(root: ByteValue, work: WireWork): Promise<ResolvedSegment<ByteValue>> {
  const options = { ...signalOf(work), outside: work.outside() };
  return resolveSegment(root.remember(work.engine.parsed), work.engine.blobs, options);
}

function memoize<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => (known ??= { value: compute() }).value;
}
