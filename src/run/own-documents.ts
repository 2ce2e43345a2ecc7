import { basename } from 'node:path';
import { findDigestInPath } from '../content-address.js';
import { isJournalEntry } from '../journal/read.js';
import { JOURNAL_FILE } from '../sources/names.js';
import type { SourceDocument, Verdict } from '../sources/source.js';
import { digestDocument, readBags } from './transform.js';

/** The digest in the name of a blob that the tool wrote: its bytes have that digest, and they are not a bag. */
export function blobDigestOf(document: SourceDocument): string | undefined {
  const digest = findOwnDigest(document);
  return digest !== undefined && !isBag(document) ? digest : undefined;
}

/**
 * A document as a migration takes it: `undefined` for a blob of a store, whatever the store, prefix, layout or bucket.
 * A bag that is stored under its digest may be a blob, too, and keeps its bytes.
 */
export function takeForMigration(document: SourceDocument): SourceDocument | undefined {
  if (findOwnDigest(document) === undefined) return document;
  return isBag(document) ? { ...document, verdict: STORED_BY_DIGEST } : undefined;
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
