import { gunzipSync } from 'node:zlib';
import { openMember, WRAPPERS } from '../bag/envelope.js';
import { detectValuePointer } from '../bag/pointers.js';
import { isObject, textMember } from '../bag/value.js';
import type { Value } from '../bag/value.js';

/** Members that a bag may have its program in, or the place of it. */
const PROGRAM = /workflow_config|partition_map|segment_manifest|segment_config/;

/**
 * True when the name of a member that holds a program is anywhere in a value: escaped, in JSON text, or in Base64, also
 * of a compressed text. Other encodings are not searched.
 *
 * @example
 *     namesProgram(readDocument(Buffer.from('{"body":"eyJwYXJ0aXRpb25fbWFwIjpbXX0tLS0="}'))); // true
 */
export function namesProgram(event: Value): boolean {
  const text = unescapeAll(Buffer.from(event.bytes()).toString('latin1'));
  return PROGRAM.test(text) || listEncoded(text).some(holdsProgram);
}

/** Each character that is escaped by its number, at whatever depth of JSON text in JSON text. */
function unescapeAll(text: string): string {
  const plain = text.replace(/\\+u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
  return plain === text ? text : unescapeAll(plain);
}

/** No name of such a member is shorter than 13 characters, which are 18 of Base64. */
const BASE64 = /[A-Za-z0-9+/_-]{18,}/g;

/** Runs of Base64, also where a writer breaks them into lines, escapes slashes, or puts other characters in front. */
function listEncoded(text: string): readonly Buffer[] {
  const joined = text.replace(/\\+\//g, '/').replace(/(?:\\+[rn])+/g, '');
  return Array.from(joined.matchAll(BASE64)).flatMap(([run]) =>
    [0, 1, 2, 3].map((start) => Buffer.from(run.slice(start), 'base64')),
  );
}

/** What every text that gzip compressed begins with. */
const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);

function holdsProgram(bytes: Buffer): boolean {
  if (!bytes.subarray(0, GZIP.length).equals(GZIP)) return PROGRAM.test(unescapeAll(bytes.toString('latin1')));
  try {
    return PROGRAM.test(unescapeAll(gunzipSync(bytes, { maxOutputLength: MOST_BYTES }).toString('latin1')));
  } catch {
    // What cannot be decompressed may hold one.
    return true;
  }
}

/** Far above what Step Functions hands over, even decompressed. */
const MOST_BYTES = 64_000_000;

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
