import Table from 'cli-table3';

/** A figure and what it counts. */
export type TableRow = readonly [label: string, figure: string, remark?: string];

const NO_LINES = {
  top: '', 'top-mid': '', 'top-left': '', 'top-right': '',
  bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '',
  left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ',
};

/** Figures in columns, without lines: it must be readable in a log too. */
export function formatTable(rows: readonly TableRow[]): string {
  const table = new Table({
    chars: NO_LINES,
    colAligns: ['left', 'right', 'left'],
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  });
  table.push(...rows.map(([label, figure, remark]) => [label, figure, remark ?? '']));
  return `${table.toString().replace(/ +$/gm, '')}\n`;
}
