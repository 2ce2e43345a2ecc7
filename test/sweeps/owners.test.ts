import { createHash } from 'node:crypto';
import { StateBagError, createStateBagShim } from 'statebag-shim';
import { memoryObjectStore } from 'statebag-shim/memory';
import { expect, it } from 'vitest';
import type { ObjectStore } from '../../src/store/object-store.js';
import { testStore } from '../adapter/shims.js';
import { WireShim } from '../../src/wire/wire-shim.js';

/*
 * Random bags of two owners who share a bucket, with every kind of pointer that one owner could put into a bag to reach
 * what belongs to the other. A store records each read. What a bag may read is known from how it was made, not from the
 * code under test. `STATEBAG_FUZZ_BAGS` sets the number of bags, `STATEBAG_FUZZ_SEED` the seed.
 */
const BAGS = Number(process.env.STATEBAG_FUZZ_BAGS ?? 20_000);
const SEED = Number(process.env.STATEBAG_FUZZ_SEED ?? 1);

const BUCKET = 'bags';
const PREFIX = 'shim';
const OWNERS = ['olive', 'victor'] as const;
const WORKFLOWS = ['press', 'forge'] as const;

/** An object of the store, and whose bags may read it. */
interface Place {
  readonly bucket: string;
  readonly key: string;
  readonly text: string;
  readonly mayRead: (ids: Ids) => boolean;
}

interface Ids {
  readonly owner: string | undefined;
  readonly workflow: string | undefined;
  readonly execution: string | undefined;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function map(name: string): string {
  return JSON.stringify([{ id: 0, type: 'normal', nodes: [{ id: name }], node_ids: [name], edges: [] }]);
}

function manifest(name: string): string {
  return JSON.stringify([
    { segment_id: 0, segment_type: 'normal', segment_config: { id: 0, type: 'normal', node_ids: [name] } },
  ]);
}

function config(name: string): string {
  return JSON.stringify({ nodes: [{ id: name, type: 'code' }], edges: [] });
}

const execution = (owner: string, workflow: string) => `${owner}#auto#${workflow}#1`;

const KINDS = [
  ['workflow-configs', 'config.json', config],
  ['workflow-partitions', 'partition_map.json', map],
  ['workflow-manifests', 'segment_manifest.json', manifest],
] as const;

function placesOf(owner: string, workflow: string): readonly Place[] {
  const name = `${owner}-${workflow}`;
  const place = (key: string, text: string, mayRead: Place['mayRead'], bucket = BUCKET): Place => ({
    bucket,
    key,
    text,
    mayRead,
  });
  const isOwner = (ids: Ids) => ids.owner === owner;
  const isWorkflow = (ids: Ids) => isOwner(ids) && ids.workflow === workflow;
  const isExecution = (ids: Ids) => ids.workflow === workflow && ids.execution === execution(owner, workflow);
  const never = () => false;
  return [
    ...KINDS.flatMap(([folder, file, make]) => {
      const text = make(name);
      const address = `${folder}/${owner}/${workflow}/${sha256(text)}/${file}`;
      return [
        place(`${PREFIX}/${address}`, text, isOwner),
        // Another application's prefix in the same bucket.
        place(`elsewhere/${address}`, text, never),
        // The key of a content address, and other bytes.
        place(`${PREFIX}/${folder}/${owner}/${workflow}/${'a'.repeat(64)}/${file}`, text, isOwner),
        place(`${folder}/${owner}/${workflow}/${file}`, text, isWorkflow),
        place(address, text, never, 'closed'),
      ];
    }),
    place(
      `workflows/${workflow}/executions/${execution(owner, workflow)}/partition_map_1700000000000.json`,
      map(name),
      isExecution,
    ),
    place(`workflow-states/${owner}/${workflow}/workflow_config_1700000000.json`, config(name), isWorkflow),
    place(
      `distributed-chunks/${owner}/${workflow}/${execution(owner, workflow)}/chunks.json`,
      map(name),
      (ids) => isWorkflow(ids) && isExecution(ids),
    ),
    place(`paused/${owner}/document.json`, config(name), never),
    place(`workflow-configs/${workflow}/${'b'.repeat(40)}.json`, config(name), never),
    place(`state-blocks/${owner}/block.json`, config(name), never),
    place(`shared/${name}.json`, map(name), () => true),
  ];
}

const PLACES = OWNERS.flatMap((owner) => WORKFLOWS.flatMap((workflow) => placesOf(owner, workflow)));

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Members = Record<string, unknown>;

const WRAPPERS = ['Payload', 'state_data', 'bag'] as const;

/** A level of an event: its own members, and the level inside it. */
interface Level {
  readonly members: Members;
  readonly inner:
    { readonly name: (typeof WRAPPERS)[number]; readonly isText: boolean; readonly level: Level } | undefined;
}

class Generator {
  #execution = '';

