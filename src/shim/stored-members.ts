import { planBlob, encodeId } from '../bag/keys.js';
import type { BlobAddressing, PendingBlob } from '../bag/keys.js';
import type { Bag, BagDocument } from '../bag/bag.js';
import type { JsonValue } from '../bag/edit.js';
import { follow } from '../bag/follow.js';
import { PROGRAM_MEMBERS } from '../bag/members.js';
import { bridgePointer } from '../bag/migration.js';
import { POINTER_MARKER, placeAt, walk } from '../bag/search.js';
import type { PlacedPointer, Step } from '../bag/search.js';
import { detectId, isBag, nameOneOwner } from '../bag/envelope.js';
import type { BagIds } from '../bag/places.js';
import type { Value } from '../bag/value.js';
import { DEFAULT_LAYOUT, matchTail, matchTemplate } from '../content-address.js';
import { PointerError } from '../errors/index.js';
import { changeIfWritable, listPointers, openAddressing } from './context.js';
import { bufferOver } from '../json/index.js';
import type { DocumentEdit, Form, InvocationContext } from './form.js';

/** A value that was put back into an event, and the pointer in whose place it was put. */
export interface RestoredMember<V extends Value = Value> {
  readonly pointer: V;
  /** Whose value it is; `undefined` for one that was stored where no owner is named. */
  readonly ownerId: string | undefined;
  /** The stored JSON text, with what was stored before it and left pointers in it. */
  readonly bytes: Uint8Array;
}

/**
 * Puts values back that the shim itself once stored to fit a budget, wherever in the event their pointers are. Each
 * is a copy of the handler's own. Only pointers at content addresses of members count, in this store and of the owner
 * that is named around the pointer. All else that looks like a pointer is user data. Throws as following does; and
 * `PointerError` `POINTER_FOREIGN_OWNER` for one outside of the bags of any owner, which a handler takes for state.
 */
export async function restoreMembers<V extends Value>(
  pointers: Iterable<PlacedPointer<V>>,
  document: BagDocument<V>,
  edit: DocumentEdit<V>,
  context: InvocationContext<V>,
): Promise<readonly RestoredMember<V>[]> {
  const claims = listClaims(listPure(pointers), document, context);
  // Pointers of other writers must not need a store: an event that carries its program goes on without one.
  if (claims.length === 0) return [];
  const restoring = new Restoring(context, await openAddressing(context));
  const own = claims.filter(({ placed, ids }) => restoring.isHere(placed, ids));
  for (const { placed, ids } of own) if (ids === undefined) throw ownerUnknown(placed);
  await Promise.all(
    own.map(async ({ placed, ids }) => {
      edit.replace(placed, await restoring.load(placed, ids!));
    }),
  );
  return restoring.restored;
}

/** A pointer that leads to a stored member if it is one of this store. */
interface Claim<V extends Value> {
  readonly placed: PlacedPointer<V>;
  /** The owner whose member it is; `undefined` when the key names an owner that nothing around the pointer confirms. */
  readonly ids: BagIds | undefined;
}

/** Needs no store: bucket and prefix are compared when it is open. */
function listClaims<V extends Value>(
  pure: readonly PlacedPointer<V>[],
  { root, bags, ids }: BagDocument<V>,
  context: InvocationContext<V>,
): readonly Claim<V>[] {
  const templates = memberTemplates(context.state.settings.layout);
  const levels = new Levels(root);
  const ofBags = bags.length > 0 && ids.ownerId !== undefined ? [ids.ownerId] : [];
  return pure.flatMap((placed): readonly Claim<V>[] => {
    const inKey = ownersInKey(placed, templates, matchTail);
    if (inKey.length === 0) return [];
    const outside = context.outside().flatMap((names) => names.ownerId);
    const inBags = [...ofBags, ...levels.listOwners(placed.path)];
    if (inBags.length === 0) return [{ placed, ids: confirmOutsideBags(inKey, levels, placed.path, outside) }];
    // In the bag of another owner it is that owner's data.
    const confirmed = confirmOwner(inKey, [...inBags, ...outside]);
    return confirmed === undefined ? [] : [{ placed, ids: confirmed }];
  });
}

/** Ids next to a pointer count where no bag names an owner, and so does the owner whom the caller expects. */
function confirmOutsideBags<V extends Value>(
  inKey: readonly string[],
  levels: Levels<V>,
  path: readonly string[],
  outside: readonly string[],
): BagIds | undefined {
  if (levels.contradict(path)) return undefined;
  const around = levels.listNames(path);
  // A bag that names no owner stores its members where no owner is named, whatever owner is expected.
  const ofNobody = around.length === 0 ? confirmOwner(inKey, []) : undefined;
  return ofNobody ?? confirmOwner(inKey, [...around, ...outside]);
}

/** The one owner that is named, if the key names it as well. No owner, where neither names one. */
function confirmOwner(inKey: readonly string[], named: readonly string[]): BagIds | undefined {
  const [ownerId] = named;
  const isConfirmed = named.every((name) => name === ownerId) && inKey.includes(encodeId(ownerId));
  return isConfirmed ? { ownerId, workflowId: undefined } : undefined;
}

