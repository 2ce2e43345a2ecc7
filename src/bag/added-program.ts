import { isObject } from './value.js';
import type { Value } from './value.js';

/**
 * The member that marks a `segment_config` which the shim added to an event. Handlers copy their event into answers,
 * rows and other events; what they copied is the program of an earlier segment, and must never be run again. The
 * member's presence counts, not its value. Its name has no leading `__`, because old code strips such names.
 */
export const ADDED_MARK = 'added_by_statebag_shim';

/** True for a program that the shim added to an event, wherever it is found. */
export function isAddedProgram(value: Value | undefined): boolean {
  return isObject(value) && value.member(ADDED_MARK) !== undefined;
}

/**
 * True for a level of an event whose `segment_config` is one that the shim added: itself, as JSON text, or in a list or
 * entry.
 */
export function hasAddedProgram(level: Value): boolean {
  const value = level.member('segment_config');
  if (value === undefined) return false;
  const opened = value.embedded() ?? value;
  return [opened, opened.member('segment_config'), ...opened.items()].some((program) => isAddedProgram(program));
}

/** True for a `branch_config` that is a copy of a program which the shim added. */
export function isAddedBranch(level: Value): boolean {
  return isAddedProgram(level.member('branch_config'));
}

/**
 * True when a value is a segment's program as a parser passes it on: without unknown members, with default values, or
 * with converted ones. The id of the segment decides. A program without one must hold every member that is passed on.
 */
export function isSameSegment(value: Value | undefined, program: Value): boolean {
  if (!isObject(value)) return false;
  const id = program.member('id');
  if (id !== undefined) return isSameText(value.member('id'), id);
  const names = value.names();
  return names.length > 0 && names.every((name) => isSameText(value.member(name), program.member(name)));
}

function isSameText(one: Value | undefined, other: Value | undefined): boolean {
  return one !== undefined && other !== undefined && formatId(one) === formatId(other);
}

/** A number and its digits in a string are one id. */
function formatId(value: Value): string {
  return value.text() ?? new TextDecoder().decode(value.bytes());
}
