import { isObject } from './value-reader.js';
import type { ValueReader } from './value-reader.js';

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

/** True for a level of an event whose `segment_config` is one that the shim added. */
export function hasAddedProgram<V>(reader: ValueReader<V>, level: V): boolean {
  return isAddedProgram(reader, reader.member(level, 'segment_config'));
}
