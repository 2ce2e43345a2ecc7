import { isObject } from '../bag/value.js';
import type { Value } from '../bag/value.js';
import { bridgePointer } from '../bag/migration.js';
import { planBlob } from '../bag/addressing.js';
import type { BlobAddressing, PendingBlob } from '../bag/addressing.js';
import { addressTemplates, detectDigest } from '../content-address.js';
import type { JsonValue } from '../bag/edit.js';
import type { Bag } from '../bag/bag.js';
import { s3Pointer } from '../bag/pointers.js';
import { follow } from '../bag/follow.js';
import { formatKey } from '../bag/keys.js';
import { PROGRAM_MEMBERS } from '../bag/members.js';
import type { Pointer } from '../bag/pointers.js';
import { openAddressing } from './context.js';
import type { InvocationContext } from './context.js';
import type { DocumentEdit } from './form.js';

const PROGRAM = new Set<string>(PROGRAM_MEMBERS);

/**
 * Puts members back that the shim itself once offloaded to fit a budget: copies of the handler's own. Only pointers at
 * the top level of the bag count, and only those to the very place where the shim stores that member of this owner's
 * workflow; all else that looks like a pointer is user data. Throws as following does.
 */
export async function restoreMembers<V extends Value>(
  bag: Bag<V>,
  edit: DocumentEdit<V>,
  context: InvocationContext<V>,
): Promise<void> {
  for (const { name, bytes } of await loadStoredMembers(bag, context)) edit.putJson(bag, name, bytes);
}

interface StoredMember {
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function loadStoredMembers<V extends Value>(
  bag: Bag<V>,
  context: InvocationContext<V>,
): Promise<readonly StoredMember[]> {
  const marked = bag.value.names().filter((name) => {
    const value = PROGRAM.has(name) ? undefined : bag.value.member(name);
    return value !== undefined && isMarked(value);
  });
  if (marked.length === 0) return [];
  const addressing = await openAddressing(context);
  const pointers = marked.flatMap((name) => {
    const pointer = detectOwnPointer(name, bag, addressing);
    return pointer ? [{ name, pointer }] : [];
  });
  return Promise.all(
    pointers.map(async ({ name, pointer }) => ({
      name,
      bytes: await follow(pointer, bag, context.state.blobs, context.deadline.signal()),
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
