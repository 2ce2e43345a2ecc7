import { createRequire } from 'node:module';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Generation } from '../bag/bag.js';
import type { Hazard } from '../bag/hazards.js';
import type { ResumeRefusalCode } from '../bag/resume-rules.js';
import type { Splice } from '../json/index.js';
import type { Inventory } from '../sources/inventory.js';

/** Version of the journal's wire format; a reader refuses any other. Schema: `schemas/journal.v1.json`. */
export const JOURNAL_VERSION = 1;

interface Stamped {
  /** Identifies the run. */
  readonly run: string;
  /** RFC 3339. */
  readonly at: string;
}

export interface RunEntry extends Stamped {
  readonly kind: 'run';
  readonly v: typeof JOURNAL_VERSION;
  /** As `toolName` gives it. */
  readonly tool: string;
  readonly command: 'migrate' | 'rollback';
  readonly target: 'lean' | 'bridge';
  /** How to open the store again: `s3://bucket/prefix` or a directory. */
  readonly store: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly sources: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Written and synced before a document is touched: enough to finish, verify or undo what follows. In a run that is a
 * rollback it says which bytes are about to be put back: there is nothing to undo, so `blobs` and `inverse` are empty.
 */
export interface IntentEntry extends Stamped {
  readonly kind: 'intent';
  readonly doc: string;
  /** Where the rewritten document goes: the container it came from, or its copy under `--out`. */
  readonly container: string;
  /** 1-based line in an NDJSON container. */
  readonly line?: number;
  /** Lower-case hex SHA-256. */
  readonly before: string;
  readonly after: string;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly version?: string;
  readonly blobs: readonly { readonly uri: string; readonly sha256: string; readonly bytes: number }[];
  readonly inverse: readonly InverseSplice[];
}

/** Replaces bytes `[start, end)` of the rewritten document by the pieces, one behind the other. */
interface InverseSplice {
  readonly start: number;
  readonly end: number;
  readonly pieces: readonly InversePiece[];
}

/** Base64 of the bytes, base64 of their raw deflate, or the blob that holds them. */
export type InversePiece =
  { readonly text: string } | { readonly deflate: string } | { readonly blob: string; readonly sha256: string };

/** What a report tells of a document beside its outcome. */
export interface DocumentFacts {
  readonly ownerId?: string;
  readonly workflowId?: string;
  readonly hazards?: readonly Hazard[];
  /** Why the legacy resume handler refuses a row, its ttl apart: as it was, and as it would be now. */
  readonly refusals?: { readonly before: readonly ResumeRefusalCode[]; readonly after: readonly ResumeRefusalCode[] };
}

export interface ResultEntry extends Stamped, DocumentFacts {
  readonly kind: 'result';
  readonly doc: string;
  /**
   * Present when `doc` is a file or object of lines: `failed` stands for all that is in it, also for what was not read,
   * and `unchanged` withdraws that once a run has taken it to its end.
   */
  readonly subject?: 'container';
  /** `not-started` voids the intent of the same run: the copy around the document was not published. */
  readonly outcome: 'migrated' | 'unchanged' | 'quarantined' | 'failed' | 'rolled-back' | 'not-started';
  /**
   * Lower-case hex SHA-256 of a line as it was found: of one that failed, was quarantined, or has its original bytes
   * already, and in a later run of one that is unchanged. So the line is known again at another number.
   */
  readonly before?: string;
  readonly generation: Generation | 'unknown';
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly code?: string;
  readonly reason?: string;
  readonly blobsWritten?: number;
  readonly blobsReused?: number;
}

export interface EndEntry extends Stamped {
  readonly kind: 'end';
  readonly totals: Readonly<Record<string, number>>;
  /** False when the run left something that it was about: it was stopped, or reached its limit. */
  readonly complete: boolean;
  /** What it left. Absent in entries of releases that did not count it. */
  readonly notStarted?: NotStarted;
  /** What became of the entries of its sources. Absent in entries of rollbacks. */
  readonly inventory?: Inventory;
  /**
   * What the journal has of the run: `run` (1), `intent`, `container` (results of files and objects of lines) and each
   * outcome of a document; and `earlier`, the entries before the run. Absent where the run did not count them, or where
   * a write of the journal had failed.
   */
  readonly entries?: Readonly<Record<string, number>>;
  /** Lower-case hex SHA-256 of what these entries are about, in their order. Absent where `entries` is. */
  readonly digest?: string;
}

/** What a run says of itself at its end. The session counts the entries. */
export type RunEnd = Omit<EndEntry, 'kind' | 'run' | 'at' | 'entries' | 'digest'>;

/** What a run was about and did not take. */
export interface NotStarted {
  /** Documents of files and objects that were read. */
  readonly documents: number;
  /** Files, objects and rows that were not read. */
  readonly containers: number;
  /** Directories and links that could not be followed. */
  readonly unread: number;
  /** The sources were not listed to their end, so there may be more. */
  readonly unlisted: boolean;
}

export type JournalEntry = RunEntry | IntentEntry | ResultEntry | EndEntry;

/** Of the package. Read through its own name, because sources and build lie at different depths below it. */
export function packageVersion(): string {
  const { version } = createRequire(import.meta.url)('statebag-shim/package.json') as { readonly version: string };
  return version;
}

/** Name and version, as journals and plans state their writer. */
export function toolName(): string {
  return `statebag-shim ${packageVersion()}`;
}

/** A piece of text shorter than this is not worth compressing, in bytes. */
const DEFLATE_FROM = 256;

interface StoredBlob {
  readonly uri: string;
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/**
 * Writes an inverse down without repeating what the blobs hold. A blob cut out of this very document is a view of its
 * bytes, so its place in a splice is known and nothing is searched.
 */
export function encodeInverse(inverse: readonly Splice[], blobs: readonly StoredBlob[]): InverseSplice[] {
  return inverse.map(({ start, end, insert }) => ({ start, end, pieces: encodePieces(insert, blobs) }));
}

function encodePieces(text: Uint8Array, blobs: readonly StoredBlob[]): InversePiece[] {
  const found = blobs
    .map((blob) => ({ blob, at: placeOf(text, blob.bytes) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  const pieces: InversePiece[] = [];
  let from = 0;
  for (const { blob, at } of found) {
    if (at < from) continue;
    pieces.push(...literal(text.subarray(from, at)), { blob: blob.uri, sha256: blob.sha256 });
    from = at + blob.bytes.length;
  }
  return [...pieces, ...literal(text.subarray(from))];
}

/** Offset of a part within the whole when both are views of one buffer and the part lies inside; else -1. */
function placeOf(whole: Uint8Array, part: Uint8Array): number {
  const at = part.byteOffset - whole.byteOffset;
  return part.buffer === whole.buffer && at >= 0 && at + part.length <= whole.length ? at : -1;
}

function literal(bytes: Uint8Array): InversePiece[] {
  if (bytes.length === 0) return [];
  if (bytes.length < DEFLATE_FROM) return [{ text: Buffer.from(bytes).toString('base64') }];
  return [{ deflate: deflateRawSync(bytes).toString('base64') }];
}

/** Splices again, with the bytes of blobs fetched by `load`, which verifies their digest. */
export async function decodeInverse(
  inverse: readonly InverseSplice[],
  load: (uri: string, sha256: string) => Promise<Uint8Array>,
): Promise<Splice[]> {
  return Promise.all(
    inverse.map(async ({ start, end, pieces }) => ({
      start,
      end,
      insert: Buffer.concat(await Promise.all(pieces.map((piece) => decodePiece(piece, load)))),
    })),
  );
}

async function decodePiece(
  piece: InversePiece,
  load: (uri: string, sha256: string) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if ('text' in piece) return Buffer.from(piece.text, 'base64');
  if ('deflate' in piece) return inflateRawSync(Buffer.from(piece.deflate, 'base64'));
  return load(piece.blob, piece.sha256);
}

/** What bytes are added up of: a result of a journal, or an outcome of a run. */
interface Sized {
  readonly outcome: string;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/**
 * Adds a document to the bytes before and after. They are those of migrated documents, and of no other, in every figure
 * of a run and of a journal: so a run, its journal and its report say the same.
 *
 * @example
 * const totals = { bytesBefore: 0, bytesAfter: 0 };
 * addMigratedBytes(totals, { outcome: 'migrated', bytesBefore: 371_000, bytesAfter: 7_100 });
 * addMigratedBytes(totals, { outcome: 'unchanged', bytesBefore: 7_100, bytesAfter: 7_100 });
 * // totals: { bytesBefore: 371000, bytesAfter: 7100 }
 */
export function addMigratedBytes(
  totals: { bytesBefore: number; bytesAfter: number },
  { outcome, bytesBefore, bytesAfter }: Sized,
): void {
  if (outcome !== 'migrated') return;
  totals.bytesBefore += bytesBefore;
  totals.bytesAfter += bytesAfter;
}

/** What a rollback was told to take of its journal, as the `options` of its run keep it. */
export interface KeptAim {
  /** Absolute. */
  readonly sources?: readonly string[];
  /** Whole id of a run. */
  readonly run?: string;
  readonly where?: readonly (readonly [member: string, value: string])[];
  readonly limit?: number;
}

/** `undefined` for a rollback of everything, and for a migration. */
export function readAim({ options }: Pick<RunEntry, 'options'>): KeptAim | undefined {
  return (options as { readonly aim?: KeptAim }).aim;
}

/** True for two rollbacks that take the same: the later one makes up for the earlier one. */
export function isSameAim(one: KeptAim | undefined, other: KeptAim | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
