import { StateBagError, buildLeanBag, createStateBagShim } from 'statebag-shim';
import type { BlobStore } from 'statebag-shim';
import { memoryObjectStore } from 'statebag-shim/memory';
import { expect, it } from 'vitest';
import { parseLayout } from '../../src/bag/keys.js';
import { readBags, storeBlobs, transform } from '../../src/run/transform.js';
import { hydrateDocument } from '../../src/cli/hydrate-document.js';
import { createBlobStore } from '../../src/store/blob-store.js';
import { sha256Hex } from '../../src/store/address.js';
import type { ObjectStore } from '../../src/store/object-store.js';
import { WireShim } from '../../src/shim/wire-shim.js';
import { BagGenerator, expectedOf, printLevel, randomNumbers } from './owner-bags.js';
import type { Level, OutsideIds, Reader } from './owner-bags.js';
import { findFlaw, findFlawOfGet } from './owner-checks.js';
import type { Access, Accesses, Answer, Traits } from './owner-checks.js';
import { BUCKET, MAX_TARGET_BYTES, PLACES, WORLDS } from './owner-places.js';
import type { World } from './owner-places.js';
import { addressRule } from '../../src/bag/sources.js';

/*
 * Random bags of owners who share a bucket, with every kind of pointer that one owner could put into a bag to reach
 * what belongs to another. A store records each read and each write. What a bag may read is known from how it was made,
 * not from the code under test. `STATEBAG_FUZZ_BAGS` sets the number of bags, `STATEBAG_FUZZ_SEED` the seed.
 */
