import { isValid } from './checked-document.js';
import type { CheckedDocument } from './checked-document.js';

export interface DocumentTotals {
  readonly documents: number;
  readonly valid: number;
  readonly invalid: number;
}

export const NO_DOCUMENTS: DocumentTotals = { documents: 0, valid: 0, invalid: 0 };

export function countDocument(
  { documents, valid, invalid }: DocumentTotals,
  document: CheckedDocument,
): DocumentTotals {
  const isGood = isValid(document);
  return { documents: documents + 1, valid: valid + (isGood ? 1 : 0), invalid: invalid + (isGood ? 0 : 1) };
}

/** `3 documents, 2 valid, 1 invalid`. */
export function totalsInWords({ documents, valid, invalid }: DocumentTotals): string {
  const [all, good, bad] = [documents, valid, invalid].map(inThousands);
  return `${all} documents, ${good} valid, ${bad} invalid`;
}

/** `12,345`. Not by `toLocaleString`, whose first call takes a third of the time in which Node starts. */
function inThousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
