import { inflateRawSync } from 'node:zlib';
import pMap from 'p-map';
import { BagDocument } from '../bag/bag.js';
import type { Layout } from '../bag/keys.js';
import { readDocument } from '../bag/value.js';
import { BagError, ConfigError, StateBagError } from '../errors/index.js';
import type { InversePiece, JournalEntry } from '../journal/entries.js';
import { readJournal } from '../journal/read.js';
import type { SourceDocument } from '../sources/source.js';
import { REUSE_GRACE_MS } from '../store/index.js';
import type { Leftover, ObjectStore, ObjectSummary } from '../store/index.js';
import { failureOf } from './outcome.js';
import { readInventory, STOPPED } from './inventory.js';
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
  readonly onBlob?: (outcome: BlobOutcome) => void | Promise<void>;
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
    blind: marked.blind,
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
  const read = async ({ bucket, key }: ListedBlob): Promise<void> => {
    try {
      live.addText((await objects.get({ bucket, key }, stop ? { signal: stop } : {})).bytes);
    } catch (error) {
      const { code, reason } = failureOf(error);
      if (code === 'OBJECT_NOT_FOUND') return;
      inventory.unreadable++;
      blind.push({ kind: 'unreadable', id: key, ...(stop?.aborted ? STOPPED : { code, reason }) });
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

interface MarkOptions extends Pick<InventoryOptions, 'sources' | 'concurrency' | 'allowEmpty' | 'stop'> {
  /** Directories of journals whose rollback is to stay possible. */
  readonly journals: readonly string[];
}

interface Mark {
  readonly live: LiveDigests;
  readonly documents: number;
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
    documents++;
    live.addText(document.bytes);
    if (document.beside) live.addText(document.beside());
    return findFlaw(document);
  };
  for (const directory of options.journals) await markJournal(directory, live);
  // What a blob names is alive only while the blob is; what the lines of a journal name is kept in any case.
  const onOwn = (document: SourceDocument): void => {
    const digest = blobDigestOf(document);
    if (digest === undefined) live.addText(document.bytes);
    else live.addBlob(digest, document.bytes);
  };
  const inventory = await readInventory({ ...options, onDocument, onBlind, onOwn });
  return { live, documents, inventory: { ...inventory }, blind };
}

/** Bytes that are not JSON may be compressed or encrypted, and hide what they name. */
function findFlaw({ bytes, verdict }: SourceDocument): Flaw | undefined {
  if (verdict?.code === 'ATTRIBUTE_NOT_JSON') return { code: verdict.code, reason: verdict.reason };
  try {
    // A bag that no reader takes may be one that was not understood.
    new BagDocument(readDocument(bytes)).assertValidIds();
    return undefined;
  } catch (error) {
    if (error instanceof BagError) return { code: error.code, reason: error.message };
    throw error;
  }
}

async function markJournal(directory: string, live: LiveDigests): Promise<void> {
  for await (const { entry } of readJournal(directory)) for (const text of textsOf(entry)) live.addText(text);
}

/** What an entry names itself, and the text it would put back, which may hold pointers too. */
function textsOf(entry: JournalEntry): readonly Uint8Array[] {
  if (entry.kind !== 'intent') return [];
  return [Buffer.from(JSON.stringify(entry)), ...entry.inverse.flatMap(({ pieces }) => pieces.map(textOf))];
}

function textOf(piece: InversePiece): Uint8Array {
  if ('text' in piece) return Buffer.from(piece.text, 'base64');
  return 'deflate' in piece ? inflateRawSync(Buffer.from(piece.deflate, 'base64')) : new Uint8Array();
}

const DIGEST_LENGTH = 64;

/**
 * The digests that are named anywhere in documents. A blob whose digest is among them is alive: it does not matter in
 * which dialect, at which place or inside how many strings it is named, so that no pointer can be overlooked.
 */
class LiveDigests {
  readonly #found = new Set<string>();
  /** What blobs name that nothing names so far. */
  readonly #behind = new Map<string, readonly string[]>();

  get size(): number {
    return this.#found.size;
  }

  has(digest: string): boolean {
    return this.#found.has(digest);
  }

  add(digest: string): void {
    if (this.#found.has(digest)) return;
    this.#found.add(digest);
    for (const behind of this.#behind.get(digest) ?? []) this.add(behind);
    this.#behind.delete(digest);
  }

  /** Adds what a blob names, as soon as the blob itself is named. */
  addBlob(digest: string, bytes: Uint8Array): void {
    if (this.has(digest)) this.addText(bytes);
    else this.#behind.set(digest, namedIn(bytes));
  }

  /** Adds what a text names. */
  addText(bytes: Uint8Array): void {
    for (const digest of namedIn(bytes)) this.add(digest);
  }
}

/** Hex digits that touch a digest, as the `2f` of an escaped slash does, do not hide it. */
function namedIn(bytes: Uint8Array): readonly string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  // A digit may be escaped, in text inside text with several backslashes. What is escaped may be beside a digest, too.
  const texts = text.includes(ESCAPED)
    ? [text, text.replace(/\\+u00(3\d|6[1-6])/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))]
    : [text];
  const runs = texts.flatMap((each) => Array.from(each.matchAll(/[0-9a-f]{64,}/g), ([run]) => run));
  return runs.flatMap((run) => [run.slice(0, DIGEST_LENGTH), run.slice(-DIGEST_LENGTH)]);
}

const ESCAPED = '\\u00';

const PLACEHOLDER = /\{(ownerId|workflowId|sha256|member)\}/;

/**
 * Which keys are content-addressed blobs of a layout, and where to look for them. Keys are without the store's prefix.
 */
interface BlobKeys {
  /** Folders that hold them, each ending with `/`, none inside another; one empty text for the whole store. */
  readonly folders: readonly string[];
  /** The digest in the key of such a blob; undefined for every other key. */
  digestOf(key: string): string | undefined;
}

export function blobKeysOf(layout: Layout): BlobKeys {
  const templates = Object.values(layout);
  const patterns = templates.map(patternOf);
  return {
    folders: outermost(templates.map(folderOf)),
    digestOf: (key) =>
      patterns.map((pattern) => pattern.exec(key)?.groups?.sha256).find((digest) => digest !== undefined),
  };
}

function patternOf(template: string): RegExp {
  const parts = template.split(new RegExp(PLACEHOLDER, 'g'));
  let isNamed = false;
  const source = parts.map((part, at) => {
    if (at % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    if (part !== 'sha256') return '[^/]+';
    if (isNamed) return '\\k<sha256>';
    isNamed = true;
    return '(?<sha256>[0-9a-f]{64})';
  });
  return new RegExp(`^${source.join('')}$`);
}

/** The part in front of the first placeholder, up to its last slash. */
function folderOf(template: string): string {
  const fixed = template.slice(0, template.search(PLACEHOLDER));
  return fixed.slice(0, fixed.lastIndexOf('/') + 1);
}

function outermost(folders: readonly string[]): readonly string[] {
  const unique = [...new Set(folders)];
  return unique.filter((folder) => !unique.some((other) => other !== folder && folder.startsWith(other)));
}

const DAY_MS = 86_400_000;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: DAY_MS } as const;

/** How long a blob may still be asked for when nothing at rest names it any more, in milliseconds. */
export interface Retention {
  /** An execution may run for a year. */
  readonly execution: number;
  /** A failed one may be started again with the same input for 14 days. */
  readonly redrive: number;
  /** For those who want to see later what ran. */
  readonly audit: number;
}

export const DEFAULT_RETENTION: Retention = { execution: 366 * DAY_MS, redrive: 14 * DAY_MS, audit: 90 * DAY_MS };

/** The sum. Throws `ConfigError` `TTL_TOO_SHORT` when it would not cover blobs that are in use this very moment. */
export function ttlOf({ execution, redrive, audit }: Retention): number {
  const ttl = execution + redrive + audit;
  if (ttl >= REUSE_GRACE_MS) return ttl;
  throw new ConfigError(
    'TTL_TOO_SHORT',
    `a blob is kept for at least ${REUSE_GRACE_MS / 3_600_000} hours: a younger one may be on its way into a bag`,
  );
}

/** `90d`, `36h`, `45m`, `30s`. Throws `ConfigError` `USAGE`. */
export function parseDuration(option: string, text: string): number {
  const match = /^(\d{1,9})([smhd])$/.exec(text);
  if (match) return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  throw new ConfigError('USAGE', `--${option} takes a time such as 90d, 36h or 45m, not "${text}"`);
}
