import { inflateRawSync } from 'node:zlib';
import pMap from 'p-map';
import { BagDocument } from '../bag/bag.js';
import { readDocument } from '../bag/value.js';
import { BagError, StateBagError } from '../errors/index.js';
import type { InversePiece, JournalEntry } from '../journal/entries.js';
import { EntryBooks } from '../journal/entry-books.js';
import { readJournal } from '../journal/read.js';
import { isBlank } from '../sources/lines.js';
import { isOwnFile } from '../sources/own-files.js';
import type { SourceDocument } from '../sources/source.js';
import { REUSE_GRACE_MS } from '../store/index.js';
import type { Leftover, ObjectStore, ObjectSummary } from '../store/index.js';
import type { BlobKeys } from './blob-keys.js';
import { LiveDigests } from './live-digests.js';
import { failureOf } from './outcome.js';
import { readInventory, STOPPED, TEXT_UNREAD } from './inventory.js';
import type { Blind, Flaw, GateInventory, InventoryOptions } from './inventory.js';
import { blobDigestOf } from './document.js';

interface CollectOptions extends MarkOptions {
  readonly objects: ObjectStore;
  readonly bucket: string;
  /** Empty, or ending with `/`. */
  readonly prefix: string;
  readonly keys: BlobKeys;
  /** Milliseconds since the last time that a blob was written or reused. */
  readonly ttl: number;
  /** Deletes; without it everything is computed and nothing is touched. */
  readonly apply: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called once before anything is deleted. */
  readonly onPlan?: ((plan: CollectionPlan) => void | Promise<void>) | undefined;
  readonly onBlob?: (outcome: BlobOutcome) => void | Promise<void>;
}

/** What would be deleted, and what shows that nothing needs it. */
export interface CollectionPlan {
  readonly proof: Proof;
  /** Keys of the blobs, with the prefix of the store. */
  readonly keys: readonly string[];
  readonly bytes: number;
}

/** From what it is known that a blob is garbage: these were searched for digests, and none names it. */
export interface Proof {
  /** As they were given. */
  readonly sources: readonly string[];
  /** Documents of the sources. */
  readonly documents: number;
  readonly journals: readonly SearchedJournal[];
  /** Different digests that were found. */
  readonly digests: number;
  /** RFC 3339: a blob that was written or reused since stays. */
  readonly writtenBefore: string;
}

export interface SearchedJournal {
  /** Absolute path of its directory. */
  readonly directory: string;
  /** Entries with the original of a document. */
  readonly intents: number;
}

/** A blob that nothing points to, old enough to go. `kept`: it was written again since it was listed. */
export interface BlobOutcome {
  readonly key: string;
  readonly bytes: number;
  readonly lastModified: Date;
  readonly outcome: 'garbage' | 'deleted' | 'kept' | 'failed';
  readonly code?: string;
  readonly reason?: string;
  /** True for a file that a killed run left unfinished, which never was a blob. */
  readonly leftover?: true;
}

export interface Collection {
  /** Documents read. */
  readonly documents: number;
  /** Content-addressed blobs in the store. */
  readonly blobs: number;
  readonly live: number;
  /** Named by nothing, but written or reused too lately. */
  readonly young: number;
  readonly garbage: number;
  readonly deleted: number;
  readonly kept: number;
  /** Blobs and leftovers that could not be deleted. */
  readonly failed: number;
  /** Files that killed runs left unfinished in the store. None is looked for while `blind` is not empty. */
  readonly leftovers: number;
  readonly leftoverBytes: number;
  readonly bytes: number;
  /** Bytes of what was, or without `apply` would be, deleted. */
  readonly bytesFreed: number;
  /** What became of the entries of the sources, and of living blobs that had to be read. */
  readonly inventory: GateInventory;
  readonly proof: Proof;
  /** What was not looked at. Nothing is swept unless it is empty. */
  readonly blind: readonly Blind[];
}

/**
 * Mark and sweep. The mark comes first and the listing behind it; a blob goes when nothing names it, and when it was
 * last written longer ago than the TTL before the mark began. Whoever reuses an old blob writes it anew, so nothing
 * that was written or reused since the mark began is ever deleted. Before anything is, the sources are read once more:
 * a bag that moved from a place not yet read to one already read is met there.
 */
