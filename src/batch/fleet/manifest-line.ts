import { ConfigError } from '../../errors/index.js';
import { parseS3Uri } from '../../store/index.js';
import { encodeKey, formatCsvRow } from './csv.js';

/** `csv` is what S3 Batch Operations takes, `jsonl` what a Distributed Map reads. */
export type ManifestFormat = 'csv' | 'jsonl';

export interface ManifestItem {
  readonly id: string;
  readonly lines?: readonly [first: number, last: number];
  readonly versionId?: string;
}

/**
 * One line of a manifest, with its end. Throws `ConfigError` `MANIFEST_FORMAT` for a row or a part of an object in CSV.
 */
export function manifestLine({ id, lines, versionId }: ManifestItem, format: ManifestFormat): string {
  if (format === 'jsonl') return `${JSON.stringify({ id, ...(lines && { lines }) })}\n`;
  if (!id.startsWith('s3://') || lines)
    throw new ConfigError('MANIFEST_FORMAT', `${id}: S3 Batch Operations takes whole objects only; use --format jsonl`);
  const { bucket, key } = parseS3Uri(id);
  return `${formatCsvRow([bucket, encodeKey(key), ...(versionId === undefined ? [] : [versionId])])}\n`;
}
