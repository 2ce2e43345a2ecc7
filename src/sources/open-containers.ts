import { resolve } from 'node:path';
import { ConfigError } from '../errors/index.js';
import { parseS3Uri } from '../store/address.js';
import { openObjectStore } from '../store/open.js';
import type { S3ObjectStoreOptions } from '../store/s3.js';
import { nodeDisk } from './disk.js';
import { isTableUri, tableOfRowId } from './dynamodb/id.js';
import type { RowTable } from './dynamodb/port.js';
import { RowContainer } from './dynamodb/rows.js';
import { FileContainer } from './files.js';
import { NdjsonContainer } from './ndjson.js';
import { ObjectContainer } from './objects.js';
import { openTable } from './open.js';
import type { TableSettings } from './open.js';
import type { ContainerOpener } from './source.js';

/** How to reach what is not on a disk. */
interface Reach {
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

/** Starts of paths and URIs: what the journal has, and what is there now. */
export type IdMapping = readonly (readonly [from: string, to: string])[];

/** The ids of containers and documents that were moved since a journal was written. */
export class IdMap {
  private readonly pairs: IdMapping;

  /** Relative paths start at `cwd`. */
  constructor(mapping: IdMapping, cwd: string) {
    this.pairs = mapping
      .map(([from, to]) => [toPrefix(from, cwd), toPrefix(to, cwd)] as const)
      .sort(([one], [other]) => other.length - one.length);
  }

  /** Where a container or document is now. The longest start that matches counts; an id without one stays. */
  locate(id: string): string {
    const pair = this.pairs.find(([from]) => isBelow(id, from));
    return pair ? pair[1] + id.slice(pair[0].length) : id;
  }

  /** An outcome under the id of today. */
  rename<O extends { readonly id: string; readonly reason?: string }>(outcome: O): O {
    const id = this.locate(outcome.id);
    if (id === outcome.id) return outcome;
    return { ...outcome, id, ...(outcome.reason && { reason: outcome.reason.replaceAll(outcome.id, id) }) };
  }

  /** Throws `ConfigError` `USAGE` for a start that no id has, and for two ids that would be one place. */
  assertFits(ids: readonly string[]): void {
    const unused = this.pairs.find(([from]) => !ids.some((id) => isBelow(id, from)));
    if (unused)
      throw new ConfigError('USAGE', `--map ${unused.join('=')}: the journal has no document below ${unused[0]}`);
    const sources = new Map<string, string>();
    for (const id of ids) {
      const place = this.locate(id);
      const other = sources.get(place);
      if (other !== undefined) throw new ConfigError('USAGE', `--map makes one place, ${place}, of ${other} and ${id}`);
      sources.set(place, id);
    }
  }
}

function toPrefix(text: string, cwd: string): string {
  return /^(s3|dynamodb):\/\//.test(text) ? text.replace(/\/+$/, '') : resolve(cwd, text);
}

/** Whole names only: `/bags` is not the start of `/bags-2/a.json`. */
function isBelow(id: string, prefix: string): boolean {
  if (!id.startsWith(prefix)) return false;
  return id.length === prefix.length || prefix === '/' || id[prefix.length] === '/' || id[prefix.length] === '#';
}
