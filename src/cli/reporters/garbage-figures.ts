import type { Garbage } from '../collect-garbage.js';
import { Findings } from './findings.js';
import { formatBytes, formatCount } from './sizes.js';
import type { TableRow } from './table.js';

const DAY_MS = 86_400_000;

/** As `--json` has it. */
export function garbageReport({ collection, blobs, ttl, isApplied }: Garbage) {
  const { blind, ...totals } = collection;
  return { totals, ttlDays: ttl / DAY_MS, applied: isApplied, blobs, unreadable: blind };
}

export function garbageRows({ collection, ttl, isApplied }: Garbage): readonly TableRow[] {
  const { documents, blobs, live, young, garbage, deleted, kept, failed, bytes, bytesFreed, blind } = collection;
  const days = `${Math.round(ttl / DAY_MS)} days`;
  return [
    ['documents read', formatCount(documents)],
    ['unreadable', formatCount(blind.length), blind.length > 0 ? 'nothing is deleted while something cannot be read' : ''],
    ['blobs', formatCount(blobs), formatBytes(bytes)],
    ['  alive', formatCount(live)],
    ['  younger than', formatCount(young), days],
    isApplied ? ['deleted', formatCount(deleted), formatBytes(bytesFreed)] : ['to be deleted', formatCount(garbage), formatBytes(bytesFreed)],
    ...(isApplied ? [['written anew since', formatCount(kept)] as const, ['failed', formatCount(failed)] as const] : []),
  ];
}

/** What could not be read, and what could not be deleted. */
export function garbageFindings({ collection, blobs }: Garbage): Findings {
  const findings = new Findings();
  for (const blind of collection.blind) findings.add({ ...blind, outcome: 'unreadable' });
  for (const { key, outcome, code = '', reason = '' } of blobs) if (outcome === 'failed') findings.add({ id: key, outcome, code, reason });
  return findings;
}