function memberTemplates(layout: BlobAddressing['layout']): readonly string[] {
  return [layout.member, DEFAULT_LAYOUT.member];
}

/** The owners that a key names, as the templates of members read it; none for a key that is not a content address. */
function ownersInKey(
  { pointer: { target } }: PlacedPointer,
  templates: readonly string[],
  match: typeof matchTemplate,
  prefix = '',
): readonly string[] {
  if (target?.key.startsWith(prefix) !== true) return [];
  return templates.flatMap((template) => {
    const parts = match(template, target.key.slice(prefix.length));
    return parts?.sha256 === undefined ? [] : (parts.ownerId ?? []);
  });
}

function ownerUnknown({ path, pointer: { target } }: PlacedPointer): PointerError {
  const place = path.length === 0 ? 'the event' : `"${path.join('.').slice(0, MAX_SHOWN)}" in the event`;
  const shown = JSON.stringify(`s3://${target!.bucket!}/${target!.key}`.slice(0, MAX_SHOWN));
  return new PointerError(
    'POINTER_FOREIGN_OWNER',
    `${place} is a pointer to the stored value ${shown}, and no bag around it, no member ownerId next to it and no ` +
      'expectedOwner names the owner in its key, so it is not read. ' +
      'Pass the ownerId of the bag next to the pointer, pass the whole bag, or set expectedOwner',
  );
}

/** Keys and paths come from outside; a message holds their beginning. */
const MAX_SHOWN = 200;

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

  /** True for a pointer to a stored member of this store, of the owner if one is given. */
  isHere(placed: PlacedPointer<V>, owner?: BagIds): boolean {
    const { bucket, prefix, layout } = this.#addressing;
    if (placed.pointer.target?.bucket !== bucket) return false;
    const owners = ownersInKey(placed, memberTemplates(layout), matchTemplate, prefix);
    return owner === undefined ? owners.length > 0 : owners.includes(encodeId(owner.ownerId));
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
    this.restored.push({ pointer: value, ownerId: ids.ownerId, bytes });
    return bytes;
  }

  /** A value may hold one that was stored before it, and never itself: no text holds its own digest. */
  async #fill(bytes: Uint8Array, ids: BagIds): Promise<Uint8Array> {
    const { form } = this.#context.state;
    if (!bufferOver(bytes).includes(POINTER_MARKER)) return bytes;
    const root = form.parse(bytes);
    const levels = new Levels(root);
    const isOfOwner = ({ path }: PlacedPointer<V>) => levels.listOwners(path).every((name) => name === ids.ownerId);
    const inner = listPure(listPointers(root, form)).filter((placed) => this.isHere(placed, ids) && isOfOwner(placed));
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

  /** The same for all objects on the way, bags or not. */
  listNames(path: readonly string[]): readonly string[] {
    return this.#list(path).flatMap((level) => detectId(level, 'ownerId') ?? []);
  }

  /** True when an object on the way has an id that is not valid, or names two owners or workflows. */
  contradict(path: readonly string[]): boolean {
    return this.#list(path).some((level) => !nameOneOwner(level, level));
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
 * A value inside an object that names another owner stays, since no event gets it back there. So does one in a JSON
 * string that cannot be written again, and one in a program.
 */
export function returnPointers<V extends Value>(root: V, restored: readonly RestoredMember<V>[], form: Form<V>): V {
  if (restored.length === 0) return root;
  const stored = restored.map(({ pointer, ownerId, bytes }) => ({
    json: pointer.bytes(),
    ownerId,
    value: form.parse(bytes),
  }));
  const edit = form.edit(root);
  const mayEnter = (value: V, step: Step<V>) => {
    if (step.name !== undefined && KEPT_WHOLE.has(step.name)) return false;
    const found = stored.find((member) => form.isSame(value, member.value));
    if (found && isInHandsOf(found.ownerId, step)) {
      changeIfWritable(() => {
        edit.replace(placeAt(step), found.json);
      });
    }
    return found === undefined;
  };
  Array.from(walk(root, mayEnter));
  return edit.result();
}

/** True when no object around a value names another owner. */
function isInHandsOf<V extends Value>(ownerId: string | undefined, step: Step<V>): boolean {
  for (let around = step.parent; around !== undefined; around = around.parent) {
    const named = detectId(around.value, 'ownerId');
    if (named !== undefined && named !== ownerId) return false;
  }
  return true;
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
 * start. `ids`: those of the event. They count for a bag that names none, since a state machine merges it into one that
 * does.
 */
export function planMember(
  name: string,
  bytes: Uint8Array,
  bag: Bag,
  { addressing, ids }: { readonly addressing: BlobAddressing; readonly ids: BagIds },
): PlannedMember {
  const { ownerId = ids.ownerId, workflowId = ids.workflowId } = bag;
  const blob = planBlob(addressing, 'member', { ownerId, workflowId, member: name }, bytes);
  return { blob, pointer: bridgePointer(name, blob, bag.createdAt) };
}
