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
