import type { JournalStatus } from '../../batch/status.js';
import { formatBytes, formatChange, formatCount } from './sizes.js';
import type { TableRow } from './table.js';

export function statusRows({ runs, isClosed, totals }: JournalStatus): readonly TableRow[] {
  const { bytesBefore, bytesAfter } = totals;
  return [
    ['runs', formatCount(runs), isClosed ? '' : 'the last one did not get to its end; run it again'],
    ['documents', formatCount(totals.documents)],
    ['migrated', formatCount(totals.migrated)],
    ['unchanged', formatCount(totals.unchanged)],
    ['rolled back', formatCount(totals.rolledBack)],
    ['quarantined', formatCount(totals.quarantined)],
    ['failed', formatCount(totals.failed)],
    ['unsettled', formatCount(totals.unsettled), totals.unsettled > 0 ? 'a killed run did not say how they ended; run it again' : ''],
    ['bytes before', formatBytes(bytesBefore)],
    ['bytes after', formatBytes(bytesAfter), formatChange(bytesBefore, bytesAfter)],
    ['blobs written', formatCount(totals.blobsWritten)],
    ['blobs reused', formatCount(totals.blobsReused)],
  ];
}
