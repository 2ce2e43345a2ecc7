import { createHash } from 'node:crypto';
import type { BagFacts } from './bag-facts.js';
import type { JsonObject, JsonValue } from './json-value.js';
import { serialiseBytes } from './serialise.js';

/** Bytes that a document of the fleet points to. */
export interface FleetObject {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: Uint8Array;
}

/** An object in the spelling of the legacy hydrator. */
export function storedObject(bucket: string, key: string, value: JsonValue): FleetObject {
  return { bucket, key, bytes: serialiseBytes(value, 'python-utf8') };
}

export function s3Uri(object: FleetObject): string {
  return `s3://${object.bucket}/${object.key}`;
}

/**
 * Moves a member of a bag into an object, at the key the legacy hydrator gave it; `at` keeps two moves apart in time.
 */
export function offloadField(facts: BagFacts, field: string, value: JsonValue, at: number): FleetObject {
  const milliseconds = facts.startTime * 1000 + at;
  const execution = `workflows/${facts.workflow.workflowId}/executions/${facts.idempotencyKey}`;
  return storedObject(facts.bucket, `${execution}/${field}_${milliseconds}.json`, value);
}

/** The pointer of the last legacy release. Its checksum is the first 8 digits of the MD5 of the stored text. */
export function s3Pointer(facts: BagFacts, field: string, object: FleetObject): JsonObject {
  return {
    __s3_pointer__: true,
    bucket: object.bucket,
    key: object.key,
    size_bytes: object.bytes.length,
    checksum: createHash('md5').update(object.bytes).digest('hex').slice(0, 8),
    field_name: field,
    created_at: facts.startTime + 0.097993,
  };
}

/** The pointer of the state manager. */
export function offloadedMarker(object: FleetObject): JsonObject {
  return {
    __s3_offloaded: true,
    __s3_path: s3Uri(object),
    __original_size_kb: Math.round((object.bytes.length / 1024) * 100) / 100,
  };
}
