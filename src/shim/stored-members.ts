import { planBlob, encodeId } from '../bag/keys.js';
import type { BlobAddressing, PendingBlob } from '../bag/keys.js';
import type { Bag, BagDocument } from '../bag/bag.js';
import type { JsonValue } from '../bag/edit.js';
import { follow } from '../bag/follow.js';
import { PROGRAM_MEMBERS } from '../bag/members.js';
import { bridgePointer } from '../bag/migration.js';
import { POINTER_MARKER, placeAt, walk } from '../bag/search.js';
import type { PlacedPointer, Step } from '../bag/search.js';
import { detectId, isBag } from '../bag/envelope.js';
import type { OutsideNames } from '../bag/envelope.js';
import type { BagIds } from '../bag/places.js';
import type { Value } from '../bag/value.js';
import { DEFAULT_LAYOUT, matchTemplate } from '../content-address.js';
import { changeIfWritable, listPointers, openAddressing } from './context.js';
import { bufferOver } from '../json/index.js';
import type { DocumentEdit, Form, InvocationContext } from './form.js';

/** A value that was put back into an event, and the pointer in whose place it was put. */
export interface RestoredMember<V extends Value = Value> {
  readonly pointer: V;
  /** The stored JSON text, with what was stored before it and left pointers in it. */
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
  const pure = listPure(pointers);
  if (pure.length === 0) return [];
  const restoring = new Restoring(context, await openAddressing(context));
  const levels = new Levels(document.root);
  const own = pure.flatMap((placed) => {
    const ids = ownerAround(document, levels.listOwners(placed.path), context.outside());
    return ids && restoring.isOwn(placed, ids) ? [{ placed, ids }] : [];
  });
  await Promise.all(
    own.map(async ({ placed, ids }) => {
      edit.replace(placed, await restoring.load(placed, ids));
    }),
  );
  return restoring.restored;
}

function listPure<V extends Value>(pointers: Iterable<PlacedPointer<V>>): readonly PlacedPointer<V>[] {
  return Array.from(pointers).filter(({ path, pointer }) => !pointer.mixed && !isInProgram(path));
}

/** The values of one event that are put back, each loaded once. */
class Restoring<V extends Value> {
  readonly restored: RestoredMember<V>[] = [];
  readonly #context: InvocationContext<V>;
  readonly #addressing: BlobAddressing;
  readonly #loads = new Map<string, Promise<Uint8Array>>();

  constructor(context: InvocationContext<V>, addressing: BlobAddressing) {
    this.#context = context;
    this.#addressing = addressing;
  }

  isOwn({ pointer: { target } }: PlacedPointer<V>, { ownerId }: BagIds): boolean {
    const { bucket, prefix, layout } = this.#addressing;
    if (target?.bucket !== bucket || !target.key.startsWith(prefix)) return false;
    const key = target.key.slice(prefix.length);
    return [layout.member, DEFAULT_LAYOUT.member].some((template) => {
      const parts = matchTemplate(template, key);
      return parts?.sha256 !== undefined && parts.ownerId === encodeId(ownerId);
    });
  }

  /** The JSON text of a value. Throws as following does. */
  load(placed: PlacedPointer<V>, ids: BagIds): Promise<Uint8Array> {
    const { key } = placed.pointer.target!;
    const loading = this.#loads.get(key) ?? this.#load(placed, ids);
    this.#loads.set(key, loading);
    return loading;
  }

