import { isObject, ObjectValue, parseObject } from '../bag/value.js';
import type { Value } from '../bag/value.js';
import { bridgePointer } from '../bag/migration.js';
import { planBlob } from '../bag/addressing.js';
import type { BlobAddressing, PendingBlob } from '../bag/addressing.js';
import { addressTemplates, detectDigest } from '../content-address.js';
import type { JsonValue } from '../bag/edit.js';
import { Bag } from '../bag/bag.js';
import { s3Pointer } from '../bag/pointers.js';
import { follow } from '../bag/follow.js';
import { formatKey } from '../bag/keys.js';
import { PROGRAM_MEMBERS } from '../bag/members.js';
import type { BagIds } from '../bag/places.js';
import type { Pointer } from '../bag/pointers.js';
import { openAddressing } from './engine.js';
import type { Work } from './engine.js';
import type { JsonMembers } from './json-members.js';

const PROGRAM = new Set<string>(PROGRAM_MEMBERS);

/** The bag with those members put back that `loadStoredMembers` finds. The same object when there is none. */
export async function restoreMembers(members: JsonMembers, ids: BagIds, work: Work): Promise<JsonMembers> {
  const bag = new Bag(new ObjectValue(members), { addresses: work.engine.addresses, ids });
  const stored = await loadStoredMembers(bag, work);
  if (stored.length === 0) return members;
  // Parsed again each time, so that every handler has a copy of its own.
  return { ...members, ...Object.fromEntries(stored.map(({ name, bytes }) => [name, parseObject(bytes)])) };
}

interface StoredMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Members that the shim itself once offloaded to fit a budget. Only pointers at the top level of the bag count, and
 * only those to the very place where the shim stores that member of this owner's workflow; all else that looks like a
 * pointer is user data. `isSmall` spares a reader that would have to open large values to see that they are none.
 * Throws as following does.
 */
export async function loadStoredMembers<V extends Value>(
  bag: Bag<V>,
  work: Work,
  isSmall: (value: V) => boolean = () => true,
): Promise<readonly StoredMember[]> {
  const marked = bag.value.names().filter((name) => {
    const value = PROGRAM.has(name) ? undefined : bag.value.member(name);
    return value !== undefined && isSmall(value) && isMarked(value);
  });
  if (marked.length === 0) return [];
  const addressing = await openAddressing(work);
  const pointers = marked.flatMap((name) => {
    const pointer = detectOwnPointer(name, bag, addressing);
    return pointer ? [{ name, pointer }] : [];
  });
  return Promise.all(
    pointers.map(async ({ name, pointer }) => ({
      name,
      bytes: await follow(pointer, bag, work.engine.blobs, work.deadline.signal()),
    })),
  );
}

function isMarked(value: Value): boolean {
  return isObject(value) && value.member('__s3_pointer__') !== undefined;
}

function detectOwnPointer(name: string, bag: Bag, addressing: BlobAddressing): Pointer | undefined {
  const pointer = s3Pointer.detect(bag.value.member(name)!);
  const sha256 = detectDigest(pointer?.target?.key, addressTemplates(addressing.layout));
  if (pointer?.target?.bucket !== addressing.bucket || sha256 === undefined) return undefined;
  const { ownerId, workflowId } = bag;
  const key = addressing.prefix + formatKey(addressing.layout, 'member', { ownerId, workflowId, sha256, member: name });
  return pointer.target.key === key ? pointer : undefined;
}

/** A member as it will be stored, and the pointer that will stand in its place. */
export interface PlannedMember {
  readonly blob: PendingBlob;
  readonly pointer: JsonValue;
}

/**
 * The pointer is in the legacy form, whose readers follow it at the top level of a bag; its time is the bag's own
 * start.
 */
export function planMember(name: string, bytes: Uint8Array, bag: Bag, addressing: BlobAddressing): PlannedMember {
  const { ownerId, workflowId } = bag;
  const blob = planBlob(addressing, 'member', { ownerId, workflowId, member: name }, bytes);
  return { blob, pointer: bridgePointer(name, blob, bag.createdAt) };
}
