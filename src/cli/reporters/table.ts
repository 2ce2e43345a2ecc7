/** A figure and what it counts. */
export type TableRow = readonly [label: string, figure: string, remark?: string];

/** Figures in columns, without lines: it must be readable in a log too. */
export function formatTable(rows: readonly TableRow[]): string {
  const [labels, figures] = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map(([label, figure, remark = '']) => `${label.padEnd(labels!)}  ${figure.padStart(figures!)}  ${remark}`.trimEnd() + '\n').join('');
}
