import {
  ADDED_MARK,
  MANIFEST,
  MAP,
  hasAddedProgram,
  isAddedProgram,
  isPartOfSegment,
  isSameSegment,
} from '../bag/members.js';
import type { Bag, BagDocument } from '../bag/bag.js';
import { bagLevels, detectEnvelope } from '../bag/envelope.js';
import type { Envelope } from '../bag/envelope.js';
import { indexOrUndefined } from '../bag/resolve.js';
import type { ResolvedSegment } from '../bag/resolve.js';
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
  /** The position of the segment, as the event asks for it. */
  readonly index: number | undefined;
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
  { segmentConfig: program, segmentIndex: index }: ResolvedSegment<V>,
  form: Form<V>,
): Added<V> | undefined {
  const [bag] = bags;
  if (bag === undefined || isProgram(root.member(SEGMENT))) return undefined;
  edit.put({ path: [], value: root }, SEGMENT, form.withFlag(form.copy(program), ADDED_MARK));
  return { program, index, root, bag: bag.value };
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
    judgeCopies(edit, document, added, form);
    unmarkEntries(edit, document.root, form);
  }
  for (const bag of bags) {
    if (!hasAddedProgram(bag.value) && !isStripped(bag.value, added)) continue;
    changeIfWritable(() => {
      takeOut(edit, bag, bag.path.length === 0 ? added?.root : added?.bag);
    });
  }
  return edit.result();
}

/**
 * Marks what is a copy of the added program, and takes the mark from what is none, next to a bag wherever in the result
 * that is: in a list, a row, or a JSON string. The next event may be made of any of these. A marked program with some
 * of the nodes is no copy while the bag asks for the same segment: it is a part, such as that of a Map state's item.
 */
function judgeCopies<V extends Value>(
  edit: DocumentEdit<V>,
  document: BagDocument<V>,
  added: Added<V>,
  form: Form<V>,
): void {
  const bags = new Set(document.answerLevels().map(({ path }) => path.join('\n')));
  for (const place of form.search(document.root, SEGMENT)) {
    if (bags.has(place.path.join('\n'))) continue;
    const program = place.value.member(SEGMENT)!;
    const envelope = detectEnvelope(place.value);
    const hasBag = bagLevels(envelope).length > 0;
    if (isAddedProgram(program)) {
      const isPart = isPartOfSegment(program, added.program) && asksAgain(envelope, added);
      const isOwn = isPart || (!hasBag && isEntry(place.path));
      if (isOwn) removeMark(edit, { path: [...place.path, SEGMENT], value: program });
    } else if (hasBag && isStripped(place.value, added)) {
      changeIfWritable(() => {
        edit.put(place, SEGMENT, form.withFlag(program, ADDED_MARK));
      });
    }
  }
}

/** Takes the mark from programs that the handler put into a map or manifest. */
function unmarkEntries<V extends Value>(edit: DocumentEdit<V>, root: V, form: Form<V>): void {
  for (const place of form.search(root, ADDED_MARK)) if (isEntry(place.path)) removeMark(edit, place);
}

/** True for an entry of a list, or of a dict, that is a map or manifest. */
function isEntry(path: readonly string[]): boolean {
  const name = path.at(-2);
  return name === MAP || name === MANIFEST;
}

function removeMark<V extends Value>(edit: DocumentEdit<V>, program: Place<V>): void {
  changeIfWritable(() => {
    edit.draft(program).remove(ADDED_MARK);
  });
}

/** True when a level asks for the segment of the event, or names none. */
function asksAgain(envelope: Envelope | undefined, { index }: Added): boolean {
  const asked = envelope?.levels.map(({ value }) => indexOrUndefined(value)).find((each) => each !== undefined);
  return asked === undefined || index === undefined || asked === index;
}

/**
 * True for the added program without its mark: a parser that drops unknown members removed it, and may have filled in
 * or converted others. Its id and nodes tell it from a program of the handler's own.
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
