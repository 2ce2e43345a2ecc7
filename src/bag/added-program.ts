import { isObject } from './reader.js';
import type { ValueReader } from './reader.js';

/**
 * The member that marks a `segment_config` which the shim added to an event. Handlers copy their event into answers,
 * rows and other events; what they copied is the program of an earlier segment, and must never be run again. The
 * member's presence counts, not its value. Its name has no leading `__`, because old code strips such names.
 */
export const ADDED_MARK = 'added_by_statebag_shim';

/** True for a program that the shim added to an event, wherever it is found. */
export function isAddedProgram<V>(reader: ValueReader<V>, value: V | undefined): boolean {
  return isObject(reader, value) && reader.member(value, ADDED_MARK) !== undefined;
}

/**
 * True for a level of an event whose `segment_config` is one that the shim added: itself, as JSON text, or in a list or
 * entry.
 */
export function hasAddedProgram<V>(reader: ValueReader<V>, level: V): boolean {
  const value = reader.member(level, 'segment_config');
  if (value === undefined) return false;
  const opened = reader.embedded(value) ?? value;
  return [opened, reader.member(opened, 'segment_config'), ...reader.items(opened)].some((program) =>
    isAddedProgram(reader, program),
  );
}

/** True for a `branch_config` that is a copy of a program which the shim added. */
export function isAddedBranch<V>(reader: ValueReader<V>, level: V): boolean {
  return isAddedProgram(reader, reader.member(level, 'branch_config'));
}

/**
 * True when a value is a segment's program as a parser passes it on: without unknown members, with default values, or
 * with converted ones. The id of the segment decides. A program without one must hold every member that is passed on.
 */
export function isSameSegment<V>(reader: ValueReader<V>, value: V | undefined, program: V): boolean {
  if (!isObject(reader, value)) return false;
  const id = reader.member(program, 'id');
  if (id !== undefined) return isSameText(reader, reader.member(value, 'id'), id);
  const names = reader.names(value);
  return (
    names.length > 0 &&
    names.every((name) => isSameText(reader, reader.member(value, name), reader.member(program, name)))
  );
}

function isSameText<V>(reader: ValueReader<V>, one: V | undefined, other: V | undefined): boolean {
  return one !== undefined && other !== undefined && textOf(reader, one) === textOf(reader, other);
}

/** A number and its digits in a string are one id. */
function textOf<V>(reader: ValueReader<V>, value: V): string {
  return reader.text(value) ?? new TextDecoder().decode(reader.bytes(value));
}
