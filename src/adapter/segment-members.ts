import { BagDocument } from '../bag/bag.js';
import { ADDED_MARK, hasAddedProgram, isAddedProgram, isSameSegment } from '../bag/added-program.js';
import { isProgram } from '../bag/segments.js';
import { ObjectValue } from '../bag/value.js';
import { BagError } from '../errors.js';
import { cloneJson } from './json-clone.js';
import type { JsonMembers } from './json-members.js';
import { changeAt } from './place.js';

/** What the way back needs to know of the program that was put into an event. */
export interface Added {
  /** The program without its mark, as the handler got it. Not to be changed. */
  readonly program: unknown;
  /** The root of the event as it came in. */
  readonly root: JsonMembers;
  /** The bag in it as it came in. */
  readonly bag: JsonMembers;
}

/** False for a bag of the newest era: its readers look their program up in a database. */
export function needsProgram(bag: JsonMembers): boolean {
  return (bag.manifest_id ?? undefined) === undefined;
}

/**
 * The event with a marked copy of the program at its root, unless the caller passed one there. The copy is the
 * handler's own: a change reaches no cache.
 */
export function addProgram(event: JsonMembers, program: unknown): JsonMembers {
  if (isProgram(new ObjectValue(event.segment_config))) return event;
  return { ...event, segment_config: { ...(cloneJson(program) as JsonMembers), [ADDED_MARK]: true } };
}

/** An event without programs that the shim added to an earlier one; the same object when there is none. */
export function withoutStalePrograms(event: JsonMembers, { envelope }: BagDocument<ObjectValue>): JsonMembers {
  const stale = (envelope?.levels ?? []).filter(({ value }) => hasAddedProgram(value));
  // Outermost first: the levels inside are put into the copy.
  return stale.reduce((plain, { path }) => changeIfWritable(plain, path, withoutProgram), event);
}

/**
 * A result whose bags are without the program that the shim added to the event; what the event itself had there comes
 * back. Next to a bag it stays, and gets its mark again if a parser of the handler removed it.
 */
export function withoutAddedProgram(result: JsonMembers, added: Added | undefined): JsonMembers {
  const bagDocument = new BagDocument(new ObjectValue(result));
  const bags = bagDocument.answerBags();
  const places = new Set(bags.map(({ path }) => path.join('\n')));
  const others = (bagDocument.envelope?.levels ?? []).filter(
    ({ path, value }) => !places.has(path.join('\n')) && isStripped(value.raw as JsonMembers, added),
  );
  const marked = others.reduce((plain, { path }) => changeIfWritable(plain, path, withMark), result);
  const ours = bags.filter(({ value }) => hasAddedProgram(value) || isStripped(value.raw as JsonMembers, added));
  return ours.reduceRight((plain, { path }) => {
    const origin = path.length === 0 ? added?.root : added?.bag;
    return changeIfWritable(plain, path, (bag) => withoutProgram(bag, origin));
  }, marked);
}

/**
 * True for the added program without its mark: a parser that drops unknown members removed it, and may have filled in
 * or converted others. The id of the segment tells it from a program of the handler's own.
 */
function isStripped({ segment_config: program }: JsonMembers, added: Added | undefined): boolean {
  if (!added || [added.root, added.bag].some((level) => isProgram(new ObjectValue(level.segment_config)))) return false;
  return (
    isSameSegment(new ObjectValue(program), new ObjectValue(added.program)) && !isAddedProgram(new ObjectValue(program))
  );
}

function withMark(level: JsonMembers): JsonMembers {
  return { ...level, segment_config: { ...(level.segment_config as JsonMembers), [ADDED_MARK]: true } };
}

function withoutProgram(level: JsonMembers, origin: JsonMembers = {}): JsonMembers {
  const members = Object.entries(level).flatMap(([name, value]): [string, unknown][] => {
    if (name !== 'segment_config') return [[name, value]];
    return Object.hasOwn(origin, name) && !isProgram(new ObjectValue(origin[name])) ? [[name, origin[name]]] : [];
  });
  return Object.fromEntries(members);
}

/**
 * A level inside a JSON string that JavaScript cannot print again as it was keeps its marked program, which nothing
 * runs.
 */
function changeIfWritable(
  root: JsonMembers,
  path: readonly string[],
  change: (level: JsonMembers) => JsonMembers,
): JsonMembers {
  try {
    return changeAt(root, path, change);
  } catch (error) {
    if (error instanceof BagError) return root;
    throw error;
  }
}
