import type { Target } from '../../migrations/index.js';
import { byteReader, readDocument } from '../../src/bag/byte-reader.js';
import { resolveSegment } from '../../src/bag/resolve.js';
import { createBlobStore, memoryObjectStore } from '../../src/store/index.js';
import type { ObjectStore } from '../../src/store/index.js';
import { migrateBytes } from '../bag/migrate.js';
import { readFixtures } from '../bag/read-fixtures.js';
import type { BagFixture } from '../bag/read-fixtures.js';
import type { RecordingBlobs } from '../bag/recording-blobs.js';

const BUCKET = 'local';

/**
 * One bag in all its forms, for implementations in other languages. Everything is text, so that every number and escape
 * keeps its spelling whatever reads the vector.
 */
export interface Vector {
  readonly name: string;
  readonly bucket: string;
  /** Everything inline. */
  readonly input: string;
  readonly lean: string;
  readonly bridge: string;
  /** By key. `input` and `lean` lead to the same content. */
  readonly blobs: Readonly<Record<string, string>>;
  /** Key of the manifest among the blobs. */
  readonly manifest: string;
  /** Program of each segment, in order. */
  readonly programs: readonly string[];
}

/** Fixtures that say something of the format, not of a legacy writer. */
const CHOSEN = [
  'a-bag-as-Python-prints-it-keeps-its-blanks',
  'a-bag-is-the-whole-document',
  'a-dict-map-becomes-a-manifest-in-numeric-order',
  'ids-that-would-leave-their-folder-are-encoded',
  'nested-entries-give-the-manifest-their-segment_config',
  'nulls-in-a-list-map-do-not-count',
  'numbers-and-escapes-keep-their-spelling',
];

export function makeVectors(): Promise<readonly Vector[]> {
  return Promise.all(
    readFixtures()
      .filter(({ name }) => CHOSEN.includes(name))
      .map(makeVector),
  );
}

async function makeVector({ name, input }: BagFixture): Promise<Vector> {
  const objects = memoryObjectStore();
  const blobs = recordingOver(objects);
  const form = async (target: Target) => Buffer.from((await migrateBytes(input, blobs, { target }))!.bytes).toString();
  const [lean, bridge] = [await form('lean'), await form('bridge')];
  const stored: Record<string, string> = {};
  for await (const { bucket, key } of objects.list(BUCKET, ''))
    stored[key] = Buffer.from((await objects.get({ bucket, key })).bytes).toString();
  const manifest = Object.keys(stored).find((key) => key.startsWith('workflow-manifests/'))!;
  const count = byteReader.items(readDocument(Buffer.from(stored[manifest]!))).length;
  const programs = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const { segmentConfig } = await resolveSegment(byteReader, readDocument(Buffer.from(lean)), blobs, { index });
      return Buffer.from(byteReader.bytes(segmentConfig)).toString();
    }),
  );
  return { name, bucket: blobs.bucket, input: input.toString(), lean, bridge, blobs: stored, manifest, programs };
}

function recordingOver(objects: ObjectStore): RecordingBlobs {
  const store = createBlobStore({ objects, bucket: BUCKET });
  return {
    bucket: BUCKET,
    reads: [],
    get: (address, options) => store.get(address, options),
    put: ({ storeKey, ...blob }) => store.put({ key: storeKey, ...blob }),
  };
}

/** The file of a vector, byte for byte. */
export function formatVector(vector: Vector): string {
  return `${JSON.stringify(vector, undefined, 2)}\n`;
}