const BAGS = Number(process.env.STATEBAG_FUZZ_BAGS ?? 20_000);
const SEED = Number(process.env.STATEBAG_FUZZ_SEED ?? 1);

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

  take(): Accesses {
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

/** One way to read a bag, or to hand one back. */
interface Operation extends Traits {
  readonly name: string;
  readonly reader: Reader;
  readonly run: (text: string) => Promise<Answer>;
  readonly outside?: OutsideIds;
  /** The document, when it is not the one that was generated. */
  readonly document?: Level;
  /** Code of the refusal, whatever the ids are. */
  readonly refusal?: string;
}

interface Lab {
  readonly world: World;
  readonly recorder: Recorder;
  readonly store: BlobStore;
  readonly generator: BagGenerator;
  /** For events. */
  readonly always: readonly Operation[];
  readonly sometimes: readonly ((root: Level) => Operation)[];
  /** For what a handler returns. */
  readonly answers: readonly Operation[];
}

async function openLab(world: World, seed: number): Promise<Lab> {
  const objects = memoryObjectStore();
  for (const { bucket, key, text } of PLACES) await objects.put({ bucket, key }, Buffer.from(text));
  const recorder = new Recorder();
  const generator = new BagGenerator(world, randomNumbers(seed));
  const { prefix, allowBuckets, allowPrefixes, layout = {}, expectedOwner } = world;
  const recorded = recorder.over(objects);
  const store = createBlobStore({
    objects: recorded,
    bucket: BUCKET,
    prefix,
    allowBuckets,
    allowPrefixes,
    layout,
    maxTargetBytes: MAX_TARGET_BYTES,
  });
  let asked: Answer['asked'];
  const common = {
    store: world.isUnverified === true ? withoutChecks(store, recorded) : store,
    layout,
    mode: (ids: NonNullable<Answer['asked']>) => {
      asked = { ownerId: ids.ownerId, workflowId: ids.workflowId };
      return 'rewrite' as const;
    },
    cache: { maxBytes: world.cacheBytes ?? 0 },
    budget: false,
  } as const;
  const expecting = { ...(expectedOwner && { expectedOwner: () => expectedOwner }) };
  const shim = createStateBagShim({ ...common, ...expecting });
  const shadow = createStateBagShim({ ...common, ...expecting, mode: 'shadow' });
  const ignorant = createStateBagShim({ ...common, expectedOwner: () => '' });
  const wire = (options: object) =>
    new WireShim({
      ...common,
      speaks: 'lean',
      onUnreadable: 'pass',
      ...(expectedOwner && { expectedOwner }),
      ...options,
    });
  const [lean, fat] = [wire({}), wire({ speaks: 'fat' })];
  const [shadowed, idle] = [wire({ mode: 'shadow' }), wire({ segment: false })];
  const outside = { owner: expectedOwner };
  const operation = (name: string, reader: Reader, run: Operation['run'], traits: Partial<Operation> = {}) => ({
    name,
    reader,
    outside,
    ...traits,
    run: async (text: string): Promise<Answer> => {
      asked = undefined;
      const answer = await attempt(run, text);
      return { asked, ...answer };
    },
  });
  const jsonOf = async (value: Promise<unknown>) => ({ text: JSON.stringify(await value) });
  const adapt = (wired: WireShim) => async (text: string) => ({
    text: textOf((await wired.adapt(Buffer.from(text))).bytes),
  });
  const migrate = (row: OutsideIds) => async (text: string) => {
    const names = { place: 'the row', ownerId: listed(row.owner), workflowId: listed(row.workflow) };
    const document = { id: 'document', line: undefined, bytes: Buffer.from(text), names };
    const found = readBags(document, addressRule(store));
    asked = found.bagDocument.ids;
    const addressing = { layout: parseLayout(layout), bucket: BUCKET, prefix, digest: sha256Hex };
    const made = await transform(found, { target: 'lean', manifestForm: 'list', addressing, blobs: store });
    if (made) await storeBlobs(made, store);
    const after = made === undefined ? text : textOf(made.rewrite.bytes);
    const { generation } =
      made === undefined
        ? found.bagDocument
        : readBags({ ...document, bytes: Buffer.from(after) }, addressRule(store)).bagDocument;
    return { text: after, generation };
  };
  const write = operation('write', 'objects', (text) => jsonOf(shim.write(parsed(text))), { isAnswer: true });
  const seal = operation('seal', 'bytes', async (text) => ({ text: textOf(await lean.seal(Buffer.from(text))) }), {
    isAnswer: true,
  });
  const build = (root: Level) => {
    const input = generator.buildInput();
    const whole = printLevel({ ...root, members: { ...root.members, input } });
    const document = withProgramOf(root, input);
    const run = (text: string) => {
      const { input: given, ...bag } = parsed(text) as { readonly input: Parameters<typeof buildLeanBag>[0] };
      return jsonOf(buildLeanBag({ ...given, bag }, common.store, { layout }));
    };
    const traits = { document, outside: {}, isAllOrNothing: true };
    return operation('buildLeanBag', 'objects', () => run(whole), traits);
  };
  return {
    world,
    recorder,
    store,
    generator,
    always: [
      operation('segmentConfig', 'objects', (text) => jsonOf(shim.read(parsed(text)).segmentConfig()), {
        givesProgram: true,
      }),
      operation('adapt', 'bytes', adapt(lean)),
    ],
    sometimes: [
      () => operation('hydrated', 'objects', (text) => jsonOf(shim.read(parsed(text)).hydrated())),
      () => operation('adapt for a handler that reads inline values', 'bytes', adapt(fat)),
      () =>
        operation('event of a handler that runs no segment', 'objects', (text) =>
          jsonOf(shim.read(parsed(text), undefined, { segment: false }).runnerEvent()),
        ),
      () => operation('adapt for a handler that runs no segment', 'bytes', adapt(idle)),
      () => write,
      () => seal,
      () =>
        operation('shadow', 'objects', (text) => jsonOf(shadow.read(parsed(text)).runnerEvent()), {
          passesRefused: true,
        }),
      () => operation('shadow of bytes', 'bytes', adapt(shadowed), { passesRefused: true }),
      () =>
        operation(
          'read by a caller who knows no owner',
          'objects',
          (text) => jsonOf(ignorant.read(parsed(text)).segmentConfig()),
          { refusal: 'OPTION_INVALID' },
        ),
      () =>
        operation(
          'hydrate',
          'bytes',
          async (text) => ({ text: textOf(await hydrateDocument(Buffer.from(text), store)) }),
          {
            outside: {},
          },
        ),
      build,
      () => {
        const row = generator.chance(0.3)
          ? { owner: generator.owner(), workflow: generator.one(['press', 'forge', undefined]) }
          : {};
        return operation('migrate', 'bytes', migrate(row), { outside: row });
      },
    ],
    answers: [write, seal],
  };
}

/** A store that a program made itself, which reads every bucket and compares no digest. */
function withoutChecks(store: BlobStore, objects: ObjectStore): BlobStore {
  const get: BlobStore['get'] = async (address) => (await objects.get(address, { maxBytes: MAX_TARGET_BYTES })).bytes;
  const { bucket, prefix, layout, allowBuckets, allowPrefixes, description } = store;
  return {
    bucket,
    prefix,
    ...(layout && { layout }),
    ...(allowBuckets && { allowBuckets }),
    ...(allowPrefixes && { allowPrefixes }),
    description,
    uri: (key) => store.uri(key),
    put: (blob, signal) => store.put(blob, signal),
    get,
  };
}

/** The bag that `buildLeanBag` begins with: what leads to another program is not taken from the given members. */
function withProgramOf(
  { members, inner }: Level,
  { ownerId, workflowId, workflowConfig }: Record<string, unknown>,
): Level {
  const others = Object.entries(members).filter(([name]) => !/^(workflow|partition|segment).*_s3_path$/.test(name));
  const program = { workflow_config: workflowConfig, partition_map: [] };
  return { members: { ...Object.fromEntries(others), ownerId, workflowId, ...program }, inner };
}

const listed = (id: string | undefined) => (id === undefined ? [] : [id]);
const parsed = (text: string) => JSON.parse(text) as Record<string, unknown>;
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString();

async function attempt(run: Operation['run'], text: string): Promise<Answer> {
  try {
    return await run(text);
  } catch (error) {
    if (!(error instanceof StateBagError)) throw error;
    return { error: error.code, text: '' };
  }
}

const seen = { refused: 0, invalid: 0, read: 0, written: 0, answered: 0 };

function count({ error }: Answer, { reads, writes }: Accesses, refusal: string | undefined): void {
  if (refusal !== undefined) seen[refusal === 'ID_INVALID' ? 'invalid' : 'refused']++;
  seen.read += reads.length;
  seen.written += writes.length;
  if (error === undefined && refusal === undefined) seen.answered++;
}

async function findFlawIn({ world, recorder }: Lab, operation: Operation, root: Level, text: string) {
  const { run, reader, outside = {}, document = root, refusal, ...traits } = operation;
  const expected = expectedOf(document, reader, outside);
  const answer = await run(text);
  const accesses = recorder.take();
  count(answer, accesses, expected.refusal);
  return findFlaw({
    ...traits,
    world,
    root: document,
    text,
    expected: { ...expected, refusal: refusal ?? expected.refusal },
    answer,
    accesses,
  });
}

/** One place, read without a bag. */
async function findFlawOfStore({ world, recorder, store, generator }: Lab): Promise<string | undefined> {
  const place = generator.one(PLACES);
  const { bucket, key, text } = place;
  const isClaimTrue = generator.chance(0.9);
  const claim = isClaimTrue ? (generator.chance(0.5) ? sha256Hex(Buffer.from(text)) : undefined) : '0'.repeat(64);
  const { error } = await attempt(async () => {
    await store.get({ bucket, key }, claim === undefined ? {} : { sha256: claim });
    return { text: '' };
  }, '');
  return findFlawOfGet(world, place, isClaimTrue, error, recorder.take());
}

it(
  'no bag reads outside of the places of its owner, and all readers see the same owner',
  { timeout: 3_600_000 },
  async () => {
    // Most answers are errors, and nothing looks at their stacks.
    Error.stackTraceLimit = 0;
    const labs = await Promise.all(WORLDS.map((world, at) => openLab(world, SEED * 1_000 + at)));
    for (let index = 0; index < BAGS; index++) {
      const lab = labs[index % labs.length]!;
      const { generator } = lab;
      const isAnswer = generator.chance(0.06);
      const root = isAnswer ? generator.leanAnswer() : generator.event();
      const text = printLevel(root);
      const others = !isAnswer && generator.chance(0.5) ? [generator.one(lab.sometimes)(root)] : [];
      for (const operation of isAnswer ? lab.answers : [...lab.always, ...others]) {
        const flaw = await findFlawIn(lab, operation, root, text);
        if (flaw !== undefined)
          expect.fail(
            `bag ${index} of seed ${SEED}, ${operation.name}, ${JSON.stringify(lab.world)}: ${flaw}\n${text}`,
          );
      }
      const flaw = generator.chance(0.3) ? await findFlawOfStore(lab) : undefined;
      if (flaw !== undefined) expect.fail(`bag ${index} of seed ${SEED}, get, ${JSON.stringify(lab.world)}: ${flaw}`);
    }
    // Without enough of each, the rest would show little.
    for (const [name, number] of Object.entries(seen)) expect(number, name).toBeGreaterThan(BAGS / 40);
  },
);
