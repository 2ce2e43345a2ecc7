import { ADDED_MARK, hasAddedProgram } from '../bag/added-program.js';
import { answerSites, detect } from '../bag/detect.js';
import type { BagSite, Detection } from '../bag/detect.js';
import { isEmptyProgram } from '../bag/entries.js';
import { objectReader } from '../bag/object-reader.js';
import { BagError } from '../errors.js';
import { cloneJson } from './json-clone.js';
import type { JsonMembers } from './json-members.js';
import { replaceAt } from './place.js';
import { isPartOfJson } from './same-json.js';

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
 * The event with a marked copy of the program at its root, unless the caller passed one there. The copy is the handler's
 * own: a change reaches no cache.
 */
export function addProgram(event: JsonMembers, program: unknown): JsonMembers {
  if (!isEmptyProgram(objectReader, event.segment_config)) return event;
  return { ...event, segment_config: { ...(cloneJson(program) as JsonMembers), [ADDED_MARK]: true } };
}

/** An event without programs that the shim added to an earlier one; the same object when there is none. */
export function withoutStalePrograms(event: JsonMembers, { envelope }: Detection<unknown>): JsonMembers {
  const stale = (envelope?.levels ?? []).filter(({ value }) => hasAddedProgram(objectReader, value));
  // Outermost first: the levels inside are put into the copy.
  return stale.reduce((plain, { path, value }) => replaceIfWritable(plain, path, withoutProgram(value as JsonMembers)), event);
}

/**
 * A result whose bags are without the program that the shim added to the event; what the event itself had there comes
 * back. A parser of the handler may have removed the mark: a program that says nothing beyond the added one goes too.
 */
export function withoutAddedProgram(result: JsonMembers, added: Added | undefined): JsonMembers {
  const ours = answerSites(objectReader, detect(objectReader, result)).filter((site) => holdsOurs(site, added));
  return ours.reduceRight((plain, site) => {
    const origin = site.path.length === 0 ? added?.root : added?.bag;
    return replaceIfWritable(plain, site.path, withoutProgram(site.value as JsonMembers, origin));
  }, result);
}

function holdsOurs({ value }: BagSite<unknown>, added: Added | undefined): boolean {
  if (hasAddedProgram(objectReader, value)) return true;
  return added !== undefined && isPartOfJson((value as JsonMembers).segment_config, added.program);
}

function withoutProgram(level: JsonMembers, origin: JsonMembers = {}): JsonMembers {
  const members = Object.entries(level).flatMap(([name, value]): [string, unknown][] => {
    if (name !== 'segment_config') return [[name, value]];
    return Object.hasOwn(origin, name) && isEmptyProgram(objectReader, origin[name]) ? [[name, origin[name]]] : [];
  });
  return Object.fromEntries(members);
}

/** A level inside a JSON string that JavaScript cannot print again as it was keeps its marked program, which nothing runs. */
function replaceIfWritable(root: JsonMembers, path: readonly string[], level: JsonMembers): JsonMembers {
  try {
    return replaceAt(root, path, level);
  } catch (error) {
    if (error instanceof BagError) return root;
    throw error;
  }
}