  async #load({ pointer, value }: PlacedPointer<V>, ids: BagIds): Promise<Uint8Array> {
    const { state, deadline } = this.#context;
    const bytes = await this.#fill(await follow(pointer, ids, state.blobs, deadline.signal()), ids);
    this.restored.push({ pointer: value, bytes });
    return bytes;
  }

  /** A value may hold one that was stored before it, and never itself: no text holds its own digest. */
  async #fill(bytes: Uint8Array, ids: BagIds): Promise<Uint8Array> {
    const { form } = this.#context.state;
    if (!bufferOver(bytes).includes(POINTER_MARKER)) return bytes;
    const root = form.parse(bytes);
    const levels = new Levels(root);
    const isOfOwner = ({ path }: PlacedPointer<V>) => levels.listOwners(path).every((name) => name === ids.ownerId);
    const inner = listPure(listPointers(root, form)).filter((placed) => this.isOwn(placed, ids) && isOfOwner(placed));
    if (inner.length === 0) return bytes;
    const edit = form.edit(root);
    await Promise.all(
      inner.map(async (placed) => {
        edit.replace(placed, await this.load(placed, ids));
      }),
    );
    return edit.result().bytes();
  }
}

/**
 * Whose value it is: the owner of the document, or, in a document without a bag, of the innermost bag around the place.
 * `named`: the owners that bags around the place name.
 * `undefined` when no bag is around it, or when a level on the way or the caller names another owner.
 */
function ownerAround(
  { bags, ids }: BagDocument,
  named: readonly string[],
  outside: readonly OutsideNames[],
): BagIds | undefined {
  const ownerId = bags.length > 0 ? ids.ownerId : named.at(-1);
  if (bags.length === 0 && ownerId === undefined) return undefined;
  const others = [...named, ...outside.flatMap((names) => names.ownerId)];
  return others.every((name) => name === ownerId) ? { ownerId, workflowId: undefined } : undefined;
}

/** The levels of a document on the way to its places, each JSON string opened once. */
class Levels<V extends Value> {
  readonly #root: V;
  readonly #embedded = new Map<unknown, V | undefined>();

  constructor(root: V) {
    this.#root = root;
  }

  /** The owners that bags on the way to a place name, from the outside in. */
  listOwners(path: readonly string[]): readonly string[] {
    return this.#list(path)
      .filter(isBag)
      .flatMap((level) => detectId(level, 'ownerId') ?? []);
  }

  #list(path: readonly string[]): readonly V[] {
    const levels: V[] = [];
    let value: V | undefined = this.#root;
    for (const name of path) {
      while (value?.kind() === 'string') value = this.#open(value);
      if (value === undefined) break;
      levels.push(value);
      value = value.kind() === 'array' ? value.items()[Number(name)] : value.member(name);
    }
    return levels;
  }

  #open(text: V): V | undefined {
    const identity = text.identity();
    if (!this.#embedded.has(identity)) this.#embedded.set(identity, text.embedded());
    return this.#embedded.get(identity);
  }
}

const PROGRAM = new Set<string>(PROGRAM_MEMBERS);

/** What is inside the program of a bag leaves with it. */
function isInProgram(path: readonly string[]): boolean {
  return path.some((name) => PROGRAM.has(name));
}

/**
 * A result in which restored values that came back unchanged are the pointers again, wherever in the result they are.
 * A value in a JSON string that cannot be written again stays, and so does one in a program.
 */
export function returnPointers<V extends Value>(root: V, restored: readonly RestoredMember<V>[], form: Form<V>): V {
  if (restored.length === 0) return root;
  const stored = restored.map(({ pointer, bytes }) => ({ json: pointer.bytes(), value: form.parse(bytes) }));
  const edit = form.edit(root);
  const mayEnter = (value: V, step: Step<V>) => {
    if (step.name !== undefined && KEPT_WHOLE.has(step.name)) return false;
    const found = stored.find((member) => form.isSame(value, member.value));
    if (found) {
      changeIfWritable(() => {
        edit.replace(placeAt(step), found.json);
      });
    }
    return found === undefined;
  };
  Array.from(walk(root, mayEnter));
  return edit.result();
}

/** Programs: readers that do not know the shim run them, and no pointer in them is followed. */
const KEPT_WHOLE = new Set<string>([...PROGRAM_MEMBERS, 'segment_config', 'branch_config']);

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
