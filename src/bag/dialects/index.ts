import type { Dialect, Pointer } from '../pointer.js';
import type { ValueReader } from '../value-reader.js';
import { bucketKey } from './bucket-key.js';
import { markers } from './markers.js';
import { s3Offloaded } from './s3-offloaded.js';
import { s3Path } from './s3-path.js';
import { s3Pointer } from './s3-pointer.js';
import { s3Reference } from './s3-reference.js';

/** Every dialect, the most telling first. A new one is a file here, a fixture folder and a line in the glossary. */
const DIALECTS: readonly Dialect[] = [s3Pointer, s3Offloaded, s3Reference, s3Path, bucketKey, ...markers];

/** Dialects that stand for the whole value they replaced, and may therefore be followed to it. */
const FOLLOWED = new Set<string>(['s3-pointer', 's3-offloaded', 's3-reference', 's3-path', 'bucket-key']);

/** The pointer that a value is, in whatever dialect; `undefined` for ordinary data. Never throws. */
export function detectPointer<V>(reader: ValueReader<V>, value: V): Pointer | undefined {
  for (const dialect of DIALECTS) {
    const pointer = dialect.detect(reader, value);
    if (pointer) return pointer;
  }
  return undefined;
}

/** The pointer when the value stands for a whole value elsewhere. */
export function detectValuePointer<V>(reader: ValueReader<V>, value: V): Pointer | undefined {
  const pointer = detectPointer(reader, value);
  return pointer && FOLLOWED.has(pointer.dialect) ? pointer : undefined;
}
