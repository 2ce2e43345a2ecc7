import { BagDocument, holdsDigest } from '../bag/bag.js';
import type { Bag } from '../bag/bag.js';
import { detectManifestEntries } from '../bag/manifest.js';
import type { BlobReader } from '../bag/places.js';
import { choosePrograms } from '../bag/plan-manifest.js';
import type { Programs } from '../bag/plan-manifest.js';
import type { Pointer } from '../bag/pointers.js';
import { entryPointer, listEntries, loadTargets, targetId, usableMap } from '../bag/segments.js';
import { addressRule, loadSources, loadValue, samePrograms } from '../bag/sources.js';
import type { BagSources } from '../bag/sources.js';
import type { ByteValue } from '../bag/value.js';
import { BagError, IntegrityError, PointerError } from '../errors/index.js';

/** What a comparison came to. */
export interface Comparison {
  /** Segment programs that are the same. */
  readonly compared: number;
  /** True when a program of the original was at a key that now holds another one: it cannot be compared any more. */
  readonly isOverwritten: boolean;
  /** Bags of the original that lead to no segment, so that there is nothing to compare. */
  readonly withoutSegments: number;
}

/**
 * Compares the program of every segment index, byte for byte: those that the original leads to against those of every
 * manifest and map which the migrated bag leads to. Throws `IntegrityError` `SEGMENT_DIFFERS`.
 */
export async function compareSegments(
  original: ByteValue,
  migrated: ByteValue,
  blobs: BlobReader,
): Promise<Comparison> {
  const addresses = addressRule(blobs);
  const after = new Map(new BagDocument(migrated, true, addresses).bags.map((bag) => [bag.path.join('/'), bag]));
  let [compared, withoutSegments] = [0, 0];
  let isOverwritten = false;
  for (const bag of new BagDocument(original, true, addresses).bags) {
    const other = after.get(bag.path.join('/'));
    if (!other) throw new IntegrityError('SEGMENT_DIFFERS', `the bag at /${bag.path.join('/')} is gone`);
    const expected = await listExpected(bag, blobs);
    if (!expected || expected.programs.length === 0) {
      withoutSegments++;
      continue;
    }
    const lists = await listStored(other, bag, blobs);
    if (lists.length === 0) throw gone(expected);
    const differs = lists.map((stored) => findDifference(expected, stored)).find((index) => index !== undefined);
    if (differs !== undefined && !expected.isMutable) throw different(differs);
    if (differs === undefined) compared += expected.programs.length;
    else isOverwritten = true;
  }
  return { compared, isOverwritten, withoutSegments };
}

interface Expected {
  readonly programs: readonly Uint8Array[];
  readonly isMutable: boolean;
  /** Whether another list says the same in other words. */
  readonly isSame: (list: ByteValue) => boolean;
}

/** The programs of an original bag, as the migration chooses them; `undefined` when it leads to none. */
async function listExpected(bag: Bag<ByteValue>, blobs: BlobReader): Promise<Expected | undefined> {
  const sources = await loadSources(bag, blobs, { isFormAsked: true });
  const chosen = choose(bag, sources);
  if (!chosen) return undefined;
  return {
    // A map that was stored beside a config may be spelled in another way than the config is cut.
    isSame: (list) => chosen.from === 'config' && samePrograms(chosen.list, list),
    programs: programs(chosen.list, sources.targets),
    isMutable: chosen.isMutable || sources.targets.size > 0,
  };
}

/** A bag that leads to no segments has none to compare; a bridge bag may be one. */
function choose(bag: Bag<ByteValue>, sources: BagSources<ByteValue>): Programs<ByteValue> | undefined {
  try {
    return choosePrograms(bag, sources);
  } catch (error) {
    if (error instanceof BagError) return undefined;
    throw error;
  }
}

/** Every list of programs that a migrated bag leads to: of a bag with its config alone, what is cut from that. */
async function listStored(
  bag: Bag<ByteValue>,
  original: Bag<ByteValue>,
  blobs: BlobReader,
): Promise<readonly StoredList[]> {
  const maps = await listMaps(bag, original, blobs);
  if (maps.length > 0) return maps;
  const sources = await loadSources(bag, blobs, { isFormAsked: true });
  const chosen = choose(bag, sources);
  return chosen ? [{ list: chosen.list, programs: programs(chosen.list, sources.targets) }] : [];
}

interface StoredList {
  readonly list: ByteValue;
  readonly programs: readonly Uint8Array[];
}

/** The maps and manifests of a migrated bag. */
async function listMaps(
  bag: Bag<ByteValue>,
  original: Bag<ByteValue>,
  blobs: BlobReader,
): Promise<readonly StoredList[]> {
  // A manifest at an undigested key may be changed by another run; the bag's own blobs are what was promised.
  const fields = [bag.map, ...[bag.mapPath, bag.manifestPath].filter((field) => holdsDigest(field))];
  const load = (pointer: Pointer) => loadValue(pointer, bag, blobs);
  const loaded = (await Promise.all(fields.map((field) => loadUnlessDead(field, original, load)))).flatMap(
    (value) => value ?? [],
  );
  // An empty map is passed over by every reader.
  const lists = loaded
    .map((value) => detectManifestEntries(value) ?? value)
    .filter((list) => usableMap(list) !== undefined);
  return Promise.all(lists.map(async (list) => ({ list, programs: programs(list, await loadTargets([list], load)) })));
}

/** A manifest that was gone before, next to a map that readers ask first, is nothing that the migration promised. */
async function loadUnlessDead(
  field: Bag<ByteValue>['map'],
  { manifestPath, map }: Bag<ByteValue>,
  load: (pointer: Pointer) => Promise<ByteValue>,
): Promise<ByteValue | undefined> {
  if (field.state !== 'pointer') return undefined;
  try {
    return await load(field.pointer);
  } catch (error) {
    const isOld = manifestPath.state === 'pointer' && targetId(manifestPath.pointer) === targetId(field.pointer);
    if (
      isOld &&
      (map.state === 'inline' || map.state === 'pointer') &&
      error instanceof PointerError &&
      error.code === 'POINTER_DANGLING'
    )
      return undefined;
    throw error;
  }
}

function programs(list: ByteValue, targets: ReadonlyMap<string, ByteValue>): readonly Uint8Array[] {
  return listEntries(list).map((entry) => {
    const pointer = targets.size === 0 ? undefined : entryPointer(entry);
    const target = pointer && targets.get(targetId(pointer));
    return (target ?? entry.member('segment_config') ?? entry).bytes();
  });
}

/** The first index at which two lists differ. */
function findDifference(
  { programs: expected, isSame }: Expected,
  { list, programs: actual }: StoredList,
): number | undefined {
  const differs = expected.findIndex((bytes, index) => Buffer.compare(bytes, actual[index] ?? new Uint8Array()) !== 0);
  if (differs < 0 && expected.length === actual.length) return undefined;
  if (isSame(list)) return undefined;
  return differs < 0 ? expected.length : differs;
}

function gone({ programs: { length } }: Expected): IntegrityError {
  return new IntegrityError(
    'SEGMENT_DIFFERS',
    `the original leads to ${length} segments, and the migrated bag to none`,
  );
}

function different(index: number): IntegrityError {
  return new IntegrityError('SEGMENT_DIFFERS', `segment ${index} is not the same program before and after`);
}
