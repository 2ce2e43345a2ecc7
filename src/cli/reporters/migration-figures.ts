import type { RunReport } from '../../run/run.js';
import type { DocumentOutcome, Totals } from '../../run/outcome.js';
import type { VerifyTotals } from '../../run/verify.js';
import { byteRows, formatCount } from './format.js';
import type { TableRow } from './format.js';

/** A document as `--json` has it. */
export function documentMembers({
  id,
  subject,
  outcome,
  generation,
  bytesBefore,
  bytesAfter,
  code,
  reason,
}: DocumentOutcome) {
  return {
    id,
    ...(subject && { subject }),
    outcome,
    generation,
    bytesBefore,
    bytesAfter,
    ...(code !== undefined && { code }),
    ...(reason !== undefined && { reason }),
  };
}

export function isFinding({ outcome }: DocumentOutcome): boolean {
  return outcome === 'failed' || outcome === 'quarantined';
}

export function totalRows(totals: Totals, isDryRun: boolean): TableRow[] {
  return [
    ['documents', formatCount(totals.documents)],
    [isDryRun ? 'to be migrated' : 'migrated', formatCount(totals.migrated)],
    ['unchanged', formatCount(totals.unchanged)],
    ['quarantined', formatCount(totals.quarantined)],
    ['failed', formatCount(totals.failed)],
    ...(totals.notStarted > 0 ? [['not started', formatCount(totals.notStarted)] as const] : []),
    ...containerRows(totals),
    ...byteRows(totals, isDryRun),
    ['blobs written', formatCount(totals.blobsWritten), isDryRun ? 'if the store is empty' : ''],
    ['blobs reused', formatCount(totals.blobsReused)],
  ];
}

/** Files and objects of lines that were not taken: their lines are not known as documents. */
function containerRows({ containersFailed, containersNotStarted }: Totals): TableRow[] {
  return [
    ...(containersFailed > 0
      ? [['NDJSON failed', formatCount(containersFailed), 'files or objects; their lines are as they were'] as const]
      : []),
    ...(containersNotStarted > 0
      ? [
          [
            'NDJSON not started',
            formatCount(containersNotStarted),
            'files or objects with an unknown number of lines',
          ] as const,
        ]
      : []),
  ];
}

type Unseen = Pick<RunReport, 'skipped' | 'notStarted'>;

/** What was met and not read, as `--json` has it. `unlisted`: the sources were not listed to their end. */
export function unseenMembers({ skipped, notStarted: { unread, unlisted } }: Unseen) {
  return { skipped, unread, ...(unlisted && { unlisted }) };
}

/** What a run left that was stopped; nothing for one that reached its end or its limit. */
export function stoppedRows({ complete, notStarted: left }: Pick<RunReport, 'complete' | 'notStarted'>): TableRow[] {
  if (complete) return [];
  const count = formatCount(left.documents + left.containers);
  const remark = left.unlisted ? 'not started, and the listing was not finished: there may be more' : 'not started';
  return [['stopped early', left.unlisted ? `at least ${count}` : count, remark]];
}

/** The same for people; nothing when everything was read. */
export function unseenRows({ skipped, notStarted: { unread } }: Unseen): TableRow[] {
  return [
    ...(unread > 0
      ? [['unread', formatCount(unread), 'directories and links that cannot be followed, counted as failed'] as const]
      : []),
    ...(skipped > 0
      ? [
          [
            'skipped',
            formatCount(skipped),
            'names that do not end in .json, .ndjson, .jsonl, and what is not a file',
          ] as const,
        ]
      : []),
  ];
}

export function verifyRows({ verified, moved, failed, segments }: VerifyTotals): TableRow[] {
  return [
    ['verified', formatCount(verified), `${formatCount(segments)} segment programs compared`],
    ['changed since', formatCount(moved)],
    ['not verified', formatCount(failed)],
  ];
}
