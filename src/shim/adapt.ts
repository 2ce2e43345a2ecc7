import { pathTo } from '../../migrations/index.js';
import { Bag } from '../bag/bag.js';
import type { BagDocument } from '../bag/bag.js';
import { openMember } from '../bag/envelope.js';
import { hydrateBag } from '../bag/hydrate.js';
import type { LoadedContent } from '../bag/hydrate.js';
import { assertUnmixed } from '../bag/search.js';
import { resolveDocument, resolveSegment } from '../bag/resolve.js';
import type { ResolvedSegment } from '../bag/resolve.js';
import type { Value } from '../bag/value.js';
import { BagError, StateBagError } from '../errors/index.js';
import { attempt, listPointers, signalOption, storeBlobs } from './context.js';
import type { DocumentEdit, InvocationContext } from './form.js';
import {
  applyRewrite,
  changesBag,
  planLostManifest,
  planRewrite,
  putBridgePointers,
  putManifest,
  rewriteBag,
} from './rewrite.js';
import { addProgram, needsProgram } from './segment.js';
import type { Added } from './segment.js';
import { restoreMembers } from './stored-members.js';
import type { RestoredMember } from './stored-members.js';

/** An event as its handler gets it, and what the way back needs to know of it. */
export interface AdaptedEvent<V extends Value = Value> {
  readonly root: V;
  readonly resolved: ResolvedSegment<V> | undefined;
  /** What to take out of the result again. */
  readonly added: Added<V> | undefined;
  /** The innermost bag as the handler gets it. */
  readonly handed: V | undefined;
  /** The same in the form in which it would go back unchanged. */
  readonly kept: V | undefined;
  /** JSON text of the stored config that the innermost bag was filled with. */
  readonly filledConfig?: Uint8Array | undefined;
  /** Why a bag was left in its old form: the result's is not tried again. */
  readonly error: StateBagError | undefined;
  /** Bytes that were inline and are not any more. */
  readonly bytesSaved: number;
  /** In the mode `shadow`: how the old and the new resolution compare; `failed` when they could not be compared. */
  readonly shadow?: 'same' | 'different' | 'failed';
  /** Values that were put back from the store. */
  readonly restored: readonly RestoredMember<V>[];
}

/** An event that is to reach its handler as it came in. */
export function untouched<V extends Value>(root: V): AdaptedEvent<V> {
  return {
    root,
    resolved: undefined,
    added: undefined,
    handed: undefined,
    kept: undefined,
    error: undefined,
    bytesSaved: 0,
    restored: [],
  };
}

/**
 * The event for a handler: its program at the root, its bags in the form the handler speaks. The program is resolved
 * from the event as it came in, before anything is rewritten. Throws what resolving and reading throw, and `BagError`
 * `OWNER_MISMATCH`, or `FAT_BAG` in the mode `strict`.
 */
export async function adaptEvent<V extends Value>(
  document: BagDocument<V>,
  context: InvocationContext<V>,
  wantsSegment: boolean,
): Promise<AdaptedEvent<V>> {
  const { root, bags } = document;
  const { form, settings } = context.state;
  const pointers = Array.from(listPointers(root, form));
  assertUnmixed(pointers, bags);
  const [bag] = bags;
  if (bag === undefined) {
    const edit = form.edit(root);
    const restored = await restoreMembers(pointers, document, edit, context);
    return { ...untouched(edit.result()), restored };
  }
  document.assertOneOwner(...context.outside());
  if (context.mode === 'strict' && document.generation === 'fat') throw fatBag();
  const resolved = wantsSegment && needsProgram(bag) ? await resolveUnlessMissing(document, context) : undefined;
  const edits = { handed: form.edit(root), kept: form.edit(root) };
  const outcome = await adaptBags(bags, edits, context);
  const restored = await restoreMembers(pointers, document, edits.handed, context);
  const added = resolved && addProgram(edits.handed, document, resolved, form);
  const adapted = edits.handed.result();
  const handed = form.snapshot(valueAt(adapted, bag.path)!);
  const kept = settings.speaks === 'lean' ? handed : form.snapshot(valueAt(edits.kept.result(), bag.path)!);
  return { root: adapted, resolved, added, handed, kept, restored, ...outcome };
}

/** What the handler gets, and what would go back; the two are the same for a handler that speaks lean. */
interface Edits<V extends Value> {
  readonly handed: DocumentEdit<V>;
  readonly kept: DocumentEdit<V>;
}

type BagOutcome = Pick<AdaptedEvent, 'error' | 'bytesSaved' | 'filledConfig'>;

async function adaptBags<V extends Value>(
  bags: readonly Bag<V>[],
  edits: Edits<V>,
  context: InvocationContext<V>,
): Promise<BagOutcome> {
  let outcome: BagOutcome = { error: undefined, bytesSaved: 0 };
  const adaptBag = ADAPTERS[context.state.settings.speaks];
  for (const bag of bags.toReversed()) {
    const { error, bytesSaved, filledConfig } = await adaptBag(bag, edits, context);
    outcome = { error: outcome.error ?? error, bytesSaved: outcome.bytesSaved + bytesSaved, filledConfig };
  }
  return outcome;
}