export async function collect(options: CollectOptions): Promise<Collection> {
  const cutoff = new Date(options.now() - options.ttl);
  const old = (blob: ListedBlob): boolean => blob.lastModified.getTime() < cutoff.getTime();
  let marked = await mark(options);
  const found = await listBlobs(marked, options);
  const isGarbage = (blob: ListedBlob): boolean => !marked.live.has(blob.digest) && old(blob);
  if (isSighted(marked)) await followBlobs(found, marked, old, options);
  if (options.apply && isSighted(marked) && found.some(isGarbage)) {
    marked = await mark(options, marked.live);
    if (isSighted(marked)) await followBlobs(found, marked, old, options);
  }
  const dead = found.filter((blob) => !marked.live.has(blob.digest));
  const garbage = isSighted(marked) ? dead.filter(isGarbage) : [];
  const proof = proofOf(marked, cutoff, options);
  if (options.apply && garbage.length > 0)
    await options.onPlan?.({
      proof,
      keys: garbage.map(({ key }) => key),
      bytes: sizeOf(garbage.map(({ size }) => size)),
    });
  const outcomes = await pMap(garbage, (blob) => sweepOne(blob, cutoff, options), { concurrency: options.concurrency });
  const count = (outcome: BlobOutcome['outcome']): number => outcomes.filter((blob) => blob.outcome === outcome).length;
  const leftovers = isSighted(marked) ? await sweepLeftovers(options) : [];
  return {
    documents: marked.documents,
    blobs: found.length,
    live: found.length - dead.length,
    young: dead.length - dead.filter(old).length,
    garbage: garbage.length,
    deleted: count('deleted'),
    kept: count('kept'),
    failed: count('failed') + leftovers.filter(({ outcome }) => outcome === 'failed').length,
    leftovers: leftovers.length,
    leftoverBytes: sizeOf(leftovers.map(({ bytes }) => bytes)),
    bytes: sizeOf(found.map(({ size }) => size)),
    bytesFreed: sizeOf(
      outcomes.filter(({ outcome }) => outcome === 'garbage' || outcome === 'deleted').map(({ bytes }) => bytes),
    ),
    inventory: marked.inventory,
    proof,
    blind: marked.blind,
  };
}

function proofOf({ documents, journals, live }: Mark, cutoff: Date, { sources }: CollectOptions): Proof {
  return {
    sources: sources.map(({ id }) => id),
    documents,
    journals,
    digests: live.size,
    writtenBefore: cutoff.toISOString(),
  };
}

/** True when everything was looked at. */
function isSighted({ blind }: Mark): boolean {
  return blind.length === 0;
}

interface ListedBlob extends ObjectSummary {
  readonly digest: string;
}

async function listBlobs(
  { inventory, blind }: Mark,
  { objects, bucket, prefix, keys, stop }: CollectOptions,
): Promise<readonly ListedBlob[]> {
  const found: ListedBlob[] = [];
  for (const folder of keys.folders) {
    for await (const summary of untilStopped(objects.list(bucket, prefix + folder, stop), stop)) {
      const digest = keys.digestOf(summary.key.slice(prefix.length));
      if (digest !== undefined) found.push({ ...summary, digest });
    }
  }
  if (stop?.aborted) {
    inventory.unreadable++;
    blind.push({ kind: 'unreadable', id: `${bucket}/${prefix}`, ...STOPPED });
  }
  return found;
}

/** What a listing gives until a stop cuts it off. */
async function* untilStopped<T>(listing: AsyncIterable<T>, stop: AbortSignal | undefined): AsyncIterable<T> {
  try {
    yield* listing;
  } catch (error) {
    if (stop?.aborted !== true) throw error;
  }
}

/**
 * A blob that is alive may name others: an offloaded member can hold a bag. Adds what live blobs name until nothing
 * new turns up, and blobs that could not be read; reads nothing when there is no garbage anyway.
 */
async function followBlobs(
  found: readonly ListedBlob[],
  marked: Mark,
  isOld: (blob: ListedBlob) => boolean,
  options: CollectOptions,
): Promise<void> {
  const { objects, concurrency, stop } = options;
  const { live, blind, inventory } = marked;
  const followed = new Set<string>();
  const noteUnreadable = (id: string, flaw: Flaw): void => {
    inventory.unreadable++;
    blind.push({ kind: 'unreadable', id, ...flaw });
  };
  const read = async ({ bucket, key }: ListedBlob): Promise<void> => {
    try {
      if (!live.addText((await objects.get({ bucket, key }, stop ? { signal: stop } : {})).bytes))
        noteUnreadable(key, TEXT_UNREAD);
    } catch (error) {
      const { code, reason } = failureOf(error);
      if (code !== 'OBJECT_NOT_FOUND') noteUnreadable(key, stop?.aborted ? STOPPED : { code, reason });
    }
  };
  for (;;) {
    const isInDoubt = found.some((blob) => !live.has(blob.digest) && isOld(blob));
    const next = found.filter(({ key, digest }) => live.has(digest) && !followed.has(key));
    if (!isInDoubt || next.length === 0 || blind.length > 0) return;
    for (const { key } of next) followed.add(key);
    await pMap(next, read, { concurrency });
  }
}

