import { expect } from 'vitest';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import { objectReader } from '../../src/bag/object-reader.js';
import { resolveSegment } from '../../src/bag/resolve.js';
import type { ValueReader } from '../../src/bag/value-reader.js';
import { StateBagError } from 'statebag-shim';
import type { BlobReader } from '../../src/bag/follow.js';
import { recordingBlobs } from './recording-blobs.js';

export interface Answer {
  /** `source index program`, the program by its `id`; or the code of the error. */
  readonly said: string;
  readonly program?: unknown;
}

async function answer<V>(reader: ValueReader<V>, event: V, blobs: BlobReader): Promise<Answer> {
  try {
    const { source, segmentIndex, segmentConfig } = await resolveSegment(reader, event, blobs);
    const program = JSON.parse(Buffer.from(reader.bytes(segmentConfig)).toString()) as { readonly id?: unknown };
    return { said: `${source} ${segmentIndex ?? '-'} ${String(program.id)}`, program };
  } catch (error) {
    if (error instanceof StateBagError) return { said: error.code };
    throw error;
  }
}

/** Asks both readers; they must say the same. */
export async function askBoth(text: string, blobs: BlobReader): Promise<Answer> {
  const answers = await Promise.all([
    answer(byteReader, readDocument(Buffer.from(text)), blobs),
    answer(objectReader, JSON.parse(text), blobs),
  ]);
  expect(answers[1]).toEqual(answers[0]);
  return answers[0];
}

/** What an event given as a value resolves to, and what was read from the store on the way. */
export async function ask(
  event: unknown,
  objects: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly said: string; readonly reads: readonly string[] }> {
  const blobs = await recordingBlobs(objects);
  const text = JSON.stringify(event);
  const { said } = await answer(byteReader, readDocument(Buffer.from(text)), blobs);
  const reads = [...blobs.reads];
  const again = await answer(objectReader, JSON.parse(text), blobs);
  expect(again.said).toBe(said);
  expect(blobs.reads.slice(reads.length)).toEqual(reads);
  return { said, reads };
}
