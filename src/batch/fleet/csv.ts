/** Rows of CSV as AWS writes it: fields with commas, quotes or line ends stand in quotes, quotes in them twice. */
export function parseCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r?\n|$)/g)) {
    const isEmptyEnd = quoted === undefined && plain === '' && end === '' && row.length === 0;
    if (!isEmptyEnd) row.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ',' && row.length > 0) {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

/** A row as `parseCsv` reads it, without a line end. */
export function formatCsvRow(fields: readonly string[]): string {
  return fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}

/** A key as manifests and reports have it: as in a query string, but `/` stays. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');
}

/** The inverse of `encodeKey`. Throws `URIError` for what is no URL-encoded UTF-8. */
export function decodeKey(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
