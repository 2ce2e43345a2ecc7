import { ConfigError } from '../../errors/index.js';
import { isTableUri, tableOfRowId } from '../../sources/dynamodb/id.js';
import { RowContainer } from '../../sources/dynamodb/rows.js';
import { LineRangeContainer, rangeCopy } from '../../sources/ndjson.js';
import type { LineRange } from '../../sources/ndjson.js';
import { objectContainer } from '../../sources/objects.js';
import type { Destination, SourceContainer } from '../../sources/source.js';
import { asFolder } from '../../store/blob-store.js';
import { parseS3Uri } from '../../store/index.js';
import type { ObjectAddress } from '../../store/index.js';
import { openObjectStore } from '../../store/open.js';
import { decodeKey } from '../manifest.js';
import type { Fleet } from './fleet.js';

/** A line of a manifest of `statebag fleet manifest`: an object, a row, or some lines of an export. */
export interface NamedItem {
  /** `s3://bucket/key`, nothing escaped, or `dynamodb://table/hash/range`, percent-encoded. */
  readonly id: string;
  /** Only these lines, 1-based, both included. */
  readonly lines?: LineRange;
}

/** An item as ItemReader makes it of an S3 inventory, a CSV manifest or a listing. */
export interface S3Item {
  readonly Key: string;
  /** A listing leaves it out: then the event says it. */
  readonly Bucket?: string;
}

export type MapItem = NamedItem | S3Item;

/** How items are to be read. */
export interface ItemReading {
  /** Bucket of items that name none. */
  readonly bucket?: string;
  /** Keys of `S3Item`s are URL-encoded, as inventories and manifests have them. */
  readonly encodedKeys?: boolean;
}

export interface OpenItem {
  readonly container: SourceContainer;
  /** Over the container itself unless there is one. */
  readonly destination?: Destination;
}

/** What the answer calls an item before it is opened. */
export function nameOf(item: MapItem): string {
  if (isNamed(item)) return item.lines ? `${item.id}#L${item.lines[0]}-L${item.lines[1]}` : item.id;
  return typeof (item as Partial<S3Item> | null)?.Key === 'string' ? item.Key : JSON.stringify(item);
}

/** `stop` cuts the waits of a row short. Throws `ConfigError` `ITEM_INVALID`, `OUT_MISSING`. */
export async function openItem(
  item: MapItem,
  reading: ItemReading,
  fleet: Fleet,
  stop?: AbortSignal,
): Promise<OpenItem> {
  if (!isNamed(item)) return { container: objectContainer(fleet.objects, addressOf(item, reading)) };
  if (isTableUri(item.id))
    return { container: RowContainer.named(await fleet.table(tableOfRowId(item.id)), item.id, stop) };
  if (!item.id.startsWith('s3://')) throw invalid(item, 'its id is neither s3://bucket/key nor dynamodb://table/…');
  const address = parseS3Uri(item.id);
  return item.lines === undefined
    ? { container: objectContainer(fleet.objects, address) }
    : openRange(item, item.lines, address, fleet);
}

async function openRange(
  item: NamedItem,
  range: LineRange,
  address: ObjectAddress,
  { objects, settings }: Fleet,
): Promise<OpenItem> {
  if (!isRange(range)) throw invalid(item, 'its lines are not [first, last], counted from 1');
  const { out } = settings;
  if (out === undefined)
    throw new ConfigError('OUT_MISSING', 'lines of an export go to a copy: STATEBAG_OUT is to name s3://bucket/prefix');
  const { bucket, prefix } = await openObjectStore(out);
  const container = new LineRangeContainer(objects, address, range);
  return { container, destination: rangeCopy(objects, { bucket, prefix: asFolder(prefix) }, container) };
}

function isRange(range: readonly unknown[]): boolean {
  const [first, last] = range;
  return (
    range.length === 2 &&
    Number.isInteger(first) &&
    Number.isInteger(last) &&
    Number(first) >= 1 &&
    Number(last) >= Number(first)
  );
}

function addressOf(item: S3Item, { bucket, encodedKeys = false }: ItemReading): ObjectAddress {
  const { Key: key, Bucket: own = bucket } = item as Partial<S3Item>;
  if (typeof key !== 'string' || typeof own !== 'string')
    throw invalid(item, 'it is neither {"id"} nor {"Bucket", "Key"}');
  if (!encodedKeys) return { bucket: own, key };
  try {
    return { bucket: own, key: decodeKey(key) };
  } catch {
    throw invalid(item, 'its key is not URL-encoded UTF-8');
  }
}

function isNamed(item: MapItem): item is NamedItem {
  return typeof (item as Partial<NamedItem> | null)?.id === 'string';
}

function invalid(item: MapItem, flaw: string): ConfigError {
  return new ConfigError('ITEM_INVALID', `${JSON.stringify(item).slice(0, 300)} is no item: ${flaw}`);
}
