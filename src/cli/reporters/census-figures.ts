import { HAZARDS } from '../../bag/hazards.js';
import type { CensusTotals } from '../../run/census.js';
import { containerRows } from './run-figures.js';
import { formatBytes, formatChange, formatCount } from './format.js';
import type { TableRow } from './format.js';

/** Of an inspection that was stopped, documents may be unknown because they were not started. */
export function censusRows(totals: CensusTotals, isComplete: boolean): readonly TableRow[] {
  const { bytesBefore, bytesAfter } = totals;
  return [
    ['documents', formatCount(totals.documents)],
    ...Object.entries(totals.generations).flatMap(([name, count]): TableRow[] =>
      count > 0 ? [[`  ${name}`, formatCount(count)]] : [],
    ),
    ['to be migrated', formatCount(totals.migrated)],
    ['to stay', formatCount(totals.unchanged)],
    ['quarantined', formatCount(totals.quarantined)],
    ['failed', formatCount(totals.failed)],
    ...(totals.notStarted > 0
      ? [
          [
            'not known',
            formatCount(totals.notStarted),
            isComplete
              ? 'their pointers can be followed with --store'
              : 'not started, or with pointers that need --store',
          ] as const,
        ]
      : []),
    ...containerRows(totals),
    ['bytes now', formatBytes(bytesBefore)],
    ['bytes after', formatBytes(bytesAfter), formatChange(bytesBefore, bytesAfter)],
    ['bytes to save', formatBytes(bytesBefore - bytesAfter), `${formatBytes(totals.bytesInline)} stand inline`],
    ['over 262,144 bytes now', formatCount(totals.overLimitBefore)],
    ['over 262,144 bytes after', formatCount(totals.overLimitAfter)],
    ...prefixed('bag at', totals.envelopes),
    ...prefixed('pointers', totals.dialects),
    ...Object.entries(totals.hazards).map(([code, count]): TableRow => [
      code,
      formatCount(count),
      HAZARDS[code as keyof typeof HAZARDS],
    ]),
  ];
}

function prefixed(label: string, counts: Readonly<Record<string, number>>): readonly TableRow[] {
  return Object.entries(counts).map(([word, count]) => [`${label} ${word}`, formatCount(count)]);
}
