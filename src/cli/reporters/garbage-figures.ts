import type { Blind } from '../../run/inventory.js';
import type { BlobOutcome } from '../../run/collect.js';
import type { CollectReport } from '../../run/gc.js';
import { Findings, formatBytes, formatCount, listSome } from './format.js';
import { gateRows, ignoreMembers } from './run-figures.js';
import type { TableRow } from './format.js';

const DAY_MS = 86_400_000;

/** What a collection found, and what became of it. */
export interface Garbage {
  readonly report: CollectReport;
  readonly blobs: readonly BlobOutcome[];
  /** Patterns of what was left out. */
  readonly ignore: readonly string[];
}

/** As `--json` has it. */
export function garbageReport({ report, blobs, ignore }: Garbage) {
  const { blind, inventory, proof, ttl, applied, ...totals } = report;
  return {
    totals,
    ttlDays: ttl / DAY_MS,
    applied,
    proven: blind.length === 0,
    inventory,
    ...ignoreMembers(ignore),
    proof,
    blobs,
    ...byKind(blind),
  };
}

/** What nothing can be said of, as lists by kind. */
function byKind(blind: readonly Blind[]) {
  const ofKind = (kind: Blind['kind']) => blind.filter((one) => one.kind === kind);
  return {
    unreadable: ofKind('unreadable'),
    skipped: ofKind('skipped'),
    empty: ofKind('empty'),
    undecidable: ofKind('undecidable'),
  };
}

const UNPROVEN: TableRow = ['garbage', 'not proven', 'nothing is deleted while something was not looked at'];

export function garbageRows({ report, ignore }: Garbage): readonly TableRow[] {
  const { documents, blobs, live, young, garbage, deleted, kept, failed, bytes, bytesFreed, blind, ttl, applied } =
    report;
  const { leftovers, leftoverBytes, inventory, proof } = report;
  const ofKilled = `${formatBytes(leftoverBytes)}, unfinished files of killed runs${applied ? ', deleted' : ''}`;
  const days = `${Math.round(ttl / DAY_MS)} days`;
  return [
    ['documents', formatCount(documents)],
    ...gateRows(inventory, ignore),
    ['journals', formatCount(proof.journals.length), `${formatCount(sum(proof.journals))} originals`],
    ...(blind.length > 0 ? [UNPROVEN] : []),
    ['blobs', formatCount(blobs), formatBytes(bytes)],
    ['  alive', formatCount(live)],
    ['  younger than', formatCount(young), days],
    applied
      ? ['deleted', formatCount(deleted), formatBytes(bytesFreed)]
      : ['to be deleted', formatCount(garbage), formatBytes(bytesFreed)],
    ...(leftovers > 0 ? [['leftovers', formatCount(leftovers), ofKilled] as const] : []),
    ...(applied ? [['written anew since', formatCount(kept)] as const, ['failed', formatCount(failed)] as const] : []),
  ];
}

/** Keys of what would be deleted; empty when something was, or when there is nothing. */
export function formatGarbage({ report, blobs }: Garbage): string {
  const keys = blobs.filter(({ outcome }) => outcome === 'garbage').map(({ key }) => key);
  return report.applied || keys.length === 0 ? '' : `\n${['to be deleted:', ...listSome(keys)].join('\n')}\n`;
}

function sum(journals: CollectReport['proof']['journals']): number {
  return journals.reduce((total, { intents }) => total + intents, 0);
}

/** What was not looked at, and what could not be deleted. */
export function garbageFindings({ report, blobs }: Garbage): Findings {
  const findings = new Findings();
  for (const blind of report.blind) findings.add({ ...blind, outcome: blind.kind });
  for (const { key, outcome, code = '', reason = '' } of blobs)
    if (outcome === 'failed') findings.add({ id: key, outcome, code, reason });
  return findings;
}
