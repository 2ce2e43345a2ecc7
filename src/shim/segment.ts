import {
  ADDED_MARK,
  MANIFEST,
  MAP,
  hasAddedProgram,
  hasOtherNodes,
  isAddedProgram,
  isSameSegment,
} from '../bag/members.js';
import type { Bag, BagDocument } from '../bag/bag.js';
import { bagLevels, detectEnvelope } from '../bag/envelope.js';
import { isProgram } from '../bag/segments.js';
import { isMissing } from '../bag/value.js';
import type { Value } from '../bag/value.js';
import type { DocumentEdit, Form, Place } from './form.js';
import { changeIfWritable } from './context.js';

const SEGMENT = 'segment_config';

/** What the way back needs to know of the program that was put into an event. */
export interface Added<V extends Value = Value> {
  /** The program without its mark, as the handler got it. Not to be changed. */
  readonly program: V;
  /** The root of the event as it came in. */
  readonly root: V;
  /** The innermost bag in it as it came in. */
  readonly bag: V;
}

/** False for a bag of the newest era: its readers look their program up in a database. */
export function needsProgram({ value }: Bag): boolean {
  return isMissing(value.member('manifest_id'));
}

/**
 * Puts a marked copy of the program at the root of an event, unless the caller passed one there. The copy is the
 * handler's own: a change reaches no cache. Throws `BagError` `JSON_TOO_DEEP`.
 */
export function addProgram<V extends Value>(
  edit: DocumentEdit<V>,
  { root, bags }: BagDocument<V>,
  program: V,
  form: Form<V>,
): Added<V> | undefined {
  const [bag] = bags;
  if (bag === undefined || isProgram(root.member(SEGMENT))) return undefined;
  edit.put({ path: [], value: root }, SEGMENT, form.withFlag(form.copy(program), ADDED_MARK));
  return { program, root, bag: bag.value };
}

/** An event without programs that the shim added to an earlier one; the very root when there is none. */
export function withoutStalePrograms<V extends Value>({ root, envelope }: BagDocument<V>, form: Form<V>): V {
  const edit = form.edit(root);
  for (const level of envelope?.levels ?? []) {
    if (hasAddedProgram(level.value)) {
      changeIfWritable(() => {
        edit.draft(level).remove(SEGMENT);
      });
    }
  }
  return edit.result();
}

/**
 * A result whose bags are without the program that the shim added to the event; what the event itself had there comes
 * back. Next to a bag it stays, and gets its mark again if a parser of the handler removed it.
 */
export function withoutAddedProgram<V extends Value>(
  document: BagDocument<V>,
  added: Added<V> | undefined,
  form: Form<V>,
): V {
  const edit = form.edit(document.root);
  const bags = document.answerLevels();
  if (added) {
    markCopies(edit, document, added, form);
    unmarkOwnPrograms(edit, document, added, form);
  }
  for (const bag of bags) {
    if (isOwnProgram(bag.value, added) || (!hasAddedProgram(bag.value) && !isStripped(bag.value, added))) continue;
    changeIfWritable(() => {
      takeOut(edit, bag, bag.path.length === 0 ? added?.root : added?.bag);
    });
  }
  return edit.result();
}

/**
 * Gives copies of the added program their mark again when they are next to a bag, wherever in the result that is: in a
 * list, a row, or a JSON string. The next event may be made of any of these. Entries of a manifest have no bag.
 */
function markCopies<V extends Value>(
  edit: DocumentEdit<V>,
  document: BagDocument<V>,
  added: Added<V>,
  form: Form<V>,
): void {
  const bags = new Set(document.answerLevels().map(({ path }) => path.join('\n')));
  for (const place of form.search(document.root, SEGMENT)) {
    if (bags.has(place.path.join('\n')) || !isStripped(place.value, added)) continue;
    const isEvent = bagLevels(detectEnvelope(place.value)).length > 0;
    if (!isEvent) continue;
    changeIfWritable(() => {
      edit.put(place, SEGMENT, form.withFlag(place.value.member(SEGMENT)!, ADDED_MARK));
    });
  }
}

/**
 * Takes the mark from what is no copy any more: the program of a segment whose nodes the handler chose, and an entry
 * that it put into a map or manifest.
 */
function unmarkOwnPrograms<V extends Value>(
  edit: DocumentEdit<V>,
  document: BagDocument<V>,
  added: Added<V>,
  form: Form<V>,
): void {
  for (const place of form.search(document.root, ADDED_MARK)) {
    const isEntry = place.path.some((name) => name === MAP || name === MANIFEST);
    if (!isEntry && !hasOtherNodes(place.value, added.program)) continue;
    changeIfWritable(() => {
      edit.draft(place).remove(ADDED_MARK);
    });
  }
}

/** True for a level with a program of this segment whose nodes the handler chose. */
function isOwnProgram(level: Value, added: Added | undefined): boolean {
  const program = level.member(SEGMENT);
  return added !== undefined && program !== undefined && hasOtherNodes(program, added.program);
}

/**
 * True for the added program without its mark: a parser that drops unknown members removed it, and may have filled in
 * or converted others. The id of the segment tells it from a program of the handler's own.
 */
function isStripped(level: Value, added: Added | undefined): boolean {
  const program = level.member(SEGMENT);
  if (added === undefined || program === undefined || isAddedProgram(program)) return false;
  const isOwn = [added.root, added.bag].some((origin) => isProgram(origin.member(SEGMENT)));
  return !isOwn && isSameSegment(program, added.program);
}

function takeOut<V extends Value>(edit: DocumentEdit<V>, bag: Place<V>, origin: V | undefined): void {
  const original = origin?.member(SEGMENT);
  if (original === undefined || isProgram(original)) edit.draft(bag).remove(SEGMENT);
  else edit.put(bag, SEGMENT, original);
}
