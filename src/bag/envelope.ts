import { BagError } from '../errors/index.js';
import {
  hasAddedProgram,
  isAddedBranch,
  CALL_MEMBERS,
  CONTROL_MEMBERS,
  INDEX_MEMBERS,
  PROGRAM_MEMBERS,
} from './members.js';
import { isMissing, isObject } from './value.js';
import type { Value } from './value.js';

/** Whose bag it is; undefined where nothing says so. */
export interface Identity {
  readonly ownerId: string | undefined;
  readonly workflowId: string | undefined;
}

/** One object on the way from the event to the bag. */
export interface EnvelopeLevel<V extends Value = Value> {
  /** Member names from the root to here, e.g. `['state_data', 'bag']`. */
  readonly path: readonly string[];
  readonly value: V;
}

/** Both spellings of each id, the one that wins first. */
export const ID_SPELLINGS = { ownerId: ['ownerId', 'owner_id'], workflowId: ['workflowId', 'workflow_id'] } as const;

const IDS = ['ownerId', 'workflowId'] as const;

/**
 * The id that an object names, as it is spelled: text, or the digits of a number. Null and `""` are no ids, and what
 * `ID_INVALID` refuses is none either.
 */
export function detectId(value: Value, id: keyof Identity): string | undefined {
  return idsIn(value, id)[0];
}

/** The ids of the outermost of these levels that name them. */
function outermostIds(levels: readonly EnvelopeLevel[]): Identity {
  const find = (id: keyof Identity) =>
    levels.map(({ value }) => detectId(value, id)).find((name) => name !== undefined);
  return { ownerId: find('ownerId'), workflowId: find('workflowId') };
}

/** Ids that are named outside of a document: by the row that keeps it, or by the caller. They lend no identity. */
export interface OutsideNames {
  /** As a message calls the place, such as `the attributes of the row`. */
  readonly place: string;
  readonly ownerId: readonly string[];
  readonly workflowId: readonly string[];
}

/**
 * The error `OWNER_MISMATCH` when two levels, or two spellings on one of them, or a level and what is named outside,
 * name different owners or workflows: then a member deep inside would decide whose program runs.
 */
function findMismatch(levels: readonly EnvelopeLevel[], outside: readonly OutsideNames[] = []): BagError | undefined {
  for (const id of IDS) {
    const named = [
      ...outside.flatMap((names) => names[id].map((name) => ({ name, place: names.place }))),
      ...levels.flatMap(({ path, value }) => idsIn(value, id).map((name) => ({ name, place: formatPlace(path) }))),
    ];
    const [first] = named;
    const other = named.find(({ name }) => name !== first?.name);
    if (first && other) return mismatch(WHAT[id], first, other);
  }
  return undefined;
}

const WHAT = { ownerId: 'owners', workflowId: 'workflows' } as const;

function idsIn(value: Value, id: keyof Identity): readonly string[] {
  return idMembers(value, id).flatMap(({ member }) => parseId(member) ?? []);
}

interface IdMember {
  readonly name: string;
  readonly member: Value;
}

/** Members that name an id, valid or not. */
function idMembers(value: Value, id: keyof Identity): readonly IdMember[] {
  return ID_SPELLINGS[id].flatMap((name) => {
    const member = value.member(name);
    return isMissing(member) || member.text() === '' ? [] : [{ name, member }];
  });
}

/**
 * An id as it is spelled, `undefined` for what is not one. A number must be whole, within ±(2^53 − 1), and spelled as
 * JavaScript prints it. Beyond that `JSON.parse` gives two ids as one number; and `7.0` in stored text would be another
 * owner than the 7 that a handler gets.
 */
function parseId(member: Value): string | undefined {
  const text = member.text();
  if (text !== undefined) return text;
  const number = member.number();
  if (!Number.isSafeInteger(number) || Object.is(number, -0)) return undefined;
  const spelling = new TextDecoder().decode(member.bytes());
  return spelling === String(number) ? spelling : undefined;
}

/** True when an id is a number. Objects do not show how it was spelled. */
export function hasNumericId(value: Value): boolean {
  return IDS.some((id) => idMembers(value, id).some(({ member }) => member.kind() === 'number'));
}

/** The error `ID_INVALID` when a level has an id of which no two readers need to make the same text. */
function findInvalidId(levels: readonly EnvelopeLevel[]): BagError | undefined {
  for (const { path, value } of levels) {
    const found = IDS.flatMap((id) => idMembers(value, id)).find(({ member }) => parseId(member) === undefined);
    if (found) return invalidId(found, path);
  }
  return undefined;
}

