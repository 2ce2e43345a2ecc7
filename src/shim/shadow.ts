import type { PendingBlob } from '../bag/keys.js';
import type { Bag, BagDocument } from '../bag/bag.js';
import { MANIFEST_ALIAS, MANIFEST_PATH } from '../bag/members.js';
import { resolveSegment } from '../bag/resolve.js';
import type { ResolvedSegment } from '../bag/resolve.js';
import type { BlobReader, Places } from '../bag/places.js';
import type { Value } from '../bag/value.js';
import { StateBagError, StoreError } from '../errors/index.js';
import type { KeyTemplates } from '../content-address.js';
import { resolveProgram, untouched } from './adapt.js';
import type { AdaptedEvent } from './adapt.js';
import type { BlobCache } from './caches.js';
import { publishFailOpen, signalOption, skipAfterWait } from './context.js';
import { publish } from './diagnostics.js';
import { applyRewrite, planRewrite } from './rewrite.js';
import { addProgram, needsProgram } from './segment.js';
import type { InvocationContext } from './form.js';

/**
 * Resolves an event the old way, from what it carries, and the new way, from the manifest that `rewrite` would store,
 * and reports a difference. Nothing is written. The handler gets the old answer and the bags as they came. Nothing here
 * can fail an execution, and all of it together has the time of optional work: when the old way throws, the event goes
 * on untouched.
 */
export async function shadowEvent<V extends Value>(
  document: BagDocument<V>,
  context: InvocationContext<V>,
  wantsSegment: boolean,
): Promise<AdaptedEvent<V>> {
  const { root, bags } = document;
  const [bag] = bags;
  if (bag === undefined || !wantsSegment || !needsProgram(bag)) return untouched(root);
  const old = await settle(context, (optional) => answerOldWay(document, optional));
  if (!old.value) return { ...untouched(root), shadow: 'failed' };
  const fresh = await settle(context, (optional) => resolveNewWay(document, optional));
  return { ...old.value, shadow: compare(old.value.resolved, fresh, context) };
}

/** An answer, or the code of the error that came in its place. */
interface Settled<T> {
  readonly value?: T;
  readonly code?: string;
  /** True when the store did not answer, so that nothing is known. */
  readonly isUnknown?: boolean;
}

/** Never rejects. What the store did not answer is published, and not asked again for a while. */
async function settle<T, V extends Value>(
  context: InvocationContext<V>,
  resolve: (optional: InvocationContext<V>) => Promise<T>,
): Promise<Settled<T>> {
  const start = performance.now();
  try {
    return { value: await resolve({ ...context, deadline: context.optional }) };
  } catch (error) {
    if (!(error instanceof StoreError)) return { code: error instanceof StateBagError ? error.code : 'UNEXPECTED' };
    skipAfterWait(start, context);
    publishFailOpen(error, context);
    return { code: error.code, isUnknown: true };
  }
}

/** The event with the old answer. The copy for the handler is part of it: a program that nests too deep has none. */
async function answerOldWay<V extends Value>(
  document: BagDocument<V>,
  context: InvocationContext<V>,
): Promise<AdaptedEvent<V> & { readonly resolved: ResolvedSegment<V> }> {
  const { form } = context.state;
  const resolved = await resolveOldWay(document, context);
  const edit = form.edit(document.root);
  const added = addProgram(edit, document, resolved, form);
  return { ...untouched(edit.result()), resolved, added };
}

/** From what the event carries; a manifest is asked only when a bag has no other way to its program. */
async function resolveOldWay<V extends Value>(
  { root, bags }: BagDocument<V>,
  context: InvocationContext<V>,
): Promise<ResolvedSegment<V>> {
  const edit = context.state.form.edit(root);
  for (const bag of bags.filter(leadsWithoutManifest)) {
    for (const name of [MANIFEST_PATH, MANIFEST_ALIAS]) if (bag.value.member(name)) edit.draft(bag).remove(name);
  }
  return resolveProgram(edit.result(), context);
}

/** True for a bag that has a way to its program besides its manifest. */
function leadsWithoutManifest(bag: Bag): boolean {
  return [bag.config, bag.map, bag.configPath, bag.mapPath].some(
    (field) => field.state === 'inline' || field.state === 'pointer',
  );
}

/** From the bags as `rewrite` would make them, and the blobs that it would store. */
async function resolveNewWay<V extends Value>(
  { root, bags }: BagDocument<V>,
  context: InvocationContext<V>,
): Promise<ResolvedSegment<V>> {
  const edit = context.state.form.edit(root);
  const planned: PendingBlob[] = [];
  for (const bag of bags.toReversed()) {
    const rewrite = await planRewrite(bag, context);
    planned.push(...(rewrite.program?.blobs ?? []), ...(rewrite.manifest ? [rewrite.manifest] : []));
    applyRewrite(bag, rewrite, edit);
  }
  const options = { ...signalOption(context), outside: context.outside() };
  return resolveSegment(edit.result(), new PlannedBlobs(context.state.blobs, planned), options);
}

/** Reads as from a store in which planned blobs are. */
class PlannedBlobs implements BlobReader {
  readonly #blobs: BlobCache;
  readonly #planned: ReadonlyMap<string, Uint8Array>;

  constructor(blobs: BlobCache, planned: readonly PendingBlob[]) {
    this.#blobs = blobs;
    this.#planned = new Map(planned.map(({ bucket, key, bytes }) => [`${bucket}/${key}`, bytes]));
  }

  get bucket(): string {
    return this.#blobs.bucket;
  }

  get layout(): KeyTemplates {
    return this.#blobs.layout;
  }

  places(signal?: AbortSignal): Promise<Places> {
    return this.#blobs.places(signal);
  }

  async get(...[address, options]: Parameters<BlobReader['get']>): Promise<Uint8Array> {
    const planned = this.#planned.get(`${address.bucket}/${address.key}`);
    return planned ?? this.#blobs.get(address, options);
  }
}

/** Reports what is different between the programs. Without an answer of the store they are not compared. */
function compare<V extends Value>(
  old: ResolvedSegment<V>,
  fresh: Settled<ResolvedSegment<V>>,
  { state, ids, mode }: InvocationContext<V>,
): NonNullable<AdaptedEvent['shadow']> {
  if (fresh.isUnknown) return 'failed';
  const difference = fresh.value && state.form.firstDifference(old.segmentConfig, fresh.value.segmentConfig);
  if (fresh.value && difference === undefined) return 'same';
  publish('shadow-mismatch', () => ({
    ...ids,
    mode,
    segmentIndex: old.segmentIndex,
    oldSource: old.source,
    newSource: fresh.value?.source,
    difference,
    code: fresh.code,
  }));
  return 'different';
}
