import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Target } from '../../migrations/index.js';
import { migrateOne } from '../bag/migrate.js';
import { BUCKET, STORE, makePlace } from '../bag/place.js';
import { readFixtures } from '../bag/read-fixtures.js';
import type { BagFixture } from '../bag/read-fixtures.js';
import { digests, statebag } from '../cli/terminal.js';

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
  'a-bag-under-Payload-state_data-and-bag-at-once',
  'a-bag-under-state_data-beside-the-next-action',
  'a-dict-map-becomes-a-manifest-in-numeric-order',
  'ids-that-would-leave-their-folder-are-encoded',
  'nested-entries-give-the-manifest-their-segment_config',
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
  const place = makePlace();
  const form = async (target: Target) => (await migrateOne(place, input, target)).bytes.toString();
  const [lean, bridge] = [await form('lean'), await form('bridge')];
  const store = join(place.dir, STORE, BUCKET);
  const stored = Object.fromEntries(
    Object.keys(digests(store)).map((key) => [key, readFileSync(join(store, key), 'utf8')]),
  );
  const manifest = Object.keys(stored).find((key) => key.startsWith('workflow-manifests/'))!;
  const { length } = JSON.parse(stored[manifest]!) as readonly unknown[];
  const programs: string[] = [];
  for (let index = 0; index < length; index += 1) {
    const args = ['segment', '-', '--index', String(index), '--store', STORE];
    const { out } = await statebag(place.dir, args, { stdin: lean });
    programs.push(out.slice(0, -1));
  }
  return { name, bucket: BUCKET, input: input.toString(), lean, bridge, blobs: stored, manifest, programs };
}

/** The file of a vector, byte for byte. */
export function formatVector(vector: Vector): string {
  return `${JSON.stringify(vector, undefined, 2)}\n`;
}
