import type { GateInventory } from '../../run/inventory.js';
import type { DocumentOutcome, Totals } from '../../run/outcome.js';
import type { RunReport } from '../../run/run.js';
import type { VerifyTotals } from '../../run/verify.js';
import type { Inventory } from '../../sources/inventory.js';
import { quote } from '../command-line.js';
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

const CONTAINERS = 'files or objects of lines, which are as they were';

/** What was not taken as a whole: it is not known how many documents are in it. */
export function containerRows({ containersFailed, containersNotStarted }: Totals): TableRow[] {
  return [
    ...(containersFailed > 0 ? [['containers failed', formatCount(containersFailed), CONTAINERS] as const] : []),
    ...(containersNotStarted > 0
      ? [
          [
            'containers not started',
            formatCount(containersNotStarted),
            'files of lines, with an unknown number of documents',
          ] as const,
        ]
      : []),
  ];
}

/** What became of the entries of the sources, as `--json` has it. `unlisted`: they were not listed to their end. */
export function inventoryMembers<I extends Inventory>({
  inventory,
  notStarted: { unlisted },
}: Pick<RunReport, 'notStarted'> & { readonly inventory: I }) {
  return { inventory, ...(unlisted && { unlisted }) };
}

/** What a run left that was stopped; nothing for one that reached its end or its limit. */
export function stoppedRows({ complete, notStarted: left }: Pick<RunReport, 'complete' | 'notStarted'>): TableRow[] {
  if (complete) return [];
  const count = formatCount(left.documents + left.containers);
  const remark = left.unlisted ? 'not started, and the listing was not finished: there may be more' : 'not started';
  return [['stopped early', left.unlisted ? `at least ${count}` : count, remark]];
}

export function verifyRows({ verified, moved, failed, segments, overwritten }: VerifyTotals): TableRow[] {
  return [
    ['verified', formatCount(verified), `${formatCount(segments)} segment programs compared`],
    ...(overwritten > 0 ? [['not comparable', formatCount(overwritten), 'as written, and not verified'] as const] : []),
    ['changed since', formatCount(moved)],
    ['not verified', formatCount(failed)],
  ];
}

const REMARKS = {
  unreadable: 'files, objects, rows, executions, directories and links that could not be read',
  skipped: 'files of other names or kinds, and directories that a glob matches; not read',
  empty: 'places without a document',
  undecidable: 'documents that were read and are not understood',
} as const satisfies Partial<Record<keyof GateInventory, string>>;

/** What was not looked at or not understood; nothing where all was. */
export function inventoryRows(inventory: Inventory & Partial<GateInventory>): TableRow[] {
  const kinds = Object.keys(REMARKS) as (keyof typeof REMARKS)[];
  return kinds.flatMap((kind): TableRow[] => {
    const count = inventory[kind] ?? 0;
    return count > 0 ? [[kind, formatCount(count), REMARKS[kind]]] : [];
  });
}

/** The same for a gate, whose answer says from how many entries it comes. */
export function gateRows(inventory: GateInventory, ignore: readonly string[]): TableRow[] {
  return [
    ['read', formatCount(inventory.read), 'files, objects, rows and executions'],
    ...inventoryRows(inventory),
    ...ignoredRows(inventory, ignore),
  ];
}

/** What the user said is no concern of the answer. */
export function ignoredRows({ ignored }: Inventory, ignore: readonly string[]): TableRow[] {
  if (ignored === undefined) return [];
  return [
    [
      'ignored',
      formatCount(ignored),
      `not read, because of ${ignore.map((glob) => `--ignore ${quote(glob)}`).join(' ')}`,
    ],
  ];
}

/** The same as `--json` has it; how many there were is in the inventory. */
export function ignoreMembers(ignore: readonly string[]) {
  return ignore.length > 0 ? { ignore } : {};
}
