import { BagError } from '../errors.js';
import { hasAddedProgram, isAddedBranch } from './added-program.js';
import { CALL_MEMBERS, CONTROL_MEMBERS, INDEX_MEMBERS, PROGRAM_MEMBERS } from './members.js';
import { isObject } from './reader.js';
import type { ValueReader } from './reader.js';

/** Whose bag it is; undefined where nothing says so. */
export interface Identity {
  readonly ownerId: string | undefined;
  readonly workflowId: string | undefined;
}

/** One object on the way from a document to its bag. */
interface Level<V> {
  readonly path: readonly string[];
  readonly value: V;
}

/** Both spellings of each id, the one that wins first. */
const SPELLINGS = { ownerId: ['ownerId', 'owner_id'], workflowId: ['workflowId', 'workflow_id'] } as const;

/** The id that an object names, as it is spelled: text, or the digits of a number. Null and `""` are no ids. */
export function detectId<V>(reader: ValueReader<V>, value: V, id: keyof Identity): string | undefined {
  return idsIn(reader, value, id)[0];
}

/** The ids of the outermost of these levels that name them. */
function outermostIds<V>(reader: ValueReader<V>, levels: readonly Level<V>[]): Identity {
  const find = (id: keyof Identity) =>
    levels.map(({ value }) => detectId(reader, value, id)).find((name) => name !== undefined);
  return { ownerId: find('ownerId'), workflowId: find('workflowId') };
}

/**
 * The error `OWNER_MISMATCH` when two levels, or two spellings on one of them, name different owners or workflows: then
 * a member deep inside would decide whose program runs.
 */
export function mismatchOf<V>(reader: ValueReader<V>, levels: readonly Level<V>[]): BagError | undefined {
  for (const [id, what] of [
    ['ownerId', 'owners'],
    ['workflowId', 'workflows'],
  ] as const) {
    const named = levels.flatMap(({ path, value }) => idsIn(reader, value, id).map((name) => ({ name, path })));
    const [first] = named;
    const other = named.find(({ name }) => name !== first?.name);
    if (first && other) return mismatch(what, first, other);
  }
  return undefined;
}

function idsIn<V>(reader: ValueReader<V>, value: V, id: keyof Identity): readonly string[] {
  return SPELLINGS[id].flatMap((name) => {
    const member = reader.member(value, name);
    const text = member === undefined ? '' : spelled(reader, member);
    return text === '' ? [] : [text];
  });
}

function spelled<V>(reader: ValueReader<V>, id: V): string {
  return reader.text(id) ?? (reader.kind(id) === 'number' ? new TextDecoder().decode(reader.bytes(id)) : '');
}

interface Named {
  readonly name: string;
  readonly path: readonly string[];
}

function mismatch(what: string, first: Named, other: Named): BagError {
  return new BagError(
    'OWNER_MISMATCH',
    `two levels name different ${what}: ${placed(first)} and ${placed(other)}; which of them the bag belongs to cannot be told, ` +
      'so it is neither run nor rewritten. Find the step that put one bag into the other and remove the level that is not its own',
  );
}

/** Ids may be long; a message must not be. */
const MAX_QUOTED = 64;

function placed({ name, path }: Named): string {
  const quoted = JSON.stringify(name.length > MAX_QUOTED ? `${name.slice(0, MAX_QUOTED)}…` : name);
  return `${quoted} at ${path.length === 0 ? 'the root' : `/${path.join('/')}`}`;
}

/** Names under which callers wrap a bag, in the order they are tried. */
export const WRAPPERS = ['Payload', 'state_data', 'bag'] as const;

/** Deeper than any caller wraps; a document that nests on is opened no further. */
const MAX_WRAPPERS = 8;

/** How many control members make an object a bag although nothing in it leads to a program. */
const ENOUGH_CONTROL_MEMBERS = 3;

/** One object on the way from the event to the bag. */
export interface EnvelopeLevel<V> {
  /** Member names from the root to here, e.g. `['state_data', 'bag']`. */
  readonly path: readonly string[];
  readonly value: V;
}

/** Where in an event or stored document the bag lies. */
export interface Envelope<V> {
  /** All objects from the root to the bag; the last one is the bag. */
  readonly levels: readonly EnvelopeLevel<V>[];
  readonly bag: EnvelopeLevel<V>;
  /** The levels, and further in what was looked at and turned out to be no part of a bag. */
  readonly visited: readonly EnvelopeLevel<V>[];
}

/**
 * Finds the bag: unwraps `Payload`, `state_data` and `bag`, as objects or as JSON strings, as often as they nest.
 * An empty or null wrapper is no wrapper (legacy `open_state_bag` falls back to the outer object), and neither is
 * one that holds nothing a bag has. `Payload` and `bag` in a complete bag are user data; a `state_data` in it is
 * unwrapped, as a merge nests the newer bag there. Returns `undefined` when the root is no object.
 */
export function detectEnvelope<V>(reader: ValueReader<V>, root: V): Envelope<V> | undefined {
  if (reader.kind(root) !== 'object') return undefined;
  const levels: EnvelopeLevel<V>[] = [{ path: [], value: root }];
  for (let bag = levels[0]!; ;) {
    const inner = levels.length <= MAX_WRAPPERS ? unwrap(reader, bag) : undefined;
    if (!inner) return endAtBag(reader, levels);
    levels.push(inner);
    bag = inner;
  }
}

/**
 * Gives up the innermost levels when they are no bag and one further out is: then a member of somebody's data bears
 * the name of a wrapper. A level with the index of the call in it is none of that.
 */
