import Table from 'cli-table3';
import { keeps, verdictOf } from './figure.js';
import type { Bound, Figure } from './figure.js';

/** The figures for people. */
export function renderFigures(figures: readonly Figure[]): string {
  const table = new Table({
    head: ['bench', 'what', 'measured', 'target', 'verdict', 'remark'],
    colAligns: ['left', 'left', 'right', 'right', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const figure of figures) table.push(rowOf(figure));
  return `${table.toString()}\n`;
}

function rowOf(figure: Figure): string[] {
  const { bench, what, value, unit, target, goal, remark } = figure;
  const aim = goal && `goal ${boundText(goal)} ${keeps(value, goal) ? 'reached' : 'not reached'}`;
  const remarks = [aim, remark].filter((text) => text !== undefined);
  return [
    bench,
    what,
    valueText(value, unit),
    target ? boundText(target) : '',
    verdictOf(figure) ?? '',
    remarks.join('; '),
  ];
}

function valueText(value: number, unit: Figure['unit']): string {
  if (unit === 'count') return String(value);
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${value.toFixed(digits)}${unit === 'x' ? 'x' : ` ${unit}`}`;
}

function boundText({ atLeast, atMost }: Bound): string {
  if (atLeast !== undefined && atLeast === atMost) return `= ${atLeast}`;
  return atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
}
