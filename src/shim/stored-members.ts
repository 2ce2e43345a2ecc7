import { planBlob } from '../bag/addressing.js';
import type { BlobAddressing, PendingBlob } from '../bag/addressing.js';
import type { Bag, BagDocument } from '../bag/bag.js';
import type { JsonValue } from '../bag/edit.js';
import { follow } from '../bag/follow.js';
import { encodeId } from '../bag/keys.js';
import { PROGRAM_MEMBERS } from '../bag/members.js';
import { bridgePointer } from '../bag/migration.js';
import type { PlacedPointer } from '../bag/mixed-pointer.js';
import { placesInside } from '../bag/search.js';
import type { ValuePlace } from '../bag/search.js';
import { detectId, isBag } from '../bag/envelope.js';
import type { OutsideNames } from '../bag/envelope.js';
import type { BagIds } from '../bag/places.js';
import type { Pointer } from '../bag/pointers.js';
import type { Value } from '../bag/value.js';
import { DEFAULT_LAYOUT, matchTemplate } from '../content-address.js';
import { openAddressing } from './context.js';
import { changeIfWritable } from './form.js';
import type { DocumentEdit, Form, InvocationContext } from './form.js';

/** A value that was put back into an event, and the pointer in whose place it was put. */
export interface RestoredMember<V extends Value = Value> {
  readonly pointer: V;
  /** The stored JSON text. */
  readonly bytes: Uint8Array;
}

/**
 * Puts values back that the shim itself once stored to fit a budget, wherever in the event their pointers are. Each
 * is a copy of the handler's own. Only pointers at content addresses of members count, in this store and of the owner
 * of the bag that the pointer is in. All else that looks like a pointer is user data. Throws as following does.
 */
export async function restoreMembers<V extends Value>(
  pointers: Iterable<PlacedPointer<V>>,
  document: BagDocument<V>,
  edit: DocumentEdit<V>,
  context: InvocationContext<V>,
): Promise<readonly RestoredMember<V>[]> {
  const pure = Array.from(pointers).filter(({ path, pointer }) => !pointer.mixed && !isInProgram(path));
  if (pure.length === 0) return [];
  const addressing = await openAddressing(context);
  const loads = new Map<string, Promise<Uint8Array>>();
  const load = ({ pointer }: PlacedPointer<V>, ids: BagIds) => {
    const { key } = pointer.target!;
    const loading = loads.get(key) ?? follow(pointer, ids, context.state.blobs, context.deadline.signal());
    loads.set(key, loading);
    return loading;
  };
  const own = pure.flatMap((placed) => {
    const ids = ownerAround(document, placed.path, context.outside());
    return ids && isOwnMember(placed.pointer.target, ids, addressing) ? [{ placed, ids }] : [];
  });
  return Promise.all(
    own.map(async ({ placed, ids }) => {
      const bytes = await load(placed, ids);
      edit.replace(placed, bytes);
      return { pointer: placed.value, bytes };
    }),
  );
}

/**
 * Whose value it is: the owner of the document, or, in a document without a bag, of the innermost bag around the place.
 * `undefined` when no bag is around it, or when a level on the way or the caller names another owner.
 */
function ownerAround(
  { root, bags, ids }: BagDocument,
  path: readonly string[],
  outside: readonly OutsideNames[],
): BagIds | undefined {
  const around = levelsTo(root, path).filter(isBag);
  const named = around.flatMap((level) => detectId(level, 'ownerId') ?? []);
  const ownerId = bags.length > 0 ? ids.ownerId : named.at(-1);
  if (bags.length === 0 && ownerId === undefined) return undefined;
  const others = [...named, ...outside.flatMap((names) => names.ownerId)];
  return others.every((name) => name === ownerId) ? { ownerId, workflowId: undefined } : undefined;
}

/** The values on the way to a place, JSON strings opened. */
function levelsTo<V extends Value>(root: V, path: readonly string[]): readonly V[] {
  const levels: V[] = [];
  let value: V | undefined = root;
  for (const name of path) {
    for (let inner = value?.embedded(); inner; inner = inner.embedded()) value = inner;
    if (value === undefined) break;
    levels.push(value);
    value = value.kind() === 'array' ? value.items()[Number(name)] : value.member(name);
  }
  return levels;
}

const PROGRAM = new Set<string>(PROGRAM_MEMBERS);

/** What is inside the program of a bag leaves with it. */
function isInProgram(path: readonly string[]): boolean {
  return path.some((name) => PROGRAM.has(name));
}

function isOwnMember(
  target: Pointer['target'],
  { ownerId }: BagIds,
  { bucket, prefix, layout }: BlobAddressing,
): boolean {
  if (target?.bucket !== bucket || !target.key.startsWith(prefix)) return false;
  const key = target.key.slice(prefix.length);
  return [layout.member, DEFAULT_LAYOUT.member].some((template) => {
    const parts = matchTemplate(template, key);
    return parts?.sha256 !== undefined && parts.ownerId === encodeId(ownerId);
  });
}

/**
 * A result in which restored values that came back unchanged are the pointers again, wherever in the result they are.
 * A value in a JSON string that cannot be written again stays.
 */
export function returnPointers<V extends Value>(root: V, restored: readonly RestoredMember<V>[], form: Form<V>): V {
  if (restored.length === 0) return root;
  const stored = restored.map(({ pointer, bytes }) => ({ json: pointer.bytes(), value: form.parse(bytes) }));
  const edit = form.edit(root);
  const open: ValuePlace<V>[] = [{ path: [], value: root }];
  // A handler's answer may have circles.
  const seen = new Set<unknown>();
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { path, value } = place;
    const found = stored.find((member) => form.isSame(value, member.value));
    if (found) {
      const { json } = found;
      changeIfWritable(() => {
        edit.replace({ path, value }, json);
      });
    }
    if (!found && !seen.has(value.identity())) {
      if (value.kind() === 'object' || value.kind() === 'array') seen.add(value.identity());
      open.push(...placesInside(place));
    }
  }
  return edit.result();
}

/** A member as it will be stored, and the pointer that will be put in its place. */
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