  constructor(private readonly random: () => number) {}

  #chance(share: number): boolean {
    return this.random() < share;
  }

  #one<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!;
  }

  event(): Level {
    const owner = this.#one(OWNERS);
    const workflow = this.#one(WORKFLOWS);
    const depth = this.#one([1, 1, 2, 2, 3]);
    this.#execution = execution(this.#chance(0.95) ? owner : this.#one(OWNERS), workflow);
    return this.#level(owner, workflow, depth);
  }

  #level(owner: string, workflow: string, depth: number): Level {
    const members: Members = {};
    if (this.#chance(0.85)) members[this.#chance(0.9) ? 'ownerId' : 'owner_id'] = this.#idLike(owner);
    if (this.#chance(0.85)) members[this.#chance(0.9) ? 'workflowId' : 'workflow_id'] = workflow;
    if (this.#chance(0.02)) members.owner_id = this.#one(OWNERS);
    if (this.#chance(0.8)) members.idempotency_key = this.#execution;
    if (this.#chance(0.9)) Object.assign(members, { segment_to_run: 0, loop_counter: 0, current_state: {} });
    for (const name of ['workflow_config_s3_path', 'partition_map_s3_path', 'segment_manifest_s3_path'])
      if (this.#chance(0.4)) members[name] = this.#path();
    if (this.#chance(0.2)) members.manifest_s3_path = this.#path();
    if (this.#chance(0.2)) members.workflow_config = this.#chance(0.3) ? JSON.parse(config('inline')) : this.#pointer();
    if (this.#chance(0.2)) members.partition_map = this.#map();
    if (depth === 1) return { members, inner: undefined };
    const [innerOwner, innerWorkflow] = this.#chance(0.8)
      ? [owner, workflow]
      : [this.#one(OWNERS), this.#one(WORKFLOWS)];
    const inner = {
      name: this.#one(WRAPPERS),
      isText: this.#chance(0.2),
      level: this.#level(innerOwner, innerWorkflow, depth - 1),
    };
    return { members, inner };
  }

  /** Null and `""` name nobody. */
  #idLike(owner: string): unknown {
    return this.#chance(0.04) ? this.#one([null, '']) : owner;
  }

  #map(): unknown {
    if (this.#chance(0.4)) return this.#pointer();
    return [{ segment_config: this.#chance(0.5) ? this.#pointer() : { id: 0, type: 'normal', node_ids: ['inline'] } }];
  }

  #path(): string {
    const { bucket, key } = this.#one(PLACES);
    return this.#chance(0.2) && bucket === BUCKET ? key : `s3://${bucket}/${key}`;
  }

  #pointer(): unknown {
    const { bucket, key } = this.#one(PLACES);
    return {
      __s3_pointer__: true,
      bucket,
      key,
      size_bytes: 2,
      checksum: '',
      field_name: 'partition_map',
      created_at: 1,
    };
  }
}

function value({ members, inner }: Level): Members {
  if (!inner) return members;
  const nested = value(inner.level);
  return { ...members, [inner.name]: inner.isText ? JSON.stringify(nested) : nested };
}

const IDS = { owner: ['ownerId', 'owner_id'], workflow: ['workflowId', 'workflow_id'] } as const;
const PROGRAM = [
  'workflow_config',
  'partition_map',
  'workflow_config_s3_path',
  'partition_map_s3_path',
  'segment_manifest_s3_path',
];

const CONTROL = ['ownerId', 'workflowId', 'idempotency_key', 'segment_to_run', 'loop_counter', 'current_state'];

const named = (members: Members, id: keyof typeof IDS): string[] =>
  IDS[id].flatMap((name) => (typeof members[name] === 'string' && members[name] !== '' ? [members[name]] : []));

const isComplete = ({ members }: Level) =>
  named(members, 'owner').length > 0 &&
  named(members, 'workflow').length > 0 &&
  PROGRAM.some((name) => name in members);

/** The levels whose ids count: `Payload` and `bag` of a complete bag are user data. */
function countingLevels(root: Level): readonly Level[] {
  const levels = [root];
  for (let level = root; level.inner; level = level.inner.level) {
    if ((isComplete(level) && level.inner.name !== 'state_data') || !looksLikeBag(level.inner.level)) break;
    levels.push(level.inner.level);
  }
  return levels;
}

/** A wrapper around anything else wraps nothing. */
function looksLikeBag({ members, inner }: Level): boolean {
  return inner !== undefined || [...PROGRAM, ...CONTROL].some((name) => name in members);
}

interface Expected {
  readonly isRefused: boolean;
  /** A complete bag says whose it is. */
  readonly isNamed: boolean;
  readonly ids: Ids;
}

function expectedOf(root: Level): Expected {
  const levels = countingLevels(root);
  const owners = new Set(levels.flatMap(({ members }) => named(members, 'owner')));
  const workflows = new Set(levels.flatMap(({ members }) => named(members, 'workflow')));
  const executions = levels.flatMap(({ members }) =>
    typeof members.idempotency_key === 'string' ? [members.idempotency_key] : [],
  );
  return {
    isRefused: owners.size > 1 || workflows.size > 1,
    isNamed: levels.some(isComplete),
    ids: { owner: [...owners][0], workflow: [...workflows][0], execution: executions[0] },
  };
}

/** Reads since the last call. */
class Recorder {
  #reads: { readonly bucket: string; readonly key: string }[] = [];

  over(objects: ObjectStore): ObjectStore {
    return new Proxy(objects, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          if (name === 'get') this.#reads.push(args[0] as { bucket: string; key: string });
          return Reflect.apply(member, target, args);
        };
      },
    });
  }

  take(): readonly { readonly bucket: string; readonly key: string }[] {
    const reads = this.#reads;
    this.#reads = [];
    return reads;
  }
}

it(
  'no bag reads outside of the places of its owner, and both readers see the same owner',
  { timeout: 3_600_000 },
  async () => {
    const objects = memoryObjectStore();
    for (const { bucket, key, text } of PLACES) await objects.put({ bucket, key }, Buffer.from(text));
    const recorder = new Recorder();
    const { store } = testStore(recorder.over(objects), { bucket: BUCKET, prefix: PREFIX, allowPrefixes: ['shared/'] });
    const options = { store, mode: 'rewrite', cache: { maxBytes: 0 } } as const;
    const shim = createStateBagShim(options);
    const wire = new WireShim({ ...options, onUnreadable: 'pass' });
    const generator = new Generator(randomNumbers(SEED));
    const seen = { refused: 0, read: 0, answered: 0 };
    for (let index = 0; index < BAGS; index++) {
      const root = generator.event();
      const event = value(root);
      const { isRefused, isNamed, ids } = expectedOf(root);
      const text = JSON.stringify(event);
      const check = (reader: string, answer: unknown) => {
        const reads = recorder.take();
        const where = `bag ${index} of seed ${SEED}, ${reader}: ${text}`;
        if (isRefused) {
          expect(reads, where).toEqual([]);
          // What is no bag goes on as it is.
          if (!(answer instanceof Uint8Array && Buffer.compare(answer, Buffer.from(text)) === 0))
            expect(answer, where).toMatchObject({ code: 'OWNER_MISMATCH' });
          seen.refused++;
          return;
        }
        for (const { bucket, key } of reads) {
          const place = PLACES.find((one) => one.bucket === bucket && one.key === key);
          const mayRead = place?.mayRead(ids) ?? isOwnBlob(key, ids);
          expect(mayRead, `${where} reads ${bucket}/${key}`).toBe(true);
        }
        seen.read += reads.length;
        if (!(answer instanceof Error)) seen.answered++;
      };
      const reading = shim.read(event);
      check('objects', await reading.segmentConfig().catch(asTyped));
      const adapted = await wire.adapt(Buffer.from(text)).catch(asTyped);
      check('bytes', adapted instanceof StateBagError ? adapted : adapted.bytes);
      if (isRefused || reading.generation === 'foreign') continue;
      // Without a complete bag, a level with ids may turn out to be user data.
      if (isNamed || reading.ownerId !== undefined) expect(reading.ownerId, text).toBe(ids.owner);
      if (!(adapted instanceof StateBagError)) expect(adapted.ids.ownerId, text).toBe(reading.ownerId);
    }
    expect(seen.refused).toBeGreaterThan(BAGS / 50);
    expect(seen.read).toBeGreaterThan(BAGS / 10);
    expect(seen.answered).toBeGreaterThan(BAGS / 10);
  },
);

/** Stored by the shim itself while it adapted an earlier bag of this owner. */
function isOwnBlob(key: string, { owner }: Ids): boolean {
  return new RegExp(`^${PREFIX}/workflow-[a-z]+/${owner ?? '_'}/`).test(key);
}

function asTyped(error: unknown): StateBagError {
  expect(error).toBeInstanceOf(StateBagError);
  return error as StateBagError;
}