function invalidId({ name, member }: IdMember, path: readonly string[]): BagError {
  const kind = member.kind();
  const isNumber = kind === 'number' || kind === 'nonfinite';
  const article = kind === 'object' || kind === 'array' ? 'an' : 'a';
  const what = isNumber ? shorten(new TextDecoder().decode(member.bytes())) : `${article} ${kind}`;
  return new BagError(
    'ID_INVALID',
    `${name} at ${formatPlace(path)} is ${what}, and an id is text or a whole number up to 9,007,199,254,740,991 without ` +
      'fraction and exponent; readers of other ids do not agree on whose bag it is, so it is neither run nor rewritten. ' +
      'Write the id as text in the program that made the bag',
  );
}

interface Named {
  readonly name: string;
  readonly place: string;
}

function mismatch(what: string, first: Named, other: Named): BagError {
  return new BagError(
    'OWNER_MISMATCH',
    `two places name different ${what}: ${placed(first)} and ${placed(other)}; which of them the bag belongs to cannot be told, ` +
      'so it is neither run nor rewritten. Find the step that put one bag into the other and remove the level that is not its own',
  );
}

/** Ids may be long; a message must not be. */
const MAX_QUOTED = 64;

function placed({ name, place }: Named): string {
  return `${JSON.stringify(shorten(name))} at ${place}`;
}

function shorten(name: string): string {
  return name.length > MAX_QUOTED ? `${name.slice(0, MAX_QUOTED)}…` : name;
}

function formatPlace(path: readonly string[]): string {
  return path.length === 0 ? 'the root' : `/${path.join('/')}`;
}

/** Names under which callers wrap a bag, in the order they are tried. */
export const WRAPPERS = ['Payload', 'state_data', 'bag'] as const;

/** Deeper than any caller wraps; a document that nests on is opened no further. */
const MAX_WRAPPERS = 8;

/** How many control members make an object a bag although nothing in it leads to a program. */
const ENOUGH_CONTROL_MEMBERS = 3;

