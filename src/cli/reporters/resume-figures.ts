import type { InspectedDocument } from '../../run/inspect.js';
import type { RefusedRow, ResumeTotals } from '../../run/census.js';
import { oneLine } from '../../findings/printable.js';
import { formatCount } from './format.js';
import type { TableRow } from './format.js';

/** Printed for people; `--json` has more. */
const SHOWN = 20;

/** A row as `--json` has it. */
export function resumeMembers({ before, after }: NonNullable<InspectedDocument['resumability']>) {
  return {
    secondsLeft: before.secondsLeft ?? null,
    outputBytesNow: before.outputBytes,
    outputBytesAfter: after.outputBytes,
    now: before.reasons.map(({ code }) => code),
    after: after.reasons.map(({ code }) => code),
  };
}

/** Nothing when there were no rows. */
export function resumeRows({
  rows,
  refusedNow,
  refusedAfter,
  reasonsNow,
  reasonsAfter,
}: ResumeTotals): readonly TableRow[] {
  if (rows === 0) return [];
  const reasons = [...new Set([...Object.keys(reasonsNow), ...Object.keys(reasonsAfter)])];
  return [
    ['rows of paused executions', formatCount(rows)],
    ['cannot be resumed now', formatCount(refusedNow), 'by the resume handler as it was'],
    ['cannot be resumed after', formatCount(refusedAfter)],
    ...reasons.map((code): TableRow => [
      `  ${code}`,
      formatCount(reasonsNow[code] ?? 0),
      `after: ${formatCount(reasonsAfter[code] ?? 0)}`,
    ]),
  ];
}

/** One line a row, the least time left first. */
export function formatRefused(refused: readonly RefusedRow[]): string {
  if (refused.length === 0) return '';
  const lines = refused
    .slice(0, SHOWN)
    .map(
      ({ id, secondsLeft, now, after }) =>
        `${formatTimeLeft(secondsLeft).padStart(9)}  ${oneLine(id)}  ${now.join(', ')}${end(now, after)}`,
    );
  const left = refused.length > SHOWN ? [`… and ${refused.length - SHOWN} more, see --json`] : [];
  return `\ntime left  rows that cannot be resumed\n${[...lines, ...left].join('\n')}\n`;
}

function end(now: readonly string[], after: readonly string[]): string {
  if (after.length === 0) return ' → resumable after the migration';
  return now.join() === after.join() ? '' : ` → ${after.join(', ')}`;
}

/** `3h 20m`, `-2d 1h` behind the end. */
function formatTimeLeft(seconds: number | null): string {
  if (seconds === null) return 'no ttl';
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  const text = days > 0 ? `${days}d ${hours}h` : `${hours}h ${rest}m`;
  return seconds < 0 ? `-${text}` : text;
}
