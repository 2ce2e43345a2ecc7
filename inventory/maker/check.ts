import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Inventory } from './facts.js';

/** A line of `removed.tsv`. */
export interface Removal {
  readonly file: string;
  readonly line: string;
  readonly reason: string;
}

export const REMOVED = 'removed.tsv';
export const REMOVED_HEAD = 'file\tremoved line\treason\n';

/** The `*.txt` of a folder. */
export function readInventory(folder: string): Inventory {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.txt')) : [];
  return new Map(names.map((name) => [name, new Set(linesOf(readFileSync(join(folder, name), 'utf8')))]));
}

export function readRemovals(folder: string): readonly Removal[] {
  const [, ...rows] = linesOf(readFileSync(join(folder, REMOVED), 'utf8'));
  return rows.map((row) => {
    const [file = '', line = '', reason = ''] = row.split('\t');
    return { file, line, reason: reason.trim() };
  });
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** Where the committed files differ from what the sources say today. */
export function staleLines(committed: Inventory, made: Inventory): readonly string[] {
  return [
    ...missing(made, committed).map(({ file, line }) => `${file} lacks: ${line}`),
    ...missing(committed, made).map(({ file, line }) => `${file} has, and the sources do not: ${line}`),
  ];
}

/** Removed lines without a reason, and reasons without a removed line. */
export function unexplained(before: Inventory, current: Inventory, removals: readonly Removal[]): readonly string[] {
  const removed = missing(before, current);
  const same = (one: Pick<Removal, 'file' | 'line'>) => (other: Pick<Removal, 'file' | 'line'>) =>
    one.file === other.file && one.line === other.line;
  return [
    ...removed
      .filter((fact) => !removals.some((removal) => same(fact)(removal) && removal.reason !== ''))
      .map(({ file, line }) => `${file}: removed without a reason in ${REMOVED}: ${line}`),
    ...removals
      .filter((removal) => !removed.some(same(removal)))
      .map(({ file, line }) => `${REMOVED} names a line of ${file} that is not removed: ${line}`),
  ];
}

/** What `wanted` has and `present` lacks. */
function missing(wanted: Inventory, present: Inventory): readonly Pick<Removal, 'file' | 'line'>[] {
  return [...wanted].flatMap(([file, lines]) =>
    [...lines].filter((line) => !present.get(file)?.has(line)).map((line) => ({ file, line })),
  );
}
