import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFleet } from '../../../examples/fleet/fleet.js';
import { STYLES } from '../../../examples/fleet/spelling.js';
import { VARIANT_NAMES } from '../../../examples/fleet/variants/index.js';
import { readFixtures } from '../../bag/read-fixtures.js';

/** A document, with what it points to. */
export interface Shape {
  /** Unique. */
  readonly title: string;
  readonly origin: 'fleet' | 'fixture' | 'corpus' | 'mutated';
  readonly bytes: Buffer;
  /** Objects by `bucket/key`. */
  readonly objects: Readonly<Record<string, Uint8Array>>;
}

/**
 * A number that decides what a shape meets. It depends on the title alone, so that a new shape changes no input of the
 * others.
 */
export function turnFor(title: string): number {
  return createHash('sha256').update(title).digest().readUInt32BE();
}

/** Buckets with objects of the inputs. Release 0.1.0 reads every key in them; the new build is told to do so. */
export const BUCKETS = ['local', 'analemma-workflow-state-dev'];

export const FOLDERS = BUCKETS.map((bucket) => `s3://${bucket}/`);

export const ALLOWED_PLACES = [
  ...BUCKETS.flatMap((bucket) => ['--allow-bucket', bucket]),
  ...FOLDERS.flatMap((folder) => ['--allow-prefix', folder]),
];

export const SEED = Number(process.env.STATEBAG_ORACLE_SEED ?? '1');

/** Bags of every variant. `rounds`: how many of each, over the spellings. */
export function fleetShapes(rounds: number, size: 'small' | 'mid' | 'headline' = 'small'): Shape[] {
  return Array.from({ length: rounds }, (_, round) => {
    const style = STYLES[round % STYLES.length]!;
    const bags = VARIANT_NAMES.length;
    const fleet = makeFleet({ seed: SEED + round, bags, workflows: 3, size, style, mix: VARIANT_NAMES });
    return [...fleet].map(({ name, bytes, objects }): Shape => ({
      title: `fleet ${size} ${style} seed ${SEED + round} ${name}`,
      origin: 'fleet',
      bytes,
      objects: Object.fromEntries(objects.map(({ bucket, key, bytes }) => [`${bucket}/${key}`, bytes])),
    }));
  }).flat();
}

export function fixtureShapes(): Shape[] {
  return readFixtures().map(({ name, input, objects }) => ({
    title: `fixture ${name}`,
    origin: 'fixture',
    bytes: input,
    objects,
  }));
}

/** Bags and events of the folder in STATEBAG_CORPUS, in place; none without it. */
export function corpusShapes(): Shape[] {
  const folder = process.env.STATEBAG_CORPUS;
  if (folder === undefined || !existsSync(folder)) return [];
  const objects = corpusObjects(folder);
  const files = [
    'bags',
    'new-era',
    'hazards/raw',
    'collisions',
    'events/asl',
    'events/merge-callback',
    'events/store-task-token',
  ]
    .flatMap((part) => filesBelow(join(folder, part)))
    .filter((path) => path.endsWith('.json') && !/INDEX|RUNS/.test(path));
  const constructed = JSON.parse(readFileSync(join(folder, 'events/constructed.json'), 'utf8')) as readonly {
    readonly name: string;
    readonly event: unknown;
  }[];
  const documents = [
    ...files.map((path): [string, Buffer] => [path.slice(folder.length + 1), readFileSync(path)]),
    ...constructed.map(({ name, event }): [string, Buffer] => [
      `events/constructed/${name}`,
      Buffer.from(JSON.stringify(event)),
    ]),
  ];
  return documents.map(([name, bytes]) => ({
    title: `corpus ${name}`,
    origin: 'corpus',
    bytes,
    objects: mentioned(bytes, objects),
  }));
}

/** Files below a folder of the corpus, by path; none without it. */
export function corpusFiles(part: string): Record<string, Buffer> {
  const folder = process.env.STATEBAG_CORPUS;
  if (folder === undefined || !existsSync(join(folder, part))) return {};
  return Object.fromEntries(
    filesBelow(join(folder, part)).map((path) => [path.slice(folder.length + 1), readFileSync(path)]),
  );
}

function corpusObjects(folder: string): Record<string, Buffer> {
  const root = join(folder, 's3');
  return Object.fromEntries(filesBelow(root).map((path) => [path.slice(root.length + 1), readFileSync(path)]));
}

/** The objects whose key a document spells, and those that these objects spell. */
function mentioned(bytes: Buffer, objects: Readonly<Record<string, Buffer>>): Record<string, Buffer> {
  const found: Record<string, Buffer> = {};
  const texts = [bytes];
  for (let text = texts.pop(); text !== undefined; text = texts.pop())
    for (const [path, content] of Object.entries(objects)) {
      const key = path.slice(path.indexOf('/') + 1);
      if (path in found || !text.includes(key)) continue;
      found[path] = content;
      texts.push(content);
    }
  return found;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
