import { readDocument } from '../bag/value.js';
import type { ByteValue } from '../bag/value.js';
import { BagDocument } from '../bag/bag.js';
import { detectHazards, hasDictMap, hasTextIndex } from '../bag/hazards.js';
import type { Hazard } from '../bag/hazards.js';
import type { AddressRule } from '../bag/places.js';
import { resumability } from '../bag/resume-rules.js';
import type { Resumability, ResumeRefusalCode } from '../bag/resume-rules.js';
import { BagError } from '../errors/index.js';
import type { Prepared } from './prepare.js';
import type { SourceDocument } from './source.js';

/** What a report tells of a document beside its outcome. */
export interface DocumentFacts {
  readonly ownerId?: string;
  readonly workflowId?: string;
  readonly hazards?: readonly Hazard[];
  /** Why the legacy resume handler refuses a row, its ttl apart: as it was, and as it would be now. */
  readonly refusals?: { readonly before: readonly ResumeRefusalCode[]; readonly after: readonly ResumeRefusalCode[] };
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
