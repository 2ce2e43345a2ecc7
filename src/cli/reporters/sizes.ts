const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;

/** `371.2 KB`, in steps of 1,000. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; Math.abs(value) >= 1000 && unit < UNITS.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? String(value) : value.toFixed(1)} ${UNITS[unit]!}`;
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
