import { isTableUri, tableOfRowId } from './dynamodb/id.js';
import { RowContainer } from './dynamodb/rows.js';
import type { RowTable } from './dynamodb/port.js';
import { ConfigError } from '../errors/index.js';
import { parseS3Uri } from '../store/address.js';
import { openObjectStore } from '../store/open.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import { nodeDisk } from './disk.js';
import { FileContainer } from './files.js';
import { NdjsonContainer } from './ndjson.js';
import { ObjectContainer } from './objects.js';
import { openTable } from './open.js';
import type { TableSettings } from './open.js';
import type { IdMap } from './id-map.js';
import type { ContainerOpener } from './source.js';

/** How to reach what is not on a disk. */
export interface Reach {
  readonly s3?: S3ObjectStoreOptions | undefined;
  readonly tables: TableSettings;
  /** Where containers are now that were moved. */
  readonly map: IdMap;
}

/**
 * Opens containers by the names a journal has for them. What they are made of is decided by their documents and not by
 * the name, because a copy of NDJSON may have any name. Throws `ConfigError` `USAGE` for a map that does not fit them.
 */
export async function openContainers(
  containers: ReadonlyMap<string, readonly { readonly line: number | undefined }[]>,
  { s3, tables: settings, map }: Reach,
): Promise<ContainerOpener> {
  map.assertFits([...containers.keys()]);
  const names = Array.from(containers.keys(), (id) => map.locate(id));
  const isLined = (id: string) => containers.get(id)?.some(({ line }) => line !== undefined) === true;
  const remote = names.find((name) => name.startsWith('s3://'));
  const objects =
    remote === undefined
      ? undefined
      : (await openObjectStore(`s3://${parseS3Uri(remote).bucket}`, s3 ? { s3 } : {})).objects;
  const tables = await openTables(names, settings);
  return (id, stop) => {
    const name = map.locate(id);
    if (isTableUri(name)) return RowContainer.named(tables.get(tableOfRowId(name))!, name, stop);
    if (name === '-')
      throw new ConfigError('STDOUT_GONE', 'this document went to standard output and cannot be read again');
    if (objects && name.startsWith('s3://')) return new ObjectContainer(objects, parseS3Uri(name), isLined(id));
    return isLined(id) ? new NdjsonContainer(name, nodeDisk) : new FileContainer(name, nodeDisk);
  };
}

async function openTables(ids: Iterable<string>, settings: TableSettings): Promise<ReadonlyMap<string, RowTable>> {
  const names = new Set(Array.from(ids).filter(isTableUri).map(tableOfRowId));
  return new Map(
    await Promise.all(Array.from(names, async (name) => [name, await openTable(name, settings)] as const)),
  );
}
