import { StateBagError, createStateBagShim } from 'statebag-shim';
import { memoryObjectStore } from 'statebag-shim/memory';
import { expect, it } from 'vitest';
import { addressRule } from '../../src/bag/follow.js';
import { parseLayout } from '../../src/bag/keys.js';
import { readBags, storeBlobs, transform } from '../../src/batch/transform.js';
import { createBlobStore } from '../../src/store/blob-store.js';
import { sha256Hex } from '../../src/store/digest.js';
import type { ObjectStore } from '../../src/store/object-store.js';
import { WireShim } from '../../src/shim/wire-shim.js';
import { BagGenerator, PATHS, PATH_NAMES, expectedOf, printLevel, randomNumbers } from './owner-bags.js';
import type { Expected, Level, OutsideIds, PathName, Reader } from './owner-bags.js';
import {
  BUCKET,
  MAX_TARGET_BYTES,
  PLACES,
  WORLDS,
  findPlace,
  isChain,
  isAddressHere,
  isOwnBlob,
  mayRead,
  mayUse,
  placesIn,
} from './owner-places.js';
import type { Ids, Place, World } from './owner-places.js';

/*
 * Random bags of owners who share a bucket, with every kind of pointer that one owner could put into a bag to reach
 * what belongs to another. A store records each read and each write. What a bag may read is known from how it was made,
 * not from the code under test. `STATEBAG_FUZZ_BAGS` sets the number of bags, `STATEBAG_FUZZ_SEED` the seed.
 */
const BAGS = Number(process.env.STATEBAG_FUZZ_BAGS ?? 20_000);
const SEED = Number(process.env.STATEBAG_FUZZ_SEED ?? 1);

interface Access {
  readonly bucket: string;
  readonly key: string;
  readonly text: string;
}

/** Reads and writes since the last call. */
class Recorder {
  #reads: Access[] = [];
  #writes: Access[] = [];

  over(objects: ObjectStore): ObjectStore {
    return new Proxy(objects, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          if (name === 'get') this.#reads.push(accessOf(args));
          if (name === 'put') this.#writes.push(accessOf(args));
          return Reflect.apply(member, target, args);
        };
      },
    });
  }

  take(): { readonly reads: readonly Access[]; readonly writes: readonly Access[] } {
    const taken = { reads: this.#reads, writes: this.#writes };
    this.#reads = [];
    this.#writes = [];
    return taken;
  }
}

function accessOf([address, bytes]: readonly unknown[]): Access {
  const { bucket, key } = address as Omit<Access, 'text'>;
  return { bucket, key, text: bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : '' };
}

/** What one reader made of one bag. */
interface Answer {
  readonly error?: StateBagError;
  /** Text with everything that the reader gives. */
  readonly text: string;
  readonly ownerId?: string | undefined;
  readonly generation?: string;
}

/** One way to read a bag, or to hand one back. */
interface Operation {
  readonly name: string;
  readonly reader: Reader;
  readonly run: (text: string) => Promise<Answer>;
  readonly outside: OutsideIds;
}

interface Lab {
  readonly world: World;
  readonly recorder: Recorder;
  readonly generator: BagGenerator;
  readonly always: readonly Operation[];
  readonly sometimes: readonly (() => Operation)[];
}