async function sweepOne(blob: ListedBlob, cutoff: Date, options: CollectOptions): Promise<BlobOutcome> {
  const { key, size: bytes, lastModified } = blob;
  const outcome: BlobOutcome = {
    key,
    bytes,
    lastModified,
    ...(options.apply ? await deleteOne(blob, cutoff, options) : { outcome: 'garbage' }),
  };
  await options.onBlob?.(outcome);
  return outcome;
}

async function deleteOne(
  { bucket, key, version }: ListedBlob,
  cutoff: Date,
  { objects, stop }: CollectOptions,
): Promise<Pick<BlobOutcome, 'outcome' | 'code' | 'reason'>> {
  if (stop?.aborted) return { outcome: 'garbage', code: 'RUN_STOPPED', reason: 'the run was stopped before this blob' };
  try {
    await objects.delete({ bucket, key }, { ifMatch: version, unmodifiedSince: cutoff });
    return { outcome: 'deleted' };
  } catch (error) {
    if (error instanceof StateBagError && error.code === 'PRECONDITION_FAILED') {
      return { outcome: 'kept', code: 'BLOB_RENEWED', reason: 'somebody wrote it anew since it was listed' };
    }
    return { ...failureOf(error), outcome: 'failed' };
  }
}

/** Temporary files and locks of killed runs. They name nothing and nothing names them, so no mark is needed. */
async function sweepLeftovers(options: CollectOptions): Promise<readonly BlobOutcome[]> {
  const { objects, bucket, prefix, keys, apply, stop } = options;
  // As long as a blob may be on its way into a bag, so may the file that becomes the blob.
  const unknownBefore = new Date(options.now() - REUSE_GRACE_MS);
  const found: Leftover[] = [];
  for (const folder of keys.folders)
    if (objects.leftovers)
      for await (const one of untilStopped(objects.leftovers(bucket, prefix + folder, unknownBefore, stop), stop))
        found.push(one);
  const sweep = async ({ key, size: bytes, lastModified, remove }: Leftover): Promise<BlobOutcome> => {
    const done = apply && stop?.aborted !== true ? await removeLeftover(remove) : ({ outcome: 'garbage' } as const);
    const outcome: BlobOutcome = { key, bytes, lastModified, leftover: true, ...done };
    await options.onBlob?.(outcome);
    return outcome;
  };
  return pMap(found, sweep, { concurrency: options.concurrency });
}

async function removeLeftover(remove: Leftover['remove']): Promise<Pick<BlobOutcome, 'outcome' | 'code' | 'reason'>> {
  try {
    await remove();
    return { outcome: 'deleted' };
  } catch (error) {
    return { ...failureOf(error), outcome: 'failed' };
  }
}

function sizeOf(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}

interface MarkOptions extends Pick<InventoryOptions, 'sources' | 'concurrency' | 'allowEmpty' | 'isIgnored' | 'stop'> {
  /** Directories of journals whose rollback is to stay possible. */
  readonly journals: readonly string[];
  /** True for the id of a document that is where the store has its blobs. Default: for none. */
  readonly isInStore?: (id: string) => boolean;
}

interface Mark {
  readonly live: LiveDigests;
  readonly documents: number;
  readonly journals: readonly SearchedJournal[];
  readonly inventory: { -readonly [K in keyof GateInventory]: GateInventory[K] };
  /** Nothing may be swept while this is not empty: what cannot be read may point to anything. */
  readonly blind: Blind[];
}