/** Where in an event or stored document the bag lies. */
export interface Envelope<V extends Value = Value> {
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
export function detectEnvelope<V extends Value>(root: V): Envelope<V> | undefined {
  if (root.kind() !== 'object') return undefined;
  const levels: EnvelopeLevel<V>[] = [{ path: [], value: root }];
  for (let bag = levels[0]!; ;) {
    const inner = levels.length <= MAX_WRAPPERS ? unwrap(bag) : undefined;
    if (!inner) return endAtBag(levels);
    levels.push(inner);
    bag = inner;
  }
}

/**
 * Gives up the innermost levels when they are no bag and one further out is: then a member of somebody's data bears
 * the name of a wrapper. A level with the index of the call in it is none of that.
 */
function endAtBag<V extends Value>(all: readonly EnvelopeLevel<V>[]): Envelope<V> {
  const end = all.findLastIndex((level) => isBag(level.value) && (!isCall(level.value) || isComplete(level.value))) + 1;
  const isData = all.slice(end).every((level) => !holdsAny(level.value, INDEX_MEMBERS));
  const last = all[end - 1]?.value;
  const levels = last && (isData || isComplete(last) || isBagOfItsOwn(last)) ? all.slice(0, end) : all;
  return { levels, bag: levels.at(-1)!, visited: all };
}

/**
 * True for a bag that says whose it is and leads to a program, whatever arguments of a call are next to them. No member
 * of it may take its place.
 */
export function isComplete(value: Value): boolean {
  return IDS.every((id) => idMembers(value, id).length > 0) && leadsToProgram(value);
}

/**
 * Complete bags under `Payload` and `bag` of a complete bag that name no other owner or workflow: copies of its own.
 */
export function nestedCopies<V extends Value>({ levels }: Envelope<V>): readonly EnvelopeLevel<V>[] {
  const complete = levels.filter((level) => isComplete(level.value));
  return complete.flatMap((level) =>
    WRAPPERS.filter((name) => name !== 'state_data').flatMap((name) => {
      const value = openMember(level.value, name);
      const copy = { path: [...level.path, name], value: value! };
      return isObject(value) && isComplete(value) && !findInvalidId([copy]) && !findMismatch([level, copy])
        ? [copy]
        : [];
    }),
  );
}

/** Whose document it is: the outermost complete bag's ids, else those that a level names, outermost first. */
export function detectIdentity({ levels }: Envelope): Identity {
  const complete = levels.find((level) => isComplete(level.value));
  return outermostIds(complete ? [complete] : levels);
}

/**
 * Why it cannot be told whose document it is: `ID_INVALID` for an id on the way to the bag that is not valid, and
 * `OWNER_MISMATCH` when levels name different owners or workflows.
 */
export function findIdentityError({ visited }: Envelope, outside?: readonly OutsideNames[]): BagError | undefined {
  return findInvalidId(visited) ?? findMismatch(visited, outside);
}

/** True for two objects of which every id, in both spellings, is valid and names one owner and one workflow. */
export function nameOneOwner(one: Value, other: Value): boolean {
  const levels = [one, other].map((value) => ({ path: [], value }));
  const isSame = IDS.every((id) => detectId(one, id) === detectId(other, id));
  return isSame && !findInvalidId(levels) && !findMismatch(levels);
}

/** Throws `BagError` `ID_INVALID` or `OWNER_MISMATCH`. */
export function assertOneOwner(envelope: Envelope, outside?: readonly OutsideNames[]): void {
  const error = findIdentityError(envelope, outside);
  if (error) throw error;
}

/** Throws `BagError` `ID_INVALID`. */
export function assertValidIds({ visited }: Envelope): void {
  const error = findInvalidId(visited);
  if (error) throw error;
}

/**
 * Every bag of a document, innermost first: the bag, and outer levels that are bags of their own. Empty when it is
 * not a bag.
 */
export function bagLevels<V extends Value>(envelope: Envelope<V> | undefined): readonly EnvelopeLevel<V>[] {
  if (!envelope || !isBag(envelope.bag.value)) return [];
  const outer = envelope.levels.slice(0, -1).filter((level) => isBagOfItsOwn(level.value));
  return [envelope.bag, ...outer.reverse()];
}

function unwrap<V extends Value>(level: EnvelopeLevel<V>): EnvelopeLevel<V> | undefined {
  for (const name of WRAPPERS) {
    const value = openMember(level.value, name);
    if (value === undefined || (name !== 'state_data' && isComplete(level.value))) continue;
    if (isObject(value) && holdsBag(value)) return { path: [...level.path, name], value };
  }
  return undefined;
}

/** A member, or the document in the JSON string that it is. */
export function openMember<V extends Value>(value: V, name: string): V | undefined {
  const member = value.member(name);
  return member?.kind() === 'string' ? member.embedded() : member;
}

function holdsBag(value: Value): boolean {
  return [WRAPPERS, PROGRAM_MEMBERS, CONTROL_MEMBERS].some((names) => holdsAny(value, names));
}

function holdsAny(value: Value, names: readonly string[]): boolean {
  return names.some((name) => value.member(name) !== undefined);
}

/** True for an object with arguments of a call. A program that the shim added to an earlier event is none of them. */
export function isCall(value: Value): boolean {
  return CALL_MEMBERS.some((name) => {
    if (value.member(name) === undefined) return false;
    return !(
      (name === 'segment_config' && hasAddedProgram(value)) ||
      (name === 'branch_config' && isAddedBranch(value))
    );
  });
}

/**
 * True for an object that is a state bag of any generation: it leads to a program, or has enough of the control plane.
 * Anything else is not a bag (`foreign`): it is counted and never modified.
 */
export function isBag(value: Value): boolean {
  return leadsToProgram(value) || countControlMembers(value) >= ENOUGH_CONTROL_MEMBERS;
}

/** True for an object with a member that holds a program or leads to one. */
export function leadsToProgram(value: Value): boolean {
  return holdsAny(value, PROGRAM_MEMBERS);
}

/**
 * True for an outer level that is a whole bag in its own right, leading to a program itself (a merge once nested the
 * return value of a step inside the bag), not the arguments of a call. A branch's call carries its own `partition_map`
 * beside the parent's bag; that one is an argument and must stay.
 */
export function isBagOfItsOwn(value: Value): boolean {
  if (isCall(value) || !leadsToProgram(value)) return false;
  return countControlMembers(value) >= ENOUGH_CONTROL_MEMBERS;
}

function countControlMembers(value: Value): number {
  return CONTROL_MEMBERS.filter((name) => value.member(name) !== undefined).length;
}
