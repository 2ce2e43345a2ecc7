import { relative } from 'node:path';
import { oneLine } from '../../findings/printable.js';

export interface Paint {
  readonly bad: (text: string) => string;
  readonly faint: (text: string) => string;
}

const PLAIN: Paint = { bad: (text) => text, faint: (text) => text };

/** The library is loaded only where there are colours. */
export async function paintFor(colour: boolean): Promise<Paint> {
  if (!colour) return PLAIN;
  const { default: colours } = await import('picocolors');
  const { red, dim } = colours.createColors(true);
  return { bad: red, faint: dim };
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** `371.2 KB`, in steps of 1,000. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; Math.abs(value) >= 1000 && unit < UNITS.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? String(Math.round(value)) : value.toFixed(1)} ${UNITS[unit]!}`;
}

/** `12,345`. Not by `toLocaleString`, whose first call takes a third of the time in which Node starts. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Bytes before and after a migration. They are of migrated documents only, in every command. */
export function byteRows(
  { bytesBefore, bytesAfter }: { readonly bytesBefore: number; readonly bytesAfter: number },
  isDryRun = false,
): readonly (readonly [label: string, figure: string, remark: string])[] {
  return [
    ['bytes before', formatBytes(bytesBefore), isDryRun ? 'of documents to be migrated' : 'of migrated documents'],
    ['bytes after', formatBytes(bytesAfter), formatChange(bytesBefore, bytesAfter)],
  ];
}

/** `-67.3 %`, or nothing where there is nothing to compare. */
export function formatChange(before: number, after: number): string {
  if (before === 0 || before === after) return '';
  const percent = ((after - before) / before) * 100;
  return `${percent > 0 ? '+' : ''}${percent.toFixed(1)} %`;
}

/** A figure and what it counts. */
export type TableRow = readonly [label: string, figure: string, remark?: string];

const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid']
    .flatMap((side) => [side, `${side}-left`, `${side}-mid`, `${side}-right`])
    .map((place) => [place, '']),
);

/**
 * Figures in columns, without lines: it must be readable in a log too. The library is loaded only where there is a
 * table.
 */
export async function formatTable(rows: readonly TableRow[]): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    chars: { ...NO_LINES, middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: ['left', 'right', 'left'],
  });
  table.push(...rows.map(([label, figure, remark = '']) => [label, figure, remark]));
  return `${table.toString()}\n`.replace(/ +$/gm, '');
}

/** A document that needs attention. */
export interface Finding {
  readonly id: string;
  readonly outcome: string;
  readonly code: string;
  readonly reason: string;
}

/** Printed for people; everything is in `--json`. */
const SHOWN = 20;

/** Gathers what needs attention: the first few in full, the rest by number. */
export class Findings {
  private readonly shown: Finding[] = [];
  private left = 0;

  add(finding: Finding): void {
    if (this.shown.length < SHOWN) this.shown.push(finding);
    else this.left++;
  }

  /** One line each; empty when there are none. */
  format(cwd: string, paint: (text: string) => string = (text) => text): string {
    const lines = this.shown.map(
      ({ id, outcome, code, reason }) => `${paint(outcome)}  ${shortId(id, cwd)}  ${code}: ${oneLine(reason)}`,
    );
    if (this.left > 0) lines.push(`… and ${this.left} more, see --json`);
    return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`;
  }
}

/** Names, one a line: the first few, the rest by number. */
export function listSome(names: readonly string[]): readonly string[] {
  const left = names.length - SHOWN;
  return [
    ...names.slice(0, SHOWN).map((name) => `  ${oneLine(name)}`),
    ...(left > 0 ? [`  … and ${formatCount(left)} more, see --json`] : []),
  ];
}

/** A path below the working directory as people type it. */
export function shortId(id: string, cwd: string): string {
  if (!id.startsWith('/')) return id;
  const path = relative(cwd, id);
  return path.startsWith('..') ? id : path;
}