/** Gathers the digests that documents and journals name, beside those that are known to be alive. */
async function mark(options: MarkOptions, live = new LiveDigests()): Promise<Mark> {
  const blind: Blind[] = [];
  let documents = 0;
  const onBlind = (found: Blind): void => void blind.push(found);
  const onDocument = (document: SourceDocument): Flaw | undefined => {
    const isWhole = live.addText(document.bytes) && (!document.beside || live.addText(document.beside()));
    // A file in the making, or a lock, is no document: only what is in it counts.
    if (isOwnFile(document.id)) return undefined;
    documents++;
    return findFlaw(document) ?? (isWhole ? undefined : TEXT_UNREAD);
  };
  const journals: SearchedJournal[] = [];
  for (const directory of options.journals) {
    const { intents, flaw } = await markJournal(directory, live);
    journals.push({ directory, intents });
    if (flaw) blind.push({ kind: 'unreadable', id: directory, ...flaw });
  }
  // What a blob of this store names is alive only while the blob is. Elsewhere such a file may be a document.
  const onOwn = (document: SourceDocument): void => {
    const digest = blobDigestOf(document);
    if (digest === undefined || options.isInStore?.(document.id) !== true) live.addText(document.bytes);
    else live.addBlob(digest, document.bytes);
  };
  const unreadable = blind.length;
  const inventory = await readInventory({ ...options, onDocument, onBlind, onOwn });
  return {
    live,
    documents,
    journals,
    inventory: { ...inventory, unreadable: inventory.unreadable + unreadable },
    blind,
  };
}

/** Bytes that are not JSON may be compressed or encrypted, and hide what they name. */
function findFlaw({ bytes, line, opaque }: SourceDocument): Flaw | undefined {
  if (opaque) return opaque;
  const flaw = findFlawIn(bytes);
  if (flaw === undefined || line !== undefined) return flaw;
  // A file may hold a document a line, whatever its name.
  const lines = splitLines(bytes);
  return lines.length > 1 && lines.every((each) => findFlawIn(each) === undefined) ? undefined : flaw;
}

/** Lines that are not blank. */
function splitLines(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(LF, start);
    const line = bytes.subarray(start, end === -1 ? bytes.length : end);
    if (!isBlank(line)) lines.push(line);
    start += line.length + 1;
  }
  return lines;
}

const LF = 0x0a;

function findFlawIn(bytes: Uint8Array): Flaw | undefined {
  try {
    // A bag that no reader takes may be one that was not understood.
    new BagDocument(readDocument(bytes)).assertValidIds();
    return undefined;
  } catch (error) {
    if (error instanceof BagError) return { code: error.code, reason: error.message };
    throw error;
  }
}

interface MarkedJournal {
  /** How many intents the journal has. */
  readonly intents: number;
  /** Why it may lack intents. */
  readonly flaw: Flaw | undefined;
}

async function markJournal(directory: string, live: LiveDigests): Promise<MarkedJournal> {
  let intents = 0;
  let [isOpen, isDamaged, isWhole] = [true, false, true];
  const books = new EntryBooks();
  for await (const { entry } of readJournal(directory, { onDamaged: () => (isDamaged = true) })) {
    books.add(entry);
    if (entry.kind === 'intent') intents++;
    isOpen = entry.kind !== 'end';
    for (const text of textsOf(entry)) isWhole = live.addText(text) && isWhole;
  }
  if (isDamaged) return { intents, flaw: JOURNAL_DAMAGED };
  if (isOpen) return { intents, flaw: JOURNAL_OPEN };
  if (books.discrepancies.length > 0) return { intents, flaw: JOURNAL_INCOMPLETE };
  return { intents, flaw: isWhole ? undefined : TEXT_UNREAD };
}

const JOURNAL_DAMAGED: Flaw = {
  code: 'JOURNAL_CORRUPT',
  reason:
    'it has damaged lines, which may name blobs; restore it from a copy. If no rollback needs it any more, leave it out and add --no-journal',
};

const JOURNAL_OPEN: Flaw = {
  code: 'JOURNAL_OPEN',
  reason:
    'its last run has no end, so that it is active, was killed, or the journal was cut off; wait for it, run it again, or restore the journal from a copy',
};

const JOURNAL_INCOMPLETE: Flaw = {
  code: 'JOURNAL_INCOMPLETE',
  reason:
    'it lacks entries that its runs have written, which may name blobs; `statebag journal check` says which. Restore it from a copy. If no rollback needs it any more, leave it out and add --no-journal',
};

/** What an entry names itself, and the text it would put back, which may hold pointers too. */
function textsOf(entry: JournalEntry): readonly Uint8Array[] {
  if (entry.kind !== 'intent') return [];
  return [Buffer.from(JSON.stringify(entry)), ...entry.inverse.flatMap(({ pieces }) => pieces.map(textOf))];
}

function textOf(piece: InversePiece): Uint8Array {
  if ('text' in piece) return Buffer.from(piece.text, 'base64');
  return 'deflate' in piece ? inflateRawSync(Buffer.from(piece.deflate, 'base64')) : new Uint8Array();
}
