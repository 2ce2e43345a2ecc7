import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import { resolveSegment } from '../../src/bag/resolve.js';
import { StateBagError } from 'statebag-shim';
import type { RecordingBlobs } from './recording-blobs.js';

/** The first few are enough to see a shift, and one is out of range. */
const INDEXES = [0, 1, 2, 3, 99];

/** What each index of a document gives: the program as it is spelled, or the code of the error. */
export async function programs(document: Uint8Array, blobs: RecordingBlobs): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const index of INDEXES) {
    const event = Buffer.concat([Buffer.from(`{"segment_index":${index},"Payload":`), document, Buffer.from('}')]);
    answers.push(await programOf(event, blobs));
  }
  return answers;
}

async function programOf(event: Uint8Array, blobs: RecordingBlobs): Promise<string> {
  try {
    const { segmentConfig } = await resolveSegment(byteReader, readDocument(event), blobs);
    return Buffer.from(byteReader.bytes(segmentConfig)).toString();
  } catch (error) {
    if (error instanceof StateBagError) return error.code;
    throw error;
  }
}
