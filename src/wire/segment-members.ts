import { ADDED_MARK, hasAddedProgram, isAddedProgram, isSameSegment } from '../bag/added-program.js';
import { isMissing } from '../bag/value.js';
import type { ByteValue } from '../bag/value.js';
import { BagDocument } from '../bag/bag.js';
import { isProgram } from '../bag/segments.js';
import { TextEdit } from './text-edit.js';
import type { Text } from './text-edit.js';

/** What the way back needs to know of the program that was put into an event. */
export interface AddedProgram {
  /** Without its mark. */
  readonly program: ByteValue;
  /** The root of the event as it came in. */
  readonly root: ByteValue;
  /** The innermost bag in it as it came in. */
  readonly bag: ByteValue;
}

/** False for a bag of the newest era: its readers look their program up in a database. */
export function needsProgram(bag: ByteValue): boolean {
  return isMissing(bag.member('manifest_id'));
}

const MARK = Buffer.from(`,${JSON.stringify(ADDED_MARK)}:true}`);

/**
 * Puts the program at the root of an event, with its own bytes and the mark as its last member, unless the caller
 * passed one there.
 */
export function addProgram(
  edit: TextEdit,
  root: ByteValue,
  bag: ByteValue,
  program: ByteValue,
): AddedProgram | undefined {
  if (isProgram(root.member('segment_config'))) return undefined;
  putMarked(edit, root, program);
  return { program, root, bag };
}

function putMarked(edit: TextEdit, level: ByteValue, program: ByteValue): void {
  const json = program.bytes();
  edit.putJson(level, 'segment_config', Buffer.concat([json.subarray(0, json.lastIndexOf(0x7d)), MARK]));
}

/** An event without programs that the shim added to an earlier one; the very text when there is none. */
export function withoutStalePrograms(text: Text, { envelope }: BagDocument<ByteValue>): Text {
  const edit = new TextEdit(text);
  for (const { value } of envelope?.levels ?? []) {
    if (hasAddedProgram(value)) edit.draft(value).remove('segment_config');
  }
  return edit.result();
}

/**
 * A result whose bags are without the program that the shim added to the event; what the event itself had there comes
 * back. Next to a bag it stays, and gets its mark again if a parser of the handler removed it.
 */
export function withoutAddedProgram(text: Text, added: AddedProgram | undefined): Text {
  const edit = new TextEdit(text);
  const bagDocument = new BagDocument(text.root);
  const bags = bagDocument.answerBags();
  const nodes = new Set(bags.map(({ value }) => value.node));
  for (const { value } of bagDocument.envelope?.levels ?? []) {
    if (!nodes.has(value.node) && isStripped(value, added)) putMarked(edit, value, value.member('segment_config')!);
  }
  for (const { path, value } of bags) {
    if (hasAddedProgram(value) || isStripped(value, added))
      takeOut(edit, value, path.length === 0 ? added?.root : added?.bag);
  }
  return edit.result();
}

/**
 * True for the added program without its mark: a parser that drops unknown members removed it, and may have filled in
 * or converted others. The id of the segment tells it from a program of the handler's own.
 */
function isStripped(level: ByteValue, added: AddedProgram | undefined): boolean {
  const program = level.member('segment_config');
  if (added === undefined || program === undefined || isAddedProgram(program)) return false;
  const isOwn = [added.root, added.bag].some((origin) => isProgram(origin.member('segment_config')));
  return !isOwn && isSameSegment(program, added.program);
}

function takeOut(edit: TextEdit, bag: ByteValue, origin: ByteValue | undefined): void {
  const original = origin?.member('segment_config');
  const json = original?.bytes();
  if (json === undefined || isProgram(original)) edit.draft(bag).remove('segment_config');
  else edit.putJson(bag, 'segment_config', json);
}
