import { gunzipSync } from 'node:zlib';
import { ConfigError } from '../errors/index.js';
import { formatS3Uri, parseS3Uri } from '../store/index.js';
import type { ObjectAddress, ObjectStore } from '../store/index.js';

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
function formatCsvRow(fields: readonly string[]): string {
  return fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}

/** A key as manifests and reports have it: as in a query string, but `/` stays. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+');
}

/** The inverse of `encodeKey`. Throws `URIError` for text that is not URL-encoded UTF-8. */
export function decodeKey(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}

/** The manifest.json of an S3 inventory, as far as it matters. */
interface InventoryManifest {
  readonly sourceBucket: string;
  readonly fileFormat: string;
  /** Names of columns, with commas between. */
  readonly fileSchema: string;
  readonly files: readonly { readonly key: string }[];
}

/** An object as an inventory has it. */
interface InventoryObject extends ObjectAddress {
  /** Bytes; `undefined` when the inventory does not say. */
  readonly size: number | undefined;
  /** Present in an inventory of versions. */
  readonly versionId: string | undefined;
}

/**
 * The current objects of an S3 inventory in CSV; its files lie in the bucket of the manifest. Memory: one file. Throws
 * `ConfigError` `INVENTORY_INVALID` for another format, and what the store throws.
 */
export async function* readObjectInventory(uri: string, objects: ObjectStore): AsyncIterable<InventoryObject> {
  const { bucket } = parseS3Uri(uri);
  const manifest = parseManifest(uri, Buffer.from((await objects.get(parseS3Uri(uri))).bytes).toString());
  const columns = manifest.fileSchema.split(',').map((name) => name.trim());
  for (const { key } of manifest.files) {
    const { bytes } = await objects.get({ bucket, key });
    const text = (key.endsWith('.gz') ? gunzipSync(bytes) : Buffer.from(bytes)).toString();
    for (const row of parseCsv(text)) yield* objectOf(row, columns);
  }
}

function parseManifest(uri: string, text: string): InventoryManifest {
  const invalid = (flaw: string, cause?: unknown) => new ConfigError('INVENTORY_INVALID', `${uri} ${flaw}`, { cause });
  let manifest: Partial<InventoryManifest>;
  try {
    manifest = JSON.parse(text) as Partial<InventoryManifest>;
  } catch (cause) {
    throw invalid('is no JSON; name the manifest.json of the inventory', cause);
  }
  if (manifest.fileFormat !== 'CSV')
    throw invalid(`is an inventory in ${String(manifest.fileFormat)}; only CSV can be read`);
  if (!manifest.files || manifest.fileSchema === undefined) throw invalid('names no files or no columns');
  return manifest as InventoryManifest;
}

function* objectOf(row: readonly string[], columns: readonly string[]): Iterable<InventoryObject> {
  const value = (name: string): string | undefined => row[columns.indexOf(name)];
  const [bucket, key, size] = [value('Bucket'), value('Key'), value('Size')];
  const isGone = value('IsLatest') === 'false' || value('IsDeleteMarker') === 'true';
  if (bucket === undefined || key === undefined || isGone || key.endsWith('/')) return;
  yield {
    bucket,
    key: decodeKey(key),
    size: size === undefined || size === '' ? undefined : Number(size),
    versionId: value('VersionId') === '' ? undefined : value('VersionId'),
  };
}

/** What journals and manifests call an object. */
export function idOf(object: ObjectAddress): string {
  return formatS3Uri(object);
}

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