async function openLab(world: World, seed: number): Promise<Lab> {
  const objects = memoryObjectStore();
  for (const { bucket, key, text } of PLACES) await objects.put({ bucket, key }, Buffer.from(text));
  const recorder = new Recorder();
  const generator = new BagGenerator(world, randomNumbers(seed));
  const { prefix, allowBuckets, allowPrefixes, layout = {}, expectedOwner } = world;
  const store = createBlobStore({
    objects: recorder.over(objects),
    bucket: BUCKET,
    prefix,
    allowBuckets,
    allowPrefixes,
    layout,
    maxTargetBytes: MAX_TARGET_BYTES,
  });
  const common = { store, layout, mode: 'rewrite', cache: { maxBytes: 0 }, budget: false } as const;
  const shim = createStateBagShim({ ...common, ...(expectedOwner && { expectedOwner: () => expectedOwner }) });
  const wire = (speaks: 'lean' | 'fat') =>
    new WireShim({ ...common, speaks, onUnreadable: 'pass', ...(expectedOwner && { expectedOwner }) });
  const [lean, fat] = [wire('lean'), wire('fat')];
  const outside = { owner: expectedOwner };
  const operation = (name: string, reader: Reader, run: Operation['run']): Operation => ({
    name,
    reader,
    run,
    outside,
  });
  const adapt = (wired: WireShim) => async (text: string) => {
    const { bytes, ids } = await wired.adapt(Buffer.from(text));
    return { text: textOf(bytes), ownerId: ids.ownerId };
  };
  const migrate = (row: OutsideIds) => async (text: string) => {
    const names = { place: 'the row', ownerId: listed(row.owner), workflowId: listed(row.workflow) };
    const document = { id: 'document', line: undefined, bytes: Buffer.from(text), names };
    const found = readBags(document, addressRule(store));
    const addressing = { layout: parseLayout(layout), bucket: BUCKET, prefix, digest: sha256Hex };
    const made = await transform(found, { target: 'lean', manifestForm: 'list', addressing, blobs: store });
    if (made) await storeBlobs(made, store);
    const after = made === undefined ? text : textOf(made.rewrite.bytes);
    const { ids, generation } =
      made === undefined
        ? found.bagDocument
        : readBags({ ...document, bytes: Buffer.from(after) }, addressRule(store)).bagDocument;
    return { text: after, ownerId: ids.ownerId, generation };
  };
  return {
    world,
    recorder,
    generator,
    always: [
      operation('segmentConfig', 'objects', async (text) => {
        const reading = shim.read(parsed(text));
        return { text: JSON.stringify(await reading.segmentConfig()), ownerId: reading.ownerId };
      }),
      operation('adapt', 'bytes', adapt(lean)),
    ],
    sometimes: [
      () =>
        operation('hydrated', 'objects', async (text) => ({
          text: JSON.stringify(await shim.read(parsed(text)).hydrated()),
        })),
      () => operation('write', 'objects', async (text) => ({ text: JSON.stringify(await shim.write(parsed(text))) })),
      () => operation('adapt for a handler that reads inline values', 'bytes', adapt(fat)),
      () => operation('seal', 'bytes', async (text) => ({ text: textOf(await lean.seal(Buffer.from(text))) })),
      () => {
        const row = generator.chance(0.3)
          ? { owner: generator.owner(), workflow: generator.one(['press', 'forge', undefined]) }
          : {};
        return { name: 'migrate', reader: 'bytes', run: migrate(row), outside: row };
      },
    ],
  };
}

const listed = (id: string | undefined) => (id === undefined ? [] : [id]);
const parsed = (text: string) => JSON.parse(text) as Record<string, unknown>;
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

async function attempt({ run }: Operation, text: string): Promise<Answer> {
  try {
    return await run(text);
  } catch (error) {
    if (!(error instanceof StateBagError)) throw error;
    return { error, text: '' };
  }
}

const seen = { refused: 0, invalid: 0, read: 0, written: 0, answered: 0 };

/** Says what is wrong with an answer; undefined when nothing is. */
function findFlaw(
  lab: Lab,
  { name, outside, reader }: Operation,
  root: Level,
  text: string,
  answer: Answer,
): string | undefined {
  const { world } = lab;
  const { reads, writes } = lab.recorder.take();
  const expected = expectedOf(root, reader, outside);
  if (expected.refusal !== undefined) {
    seen[expected.refusal === 'ID_INVALID' ? 'invalid' : 'refused']++;
    if (reads.length + writes.length > 0) return `reads ${reads[0]?.key ?? ''}, writes ${writes[0]?.key ?? ''}`;
    // What is not a bag goes on as it is.
    if (answer.error?.code === expected.refusal || isUnchanged(answer, text)) return undefined;
    return `is not refused with ${expected.refusal} but ${answer.error?.code ?? answer.text}`;
  }
  const by = (test: (ids: Ids) => boolean) => expected.ids.some(test);
  for (const { bucket, key } of reads) {
    const place = findPlace(bucket, key);
    if (!by((ids) => (place ? mayRead(world, place, ids) : isOwnBlob(world, key, ids))))
      return `reads ${bucket}/${key}`;
  }
  for (const { bucket, key } of writes)
    if (bucket !== BUCKET || !by((ids) => isOwnBlob(world, key, ids))) return `writes ${bucket}/${key}`;
  for (const place of placesIn([answer.text, ...writes.map((write) => write.text)].join('\n')))
    if (!by((ids) => mayUse(world, place, ids))) return `uses ${place.bucket}/${place.key}`;
  if (answer.error?.code.startsWith('OWNER_') || answer.error?.code === 'ID_INVALID')
    return `is refused with ${answer.error.code}`;
  seen.read += reads.length;
  seen.written += writes.length;
  if (!answer.error) seen.answered++;
  return findWrongOwner(expected, answer) ?? findMutable(lab, name, root, answer, expected.ids[0]!);
}

