import { gunzipSync } from 'node:zlib';
import { ConfigError } from '../../errors/index.js';
import { formatS3Uri, parseS3Uri } from '../../store/index.js';
import type { ObjectAddress, ObjectStore } from '../../store/index.js';
import { decodeKey, parseCsv } from './csv.js';

/** The manifest.json of an S3 inventory, as far as it matters. */
interface InventoryManifest {
  readonly sourceBucket: string;
  readonly fileFormat: string;
  /** Names of columns, with commas between. */
  readonly fileSchema: string;
  readonly files: readonly { readonly key: string }[];
}

/** An object as an inventory has it. */
export interface InventoryObject extends ObjectAddress {
  /** Bytes; `undefined` when the inventory does not say. */
  readonly size: number | undefined;
  /** Present in an inventory of versions. */
  readonly versionId: string | undefined;
}

/**
 * The current objects of an S3 inventory in CSV; its files lie in the bucket of the manifest. Memory: one file. Throws
 * `ConfigError` `INVENTORY_INVALID` for another format, and what the store throws.
 */
export async function* readInventory(uri: string, objects: ObjectStore): AsyncIterable<InventoryObject> {
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
