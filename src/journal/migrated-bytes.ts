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