function isUnchanged(answer: Answer, text: string): boolean {
  return answer.error === undefined && (answer.text === text || answer.text === JSON.stringify(parsed(text)));
}

function findWrongOwner({ isNamed, ids }: Expected, answer: Answer): string | undefined {
  if (!('ownerId' in answer)) return undefined;
  if (
    isNamed
      ? answer.ownerId === ids[0]!.owner
      : answer.ownerId === undefined || ids.some(({ owner }) => owner === answer.ownerId)
  )
    return undefined;
  return `is the bag of ${answer.ownerId ?? 'no owner'}`;
}

/** What is at a key that a later run writes again never counts as verified. */
function findMutable({ world }: Lab, name: string, root: Level, answer: Answer, ids: Ids): string | undefined {
  if (root.inner.length > 0 || answer.error !== undefined) return undefined;
  if (answer.generation === 'lean') {
    const after = parsed(answer.text);
    const stale = PATH_NAMES.find((path) => {
      const uri = after[path];
      return typeof uri === 'string' && !isVerified(world, uri);
    });
    return stale && `is lean with the ${stale} of a key that a later run writes again`;
  }
  if (name !== 'segmentConfig') return undefined;
  const used = placesIn(answer.text).find((place) => place.form !== 'nobody' && !isAddressHere(world, place));
  const better = used && findSafe(world, root, ids);
  return better === undefined ? undefined : `uses ${used!.key} and not ${better}`;
}

/** A member that leads to a program which cannot have changed since the bag was written. */
function findSafe(world: World, { members }: Level, ids: Ids): string | undefined {
  const others = ['workflow_config', 'partition_map', 'segment_manifest', 'branch_config', 'manifest_s3_path'];
  const named = PATH_NAMES.map((name) => ({ name, place: placeAt(members[name]) }));
  // An old name outranks its path, and a pointer behind a pointer may lead to either.
  if (others.some((name) => name in members) || named.some(({ place }) => place && isChain(place))) return undefined;
  const isSafe = (name: PathName, place: Place | undefined) =>
    place?.kind === PATHS[name] && isAddressHere(world, place) && mayUse(world, place, ids);
  return named.find(({ name, place }) => isSafe(name, place))?.name;
}

function placeAt(path: unknown): Place | undefined {
  return typeof path === 'string' ? findPlace(...addressIn(path)) : undefined;
}

function addressIn(path: string): [bucket: string, key: string] {
  const [, bucket = BUCKET, key = path] = /^s3:\/\/([^/]+)\/(.*)$/.exec(path) ?? [];
  return [bucket, key];
}

function isVerified(world: World, path: string): boolean {
  const [bucket, key] = addressIn(path);
  const place = findPlace(bucket, key);
  // No run writes a manifest with an id of its own again.
  if (place?.form === 'nobody') return true;
  return place ? isAddressHere(world, place) : bucket === BUCKET && /\/[0-9a-f]{64}[/.]/.test(key);
}

it(
  'no bag reads outside of the places of its owner, and both readers see the same owner',
  { timeout: 3_600_000 },
  async () => {
    // Most answers are errors, and nothing looks at their stacks.
    Error.stackTraceLimit = 0;
    const labs = await Promise.all(WORLDS.map((world, at) => openLab(world, SEED * 1_000 + at)));
    for (let index = 0; index < BAGS; index++) {
      const lab = labs[index % labs.length]!;
      const root = lab.generator.event();
      const text = printLevel(root);
      const others = lab.generator.chance(0.5) ? [lab.generator.one(lab.sometimes)()] : [];
      for (const operation of [...lab.always, ...others]) {
        const flaw = findFlaw(lab, operation, root, text, await attempt(operation, text));
        if (flaw !== undefined)
          expect.fail(
            `bag ${index} of seed ${SEED}, ${operation.name}, ${JSON.stringify(lab.world)}: ${flaw}\n${text}`,
          );
      }
    }
    // Without enough of each, the rest would show little.
    for (const [name, count] of Object.entries(seen)) expect(count, name).toBeGreaterThan(BAGS / 40);
  },
);