/**
 * Bringing a bag into the new form is what an execution can do without; reading what the handler asks for is not, and
 * rejects.
 */
async function adaptLeanBag<V extends Value>(
  bag: Bag<V>,
  { handed }: Edits<V>,
  context: InvocationContext<V>,
): Promise<BagOutcome> {
  const { value: rewrite, error } = await attempt(context, async (optional) => {
    const planned = await planRewrite(bag, optional);
    await rewriteBag(bag, planned, handed, optional);
    return planned;
  });
  return { error, bytesSaved: rewrite?.bytesSaved ?? 0 };
}

/** A bag that its handler gets inline was never to be new on the way in. */
async function adaptFatBag<V extends Value>(
  bag: Bag<V>,
  { handed, kept }: Edits<V>,
  context: InvocationContext<V>,
): Promise<BagOutcome> {
  await attempt(context, async (optional) => {
    const manifest = await planLostManifest(bag, optional);
    if (manifest === undefined) return;
    // A bag that cannot be written leaves no blob behind.
    for (const edit of [handed, kept]) edit.draft(bag);
    await storeBlobs([manifest], optional);
    for (const edit of [handed, kept]) putManifest(bag, manifest, edit);
  });
  const content = await fillBag(bag, handed, context);
  return { error: undefined, bytesSaved: 0, filledConfig: content?.paths.config ?? content?.named.config };
}

/**
 * A bag for a handler that keeps the old members as its own data. Readers of the flat era would run a pointer as the
 * program, so a bag of that era has the values.
 */
async function adaptBridgeBag<V extends Value>(
  bag: Bag<V>,
  { handed, kept }: Edits<V>,
  context: InvocationContext<V>,
): Promise<BagOutcome> {
  if (bag.isFlatEra) return adaptFatBag(bag, { handed, kept }, context);
  const { value: rewrite, error } = await attempt(context, async (optional) => {
    const planned = await planRewrite(bag, optional);
    if (changesBag(planned)) kept.draft(bag);
    await rewriteBag(bag, planned, handed, optional);
    applyRewrite(bag, planned, kept);
    return planned;
  });
  if (rewrite) putBridgePointers(bag, rewrite, handed);
  return { error, bytesSaved: rewrite?.bytesSaved ?? 0 };
}

const ADAPTERS = { lean: adaptLeanBag, fat: adaptFatBag, bridge: adaptBridgeBag } as const;

/**
 * The event with everything inline again that the shim or a legacy writer took out of its bags. Throws what following a
 * pointer throws, and `OWNER_MISMATCH`.
 */
export async function fillEvent<V extends Value>(document: BagDocument<V>, context: InvocationContext<V>): Promise<V> {
  const { form } = context.state;
  const pointers = Array.from(listPointers(document.root, form));
  assertUnmixed(pointers, document.bags);
  document.assertOneOwner(...context.outside());
  const edit = form.edit(document.root);
  for (const bag of document.bags.toReversed()) await fillBag(bag, edit, context);
  await restoreMembers(pointers, document, edit, context);
  return edit.result();
}

/**
 * Puts config and map back into a bag, copies of the handler's own; `undefined` for a bag that leads to neither. Throws
 * what following a pointer throws.
 */
async function fillBag<V extends Value>(
  bag: Bag<V>,
  edit: DocumentEdit<V>,
  { state, deadline }: InvocationContext<V>,
): Promise<LoadedContent | undefined> {
  if (![bag.config, bag.map, bag.configPath, bag.mapPath].some((field) => field.state === 'pointer')) return undefined;
  const content = await hydrateBag(bag, edit.draft(bag), pathTo, state.blobs, deadline.signal());
  const after = () => new Bag(valueAt(edit.result(), bag.path)!, { addresses: state.addresses, ids: bag });
  state.form.noteFilled(bag, after, content);
  return content;
}

/** The program of an event, through the caches. Its value is shared with them: copy before handing it out. */
export async function resolveProgram<V extends Value>(
  root: V,
  context: InvocationContext<V>,
): Promise<ResolvedSegment<V>> {
  return resolveSegment(root, context.state.blobs, { ...signalOption(context), outside: context.outside() });
}

/** The same; `undefined` when the bag leads to none and the options let such events pass. */
async function resolveUnlessMissing<V extends Value>(
  document: BagDocument<V>,
  context: InvocationContext<V>,
): Promise<ResolvedSegment<V> | undefined> {
  try {
    return await resolveDocument(document, context.state.blobs, signalOption(context));
  } catch (error) {
    const isMissing = error instanceof StateBagError && error.code === 'SEGMENT_NOT_FOUND';
    if (isMissing && context.state.settings.onMissing === 'pass') return undefined;
    throw error;
  }
}

/** The value at a place, levels inside JSON strings opened; `undefined` when there is none. */
export function valueAt<V extends Value>(root: V, path: readonly string[]): V | undefined {
  let value: V | undefined = root;
  for (const name of path) value = value && openMember(value, name);
  return value;
}

/** What the mode `strict` says to a fat bag. */
function fatBag(): BagError {
  return new BagError(
    'FAT_BAG',
    'the event holds a bag with workflow_config or partition_map inline, and the mode is strict',
  );
}
