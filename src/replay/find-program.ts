import { openMember, WRAPPERS } from '../bag/envelope.js';
import { detectValuePointer } from '../bag/pointers.js';
import { isObject, textMember } from '../bag/value.js';
import type { Value } from '../bag/value.js';
import { readTextLayers } from '../json/text-layers.js';

/** Members that a bag may have its program in, or the place of it. */
const PROGRAM = /workflow_config|partition_map|segment_manifest|segment_config/;

/**
 * True when the name of a member that holds a program is anywhere in a value: escaped, in JSON text, or in base64
 * text. Text that is not understood counts as well.
 *
 * @example
 *     namesProgram(readDocument(Buffer.from('{"body":"eyJwYXJ0aXRpb25fbWFwIjpbXX0tLS0="}'))); // true
 */
export function namesProgram(event: Value): boolean {
  for (const text of readTextLayers(event.bytes())) if (text === undefined || PROGRAM.test(text)) return true;
  return false;
}

/** Members with the place of a whole state, of which a bag may be a part. */
const STATE_PATHS = ['state_s3_path', 'initial_state_s3_path'];

/** Dialects that no event has but for its state. `{"bucket", "key"}` alone may be any file. */
const STATE_DIALECTS: readonly (string | undefined)[] = ['s3-pointer', 's3-offloaded'];

/** More levels than any caller wraps a state in. */
const MOST_LEVELS = 16;

/**
 * True when a pointer is in an event in place of a state: what it leads to may be a bag.
 *
 * @example
 *     pointsToState(readDocument(Buffer.from('{"state_data":{"__s3_offloaded":true,"__s3_path":"s3://b/k"}}'))); // true
 */
export function pointsToState(event: Value): boolean {
  const levels = [event];
  for (const level of levels) {
    if (STATE_PATHS.some((name) => (textMember(level, name) ?? '') !== '')) return true;
    for (const name of WRAPPERS) {
      const [member, inner] = [level.member(name), openMember(level, name)];
      if (member && detectValuePointer(member)) return true;
      if (isObject(inner) && levels.length < MOST_LEVELS) levels.push(inner);
    }
  }
  return STATE_DIALECTS.includes(detectValuePointer(event)?.dialect);
}
