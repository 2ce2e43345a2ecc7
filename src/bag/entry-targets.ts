import { detectValuePointer } from './dialects/index.js';
import { openText } from './entries.js';
import type { Pointer } from './pointer.js';
import { isObject } from './value-reader.js';
import type { ValueReader } from './value-reader.js';

/** Longer than any pointer: a key has at most 1,024 bytes. A program is not opened to find out that it is none. */
const MAX_POINTER_BYTES = 8_192;

/** The pointer that an entry of a map or manifest holds in place of its program. */
export function entryPointer<V>(reader: ValueReader<V>, entry: V): Pointer | undefined {
  const nested = reader.member(entry, 'segment_config');
  if (nested === undefined || reader.bytes(nested).length > MAX_POINTER_BYTES) return undefined;
  return detectValuePointer(reader, nested);
}

/** Names the target of a pointer. */
export function targetId({ target, md5 }: Pointer): string {
  return JSON.stringify([target?.bucket ?? null, target?.key ?? null, md5 ?? null]);
}

/** The pointers that entries of a list, a dict or an envelope hold in place of their programs. */
export function entryPointers<V>(reader: ValueReader<V>, list: V): readonly Pointer[] {
  return entriesOf(reader, list).flatMap((entry) =>
    isObject(reader, entry) ? (entryPointer(reader, entry) ?? []) : [],
  );
}

/** The programs that entries of these lists only point to, each read once. Throws what following a pointer throws. */
export async function loadTargets<V>(
  reader: ValueReader<V>,
  lists: readonly (V | undefined)[],
  load: (pointer: Pointer) => Promise<V>,
): Promise<ReadonlyMap<string, V>> {
  const targets = new Map<string, V>();
  for (const list of lists) {
    for (const pointer of list === undefined ? [] : entryPointers(reader, list)) {
      if (!targets.has(targetId(pointer))) targets.set(targetId(pointer), await load(pointer));
    }
  }
  return targets;
}

/** Of a list, a dict, or an envelope; what is none of these has none. */
function entriesOf<V>(reader: ValueReader<V>, value: V): readonly V[] {
  const list = openText(reader, value);
  if (reader.kind(list) === 'array') return reader.items(list);
  const segments = reader.member(list, 'segments');
  return segments === undefined ? reader.names(list).map((name) => reader.member(list, name)!) : reader.items(segments);
}