function endAtBag<V>(reader: ValueReader<V>, all: readonly EnvelopeLevel<V>[]): Envelope<V> {
  const end =
    all.findLastIndex(
      (level) => isBag(reader, level.value) && (!isCall(reader, level.value) || isComplete(reader, level.value)),
    ) + 1;
  const isData = all.slice(end).every((level) => !holdsAny(reader, level.value, INDEX_MEMBERS));
  const levels = end > 0 && (isData || isBagOfItsOwn(reader, all[end - 1]!.value)) ? all.slice(0, end) : all;
  return { levels, bag: levels.at(-1)!, visited: all };
}

/**
 * True for a bag that says whose it is and leads to a program, whatever arguments of a call are next to them. No member
 * of it may take its place.
 */
export function isComplete<V>(reader: ValueReader<V>, value: V): boolean {
  const isNamed =
    detectId(reader, value, 'ownerId') !== undefined && detectId(reader, value, 'workflowId') !== undefined;
  return isNamed && leadsToProgram(reader, value);
}

/**
 * Complete bags under `Payload` and `bag` of a complete bag that name no other owner or workflow: copies of its own.
 */
export function nestedCopies<V>(reader: ValueReader<V>, { levels }: Envelope<V>): readonly EnvelopeLevel<V>[] {
  const complete = levels.filter((level) => isComplete(reader, level.value));
  return complete.flatMap((level) =>
    WRAPPERS.filter((name) => name !== 'state_data').flatMap((name) => {
      const value = openMember(reader, level.value, name);
      const copy = { path: [...level.path, name], value: value! };
      return isObject(reader, value) && isComplete(reader, value) && !mismatchOf(reader, [level, copy]) ? [copy] : [];
    }),
  );
}

/** Whose document it is: the outermost complete bag's ids, else those that a level names, outermost first. */
export function identityOf<V>(reader: ValueReader<V>, { levels }: Envelope<V>): Identity {
  const complete = levels.find((level) => isComplete(reader, level.value));
  return outermostIds(reader, complete ? [complete] : levels);
}

/** Throws `BagError` `OWNER_MISMATCH` when the levels on the way to the bag name different owners or workflows. */
export function assertOneOwner<V>(reader: ValueReader<V>, { visited }: Envelope<V>): void {
  const mismatch = mismatchOf(reader, visited);
  if (mismatch) throw mismatch;
}

/**
 * Every bag of a document, innermost first: the bag, and outer levels that are bags of their own. Empty when it is
 * foreign.
 */
export function bagLevels<V>(reader: ValueReader<V>, envelope: Envelope<V> | undefined): readonly EnvelopeLevel<V>[] {
  if (!envelope || !isBag(reader, envelope.bag.value)) return [];
  const outer = envelope.levels.slice(0, -1).filter((level) => isBagOfItsOwn(reader, level.value));
  return [envelope.bag, ...outer.reverse()];
}

function unwrap<V>(reader: ValueReader<V>, level: EnvelopeLevel<V>): EnvelopeLevel<V> | undefined {
  for (const name of WRAPPERS) {
    const value = openMember(reader, level.value, name);
    if (value === undefined || (name !== 'state_data' && isComplete(reader, level.value))) continue;
    if (isObject(reader, value) && holdsBag(reader, value)) return { path: [...level.path, name], value };
  }
  return undefined;
}

/** A member, or the document in the JSON string that it is. */
export function openMember<V>(reader: ValueReader<V>, value: V, name: string): V | undefined {
  const member = reader.member(value, name);
  return member !== undefined && reader.kind(member) === 'string' ? reader.embedded(member) : member;
}

function holdsBag<V>(reader: ValueReader<V>, value: V): boolean {
  return [WRAPPERS, PROGRAM_MEMBERS, CONTROL_MEMBERS].some((names) => holdsAny(reader, value, names));
}

function holdsAny<V>(reader: ValueReader<V>, value: V, names: readonly string[]): boolean {
  return names.some((name) => reader.member(value, name) !== undefined);
}

/** True for an object with arguments of a call. A program that the shim added to an earlier event is none of them. */
export function isCall<V>(reader: ValueReader<V>, value: V): boolean {
  return CALL_MEMBERS.some((name) => {
    if (reader.member(value, name) === undefined) return false;
    return !(
      (name === 'segment_config' && hasAddedProgram(reader, value)) ||
      (name === 'branch_config' && isAddedBranch(reader, value))
    );
  });
}

/**
 * True for an object that is a state bag of any generation: it leads to a program, or has enough of the control plane.
 * Anything else is `foreign`: counted and never touched.
 */
export function isBag<V>(reader: ValueReader<V>, value: V): boolean {
  return leadsToProgram(reader, value) || countControlMembers(reader, value) >= ENOUGH_CONTROL_MEMBERS;
}

/** True for an object with a member that holds a program or leads to one. */
function leadsToProgram<V>(reader: ValueReader<V>, value: V): boolean {
  return holdsAny(reader, value, PROGRAM_MEMBERS);
}

/**
 * True for an outer level that is a whole bag in its own right, leading to a program itself (a merge once nested the
 * return value of a step inside the bag), not the arguments of a call. A branch's call carries its own `partition_map`
 * beside the parent's bag; that one is an argument and must stay.
 */
export function isBagOfItsOwn<V>(reader: ValueReader<V>, value: V): boolean {
  if (isCall(reader, value) || !leadsToProgram(reader, value)) return false;
  return countControlMembers(reader, value) >= ENOUGH_CONTROL_MEMBERS;
}

function countControlMembers<V>(reader: ValueReader<V>, value: V): number {
  return CONTROL_MEMBERS.filter((name) => reader.member(value, name) !== undefined).length;
}
