import { basename } from 'node:path';
import { BagDocument } from '../bag/bag.js';
import type { Bag } from '../bag/bag.js';
import { detectHazards, hasDictMap, hasTextIndex } from '../bag/hazards.js';
import type { Hazard } from '../bag/hazards.js';
import type { AddressRule } from '../bag/places.js';
import { resumability } from '../bag/resume-rules.js';
import type { Resumability, ResumeRefusalCode } from '../bag/resume-rules.js';
import { addressRule } from '../bag/sources.js';
import { readDocument } from '../bag/value.js';
import type { ByteValue } from '../bag/value.js';
import { detectDigest, findDigestInPath } from '../content-address.js';
import {
  BagError,
  ConflictError,
  IntegrityError,
  messageOf,
  PointerError,
  SchemaError,
  StateBagError,
} from '../errors/index.js';
import type { DocumentFacts } from '../journal/entries.js';
import { isJournalEntry } from '../journal/read.js';
import { JOURNAL_FILE } from '../sources/own-files.js';
import type { SourceDocument, Verdict } from '../sources/source.js';
import { isRetryable } from './outcome.js';
import type { DocumentOutcome } from './outcome.js';
import { digestDocument, readBags, storeBlobs, transform } from './transform.js';
import type { ReadDocument, Transformation, TransformSettings } from './transform.js';

/** A document ready to be replaced; its blobs are stored. */
export interface PreparedChange {
  readonly outcome: DocumentOutcome;
  readonly transformation: Transformation;
}

/** A document ready to be committed, or settled without a change. */
export type Prepared = PreparedChange | { readonly outcome: DocumentOutcome; readonly transformation: undefined };

/** What a plan says of a document: digests of its bytes now and, when it is to change, after. */
export interface Expectation {
  readonly before: string;
  readonly after?: string;
}

/** Which documents a run is about, judged by the bag itself. */
export type DocumentFilter = (bag: Bag<ByteValue>) => boolean;

/**
 * Transforms a document and stores its blobs; what is left is to replace it. Never throws for what is wrong with a
 * document or with the store: that is its outcome. `undefined` when the document is left out.
 */
export async function prepareDocument(
  document: SourceDocument,
  settings: TransformSettings,
  { filter, admit = () => true, expectation, signal }: PrepareOptions = {},
): Promise<Prepared | undefined> {
  let read: ReadDocument | undefined;
  let isAdmitted = false;
  try {
    if (expectation) assertUnmoved(document, expectation);
    read = readBags(document, addressRule(settings.blobs));
    if (filter && !read.bagDocument.bags.some(filter)) return undefined;
    if (!(isAdmitted = admit())) return undefined;
    if (document.verdict) return { outcome: { ...unchanged(read), ...document.verdict }, transformation: undefined };
    return await advance(read, settings, expectation, signal);
  } catch (error) {
    if (signal?.aborted) throw error;
    if (!isAdmitted && !admit()) return undefined;
    return { outcome: outcomeOfError(document, read, error), transformation: undefined };
  }
}

