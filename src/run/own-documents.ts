import { basename } from 'node:path';
import { findDigestInPath } from '../content-address.js';
import { isJournalEntry } from '../journal/read.js';
import { JOURNAL_FILE } from '../sources/names.js';
import type { SourceDocument } from '../sources/source.js';
import { digestDocument, readBags } from './transform.js';

/** The digest in the name of a blob that the tool wrote: its bytes have that digest, and they are not a bag. */
export function blobDigestOf(document: SourceDocument): string | undefined {
  const digest = findDigestInPath(document.id);
  return digest !== undefined && digest === digestDocument(document) && !isBag(document) ? digest : undefined;
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
