import { pathTo } from '../../migrations/index.js';
import type { ByteValue } from '../bag/value.js';
import type { Bag } from '../bag/bag.js';
import { hydrateBag } from '../bag/hydrate.js';
import { loadStoredMembers } from '../adapter/stored-members.js';
import type { WireWork } from './engine.js';
import type { TextEdit } from './text-edit.js';

/** Longer than any pointer: a key has at most 1,024 bytes. */
const MAX_POINTER_BYTES = 8_192;

function isSmall({ node }: ByteValue): boolean {
  return node.end - node.start <= MAX_POINTER_BYTES;
}

/**
 * Puts config and map back into a bag, with the bytes they were stored with. Throws what following a pointer throws.
 */
export async function fillBag(bag: Bag<ByteValue>, edit: TextEdit, work: WireWork): Promise<void> {
  const { blobs } = work.engine;
  const holdsPointer = [bag.config, bag.map, bag.configPath, bag.mapPath].some((field) => field.state === 'pointer');
  if (holdsPointer) await hydrateBag(bag, edit.draft(bag.value), pathTo, blobs, work.deadline.signal());
}

/**
 * Puts back the members that the shim itself once offloaded to fit a budget. Throws what following a pointer throws.
 */
export async function restoreMembers(bag: Bag<ByteValue>, edit: TextEdit, work: WireWork): Promise<void> {
  const stored = await loadStoredMembers(bag, work, isSmall);
  for (const { name, bytes } of stored) edit.putJson(bag.value, name, bytes);
}