interface PrepareOptions {
  readonly filter?: DocumentFilter | undefined;
  /** Asked once for a document that the filter lets pass, or that cannot be judged; false leaves it out. */
  readonly admit?: (() => boolean) | undefined;
  readonly expectation?: Expectation | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the plan made of it is right too: then an earlier run has followed the plan so far. */
function assertUnmoved(document: SourceDocument, { before, after }: Expectation): void {
  if ([before, after].includes(digestDocument(document))) return;
  throw new ConflictError(
    'PLAN_DOCUMENT_MOVED',
    `${document.id} is not what the plan was made for; make a new plan for it`,
  );
}

function assertAsPlanned({ document, after }: Transformation, expectation: Expectation | undefined): void {
  if (!expectation || expectation.after === after()) return;
  throw new ConflictError(
    'PLAN_DIFFERS',
    `${document.id} would become something else than the plan says; make a new plan with this version`,
  );
}

async function advance(
  read: ReadDocument,
  settings: TransformSettings,
  expectation: Expectation | undefined,
  signal?: AbortSignal,
): Promise<Prepared> {
  const transformation = await transform(read, settings, signal);
  if (!transformation) return { outcome: unchanged(read), transformation };
  assertAsPlanned(transformation, expectation);
  const { written, reused } = await storeBlobs(transformation, settings.blobs, signal);
  const outcome: DocumentOutcome = {
    ...unchanged(read),
    outcome: 'migrated',
    bytesAfter: transformation.rewrite.bytes.length,
    blobsWritten: written,
    blobsReused: reused,
  };
  return { outcome, transformation };
}

function unchanged({ document, bagDocument }: ReadDocument): DocumentOutcome {
  return {
    id: document.id,
    outcome: 'unchanged',
    generation: bagDocument.generation,
    bytesBefore: document.bytes.length,
    bytesAfter: document.bytes.length,
    blobsWritten: 0,
    blobsReused: 0,
  };
}

/** What is wrong with the document is quarantined; what is wrong with the world has failed and may be tried again. */
function outcomeOfError(document: SourceDocument, read: ReadDocument | undefined, error: unknown): DocumentOutcome {
  const isDocumentsFault = [BagError, PointerError, SchemaError, IntegrityError].some((type) => error instanceof type);
  return {
    id: document.id,
    outcome: isDocumentsFault ? 'quarantined' : 'failed',
    generation: read?.bagDocument.generation ?? 'unknown',
    bytesBefore: document.bytes.length,
    bytesAfter: document.bytes.length,
    blobsWritten: 0,
    blobsReused: 0,
    code: error instanceof StateBagError ? error.code : 'UNEXPECTED',
    reason: messageOf(error),
    ...(isRetryable(error) && { isRetryable: true }),
  };
}

/**
 * `name=value` pairs against the members of the bag. What is not text is compared by its JSON text, as it is spelled:
 * `JSON.parse` gives two large ids as one number.
 */
export function whereFilter(conditions: readonly (readonly [name: string, value: string])[]): DocumentFilter {
  return ({ value: members }) => conditions.every(([name, value]) => spellMember(members.member(name)) === value);
}

function spellMember(member: ByteValue | undefined): string | undefined {
  return member?.text() ?? (member && new TextDecoder().decode(member.bytes()));
}

/**
 * Never throws; a document that cannot be read has no facts. `addresses` says which targets of pointers are content
 * addresses, for a document that was not transformed.
 */
export function collectFacts(
  document: SourceDocument,
  prepared: Prepared | undefined,
  addresses?: AddressRule,
): DocumentFacts {
  const bagDocument = prepared?.transformation?.bagDocument ?? readBagDocument(document.bytes, addresses);
  const { ownerId, workflowId } = bagDocument ? bagDocument.ids : {};
  const hazards = bagDocument
    ? [...detectHazards(bagDocument, document.bytes.length), ...plannedHazards(prepared)]
    : [];
  const resumable = resumabilityOf(document, prepared, 0);
  // Property by property: objects of spreads get a hidden class each, and a run keeps these by the thousand.
  const facts: { -readonly [K in keyof DocumentFacts]: DocumentFacts[K] } = {};
  if (ownerId !== undefined) facts.ownerId = ownerId;
  if (workflowId !== undefined) facts.workflowId = workflowId;
  if (hazards.length > 0) facts.hazards = hazards;
  if (resumable) facts.refusals = { before: codesOf(resumable.before), after: codesOf(resumable.after) };
  return facts;
}

/** What only the planning of a bag could find out. */
export function plannedHazards(prepared: Prepared | undefined): readonly Hazard[] {
  const transformation = prepared?.transformation;
  if (!transformation) return [];
  const { plans, bagDocument } = transformation;
  const isSeen = bagDocument.bags.some(hasDictMap);
  const isStored = !isSeen && plans.some(({ hasStoredDict }) => hasStoredDict) && hasTextIndex(bagDocument);
  return [
    ...(plans.some(({ differs }) => differs) ? (['PROGRAMS_DIFFER'] as const) : []),
    ...(isStored ? (['INDEX_IS_TEXT'] as const) : []),
  ];
}

/** `undefined` for what is no JSON: that is reported as the outcome of the document. */
export function readBagDocument(
  bytes: Uint8Array,
  addresses: AddressRule | undefined,
): BagDocument<ByteValue> | undefined {
  const root = parsed(bytes);
  return root && new BagDocument(root, true, addresses);
}

function parsed(bytes: Uint8Array): ByteValue | undefined {
  try {
    return readDocument(bytes);
  } catch (error) {
    if (error instanceof BagError) return undefined;
    throw error;
  }
}

/**
 * Whether a row can be resumed as it is, and as the migration leaves it; `undefined` for other documents. `now` in
 * milliseconds.
 */
export function resumabilityOf(
  { row, bytes }: SourceDocument,
  prepared: Prepared | undefined,
  now: number,
): { readonly before: Resumability; readonly after: Resumability } | undefined {
  if (!row) return undefined;
  const judge = (text: Uint8Array): Resumability => resumability({ ...row, context: parsed(text) }, now);
  const before = judge(bytes);
  const rewritten = prepared?.transformation?.rewrite.bytes;
  return { before, after: rewritten ? judge(rewritten) : before };
}

function codesOf({ reasons }: Resumability): readonly ResumeRefusalCode[] {
  return reasons.map(({ code }) => code);
}

/** The digest in the name of a blob that the tool wrote: its bytes have that digest, and they are not a bag. */
export function blobDigestOf(document: SourceDocument): string | undefined {
  const digest = findOwnDigest(document);
  if (digest === undefined || isBag(document)) return undefined;
  // In a layout of blobs the path says enough. Elsewhere a list of bags, or a torn bag, may have such a name.
  return detectDigest(document.id) !== undefined || holdsNoBag(document.bytes) ? digest : undefined;
}

/** True for JSON that names no config. Maps and manifests have maps of branches in them, and no configs. */
function holdsNoBag(bytes: Uint8Array): boolean {
  return (
    parsed(bytes) !== undefined &&
    !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('workflow_config')
  );
}

/**
 * A document as a migration takes it: `undefined` for a blob of a store, whatever the store, prefix, layout or bucket.
 * A bag that is stored under its digest may be a blob, too, and keeps its bytes.
 */
export function takeForMigration(document: SourceDocument): SourceDocument | undefined {
  if (findOwnDigest(document) === undefined) return document;
  if (isBag(document)) return { ...document, verdict: STORED_BY_DIGEST };
  return blobDigestOf(document) === undefined ? document : undefined;
}

const STORED_BY_DIGEST: Verdict = {
  outcome: 'unchanged',
  code: 'STORED_BY_DIGEST',
  reason:
    'its path has the SHA-256 of its bytes, so pointers may name it and it is left as it is; to migrate this bag, copy it to a path without the digest',
};

/** The path is looked at first: few have a digest, and hashing takes longer. */
function findOwnDigest(document: SourceDocument): string | undefined {
  const digest = findDigestInPath(document.id);
  return digest !== undefined && digest === digestDocument(document) ? digest : undefined;
}

/** True for a line of a journal. A line that a killed run left torn is not known as one. */
export function isJournalLine({ id, bytes }: SourceDocument): boolean {
  return basename(id).replace(/#L\d+$/, '') === JOURNAL_FILE && isJournalEntry(bytes);
}

/** An offloaded member may be a bag, and bags may be stored under their digests: those are documents. */
function isBag(document: SourceDocument): boolean {
  try {
    return readBags(document).bagDocument.generation !== 'foreign';
  } catch {
    return false;
  }
}
