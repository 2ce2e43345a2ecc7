import { html } from './markup.js';
import type { Markup } from './markup.js';

export interface Column {
  readonly title: string;
  readonly kind?: 'number' | 'code' | 'word';
}

/** Cells that are text are escaped. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly (string | Markup)[])[],
  width: 'wide' | 'narrow' = 'wide',
): Markup {
  const head = columns.map(({ title, kind }) => html`<th class="${kind ?? 'text'}">${title}</th>`);
  const body = rows.map(
    (cells) => html`<tr>${cells.map((cell, at) => html`<td class="${columns[at]?.kind ?? 'text'}">${cell}</td>`)}</tr>
`,
  );
  return html`<table class="${width}"><thead><tr>${head}</tr></thead><tbody>
${body}</tbody></table>`;
}
