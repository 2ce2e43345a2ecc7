import { createHash } from 'node:crypto';
import {
  BUCKET,
  EXECUTIONS,
  OWNERS,
  PLACES,
  STORED_MEMBER,
  WORKFLOWS,
  WORLDS,
  executionOf,
  findPlace,
  homePlaces,
  isChain,
} from './owner-places.js';
import type { Ids, Place, World } from './owner-places.js';

/*
 * Random bags with every spelling of ids, every nesting of levels and every kind of pointer; and whose bag each is, by
 * how it was made.
 */

/** A number as it is spelled in text; `JSON.parse` may give another one. */
class Spelled {
  constructor(readonly text: string) {}

  toJSON(): string {
    return `@@${this.text}@@`;
  }
}

type Members = Record<string, unknown>;

/** The order in which a level is unwrapped. */
const WRAPPERS = ['Payload', 'state_data', 'bag'] as const;

/** A level of an event: its own members, and the levels inside it. */
export interface Level {
  readonly members: Members;
  readonly inner: readonly Inner[];
}

interface Inner {
  readonly name: (typeof WRAPPERS)[number];
  readonly isText: boolean;
  readonly level: Level;
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function printLevel(level: Level): string {
  return print(valueOf(level));
}

function print(value: unknown): string {
  return JSON.stringify(value).replace(/"@@([^@]*)@@"/g, '$1');
}

function valueOf({ members, inner }: Level): Members {
  const nested = inner.map(({ name, isText, level }) => {
    const value = valueOf(level);
    return [name, isText ? print(value) : value];
  });
  return { ...members, ...(Object.fromEntries(nested) as Members) };
}

export const PATHS = {
  workflow_config_s3_path: 'config',
  partition_map_s3_path: 'map',
  segment_manifest_s3_path: 'manifest',
} as const;

export type PathName = keyof typeof PATHS;

export const PATH_NAMES = Object.keys(PATHS) as PathName[];

const INVALID = [true, {}, [], 1.5, ['9007199254740993', '7.5', '-0', '1e400'].map((text) => new Spelled(text))].flat();

/** Owners of whom one is spelled as keys spell the other. */
const TWINS: ReadonlyMap<string, string> = new Map([
  ['vic/tor', 'vic%2Ftor'],
  ['vic%2Ftor', 'vic/tor'],
]);

/** Makes bags for one world. */
export class BagGenerator {
  readonly #homes = new Map<string, readonly Place[]>();
  #ids: Ids = { owner: undefined, workflow: undefined, executions: [] };
  /** The owner in the id of the execution, who may be another one. */
  #runner: string | undefined;

  constructor(
    private readonly world: World,
    private readonly random: () => number,
  ) {}

  chance(share: number): boolean {
    return this.random() < share;
  }

  one<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)]!;
  }

  owner(): string | undefined {
    return this.chance(0.6) ? this.one(['olive', 'victor']) : this.one(OWNERS);
  }

  event(): Level {
    const [owner, workflow] = [this.owner(), this.one(WORKFLOWS)];
    this.#runner = this.chance(0.93) ? owner : this.owner();
    const execution = executionOf(this.#runner, workflow, this.one(EXECUTIONS));
    this.#ids = { owner, workflow, executions: [execution] };
    return this.#level(owner, workflow, this.one([1, 1, 2, 2, 3]));
  }

  /** An answer with a lean bag, which the shim returns without a further look when nothing is unusual about it. */
  leanAnswer(): Level {
    const [owner, workflow] = [this.owner(), this.one(WORKFLOWS)];
    this.#runner = owner;
    this.#ids = { owner, workflow, executions: [executionOf(owner, workflow, 1)] };
    if (this.chance(0.2)) return this.#mergedAnswer(owner, workflow);
    const bag = this.#leanLevel(owner, workflow);
    if (this.chance(0.6)) return bag;
    const name = this.one(WRAPPERS);
    // The bag in another level, or another bag in it.
    if (this.chance(0.6)) {
      const members: Members = {};
      if (this.chance(0.5)) this.#name(members, ['ownerId', 'owner_id'], this.chance(0.5) ? owner : this.owner());
      return { members, inner: [{ name, isText: false, level: bag }] };
    }
    const inner = this.#leanLevel(this.chance(0.5) ? owner : this.owner(), workflow);
    return { ...bag, inner: [{ name, isText: this.chance(0.2), level: inner }] };
  }

  /** Two bags in each other, as a merge leaves them. */
  #mergedAnswer(owner: string | undefined, workflow: string): Level {
    const isSame = this.chance(0.5);
    const inner = this.#level(isSame ? owner : this.owner(), isSame ? workflow : this.one(WORKFLOWS), 1);
    const outer = this.#level(owner, workflow, 1);
    const nested = (level: Level): readonly Inner[] => [{ name: 'state_data', isText: false, level }];
    return { members: {}, inner: nested({ ...outer, inner: nested(inner) }) };
  }

  #leanLevel(owner: string | undefined, workflow: string): Level {
    const members: Members = { state_bag_version: 2, segment_to_run: 0, loop_counter: 0, current_state: {} };
    const ids = [
      ['ownerId', 'owner_id', owner],
      ['workflowId', 'workflow_id', workflow],
    ] as const;
    for (const [first, second, id] of ids) {
      const value = this.chance(0.06) ? this.one(INVALID) : this.#spell(id);
      if (value !== undefined && this.chance(0.95)) members[first] = value;
      if (this.chance(0.04)) members[second] = this.one(['olive', 'victor', ...INVALID]);
    }
    for (const path of PATH_NAMES) members[path] = this.#address(PATHS[path]);
    return { members, inner: [] };
  }

  #address(kind: Place['kind']): string {
    const name = `home address ${kind}`;
    const places = this.#known(name, () =>
      this.#home().filter((place) => place.kind === kind && place.form === 'address'),
    );
    const { bucket, key } = this.one(places.length > 0 ? places : PLACES);
    return `s3://${bucket}/${key}`;
  }

  /** What a program that starts executions gives `buildLeanBag`. */
  buildInput(): Members {
    const [owner, workflow] = [this.#ids.owner ?? 'olive', this.#ids.workflow];
    return {
      ownerId: this.chance(0.05) ? this.one(INVALID) : owner,
      workflowId: this.chance(0.05) ? this.one(INVALID) : workflow,
      workflowConfig: { nodes: [{ id: 'inline', type: 'code' }], edges: [] },
    };
  }

  #level(owner: string | undefined, workflow: string, depth: number): Level {
    const members: Members = {};
    if (this.chance(0.85)) this.#name(members, ['ownerId', 'owner_id'], owner);
    if (this.chance(0.85)) this.#name(members, ['workflowId', 'workflow_id'], workflow);
    if (this.chance(0.8)) members.idempotency_key = this.#execution(workflow);
    if (this.chance(0.9)) Object.assign(members, { segment_to_run: 0, loop_counter: 0, current_state: {} });
    this.#addProgram(members);
    if (this.chance(0.12)) members[STORED_MEMBER] = this.#userPointer();
    return { members, inner: depth === 1 ? [] : this.#inner(owner, workflow, depth - 1) };
  }

  /** A level may be of another execution than the one around it. */
  #execution(workflow: string): string {
    return this.chance(0.9) ? this.#ids.executions[0]! : executionOf(this.#runner, workflow, this.one(EXECUTIONS));
  }

  #inner(owner: string | undefined, workflow: string, depth: number): readonly Inner[] {
    const names = this.chance(0.1) ? WRAPPERS : [this.one(WRAPPERS)];
    return names.map((name) => {
      const isSame = this.chance(0.8);
      const level = this.#level(isSame ? owner : this.owner(), isSame ? workflow : this.one(WORKFLOWS), depth);
      return { name, isText: this.chance(0.2), level };
    });
  }

  /** One spelling or both, which may differ. */
  #name(members: Members, [first, second]: readonly [string, string], id: string | undefined): void {
    const value = this.#spell(id);
    if (value === undefined) return;
    if (this.chance(0.9)) members[first] = value;
    else members[second] = value;
    if (this.chance(0.05)) members[second] = this.#spell(this.chance(0.5) ? id : this.one([...OWNERS, ...WORKFLOWS]));
  }

  /** Null and `""` name nobody. */
  #spell(id: string | undefined): unknown {
    if (this.chance(0.04)) return this.one([null, '']);
    if (this.chance(0.01)) return this.one(INVALID);
    if (id !== '7' || this.chance(0.4)) return id;
    return this.chance(0.8) ? 7 : new Spelled('7.0');
  }

  #addProgram(members: Members): void {
    if (this.chance(0.1)) members.state_bag_version = 2;
    if (this.chance(0.05)) {
      // Nothing but what a lean bag has, which readers take without a further look.
      for (const name of PATH_NAMES) members[name] = this.#path(PATHS[name]);
      members.state_bag_version = 2;
      return;
    }
    for (const name of PATH_NAMES) if (this.chance(0.35)) members[name] = this.#path(PATHS[name]);
    if (this.chance(0.15)) members.manifest_s3_path = this.#path('manifest');
    if (this.chance(0.15))
      members.workflow_config = this.chance(0.3)
        ? { nodes: [{ id: 'inline', type: 'code' }], edges: [] }
        : this.#pointer('config');
    if (this.chance(0.15)) members.partition_map = this.chance(0.4) ? this.#pointer('map') : [this.#entry('segment')];
    if (this.chance(0.08)) members.segment_manifest = [this.#entry('manifest')];
    if (this.chance(0.04)) members.branch_config = this.#branch();
  }

  #entry(kind: 'segment' | 'manifest'): unknown {
    const program = { id: 0, type: 'normal', nodes: [{ id: 'inline' }], node_ids: ['inline'], edges: [] };
    if (this.chance(0.5)) return { segment_id: 0, segment_type: 'normal', segment_config: this.#pointer('config') };
    if (kind === 'segment') return program;
    return this.chance(0.5)
      ? { segment_id: 0, segment_index: 0, manifest_s3_path: this.#path('manifest') }
      : { segment_id: 0, segment_type: 'normal', segment_config: program };
  }

  #branch(): unknown {
    if (this.chance(0.3)) return this.#pointer('branches');
    if (this.chance(0.3)) return { branch_id: 'b', partition_map: this.#pointer('map') };
    return { branch_id: 'b', branch_index: 0, branches_s3_path: this.#path('branches') };
  }

  /** Mostly a place that this bag may read, or that only one thing keeps it from. */
  #place(kind: Place['kind']): Place {
    const fits = (places: readonly Place[]) => places.filter((place) => place.kind === kind);
    const roll = this.random();
    if (roll < 0.75) {
      const [world, ids] = roll < 0.45 ? [this.world, this.#ids] : this.#neighbour();
      const name = `home ${kind} ${JSON.stringify([WORLDS.indexOf(world), ids])}`;
      const places = this.#known(name, () => fits(homePlaces(world, ids)));
      if (places.length > 0) return this.one(places);
    }
    return this.one(this.#known(kind, () => fits(PLACES)));
  }

  /** Settings and ids of which one differs from those of this bag. */
  #neighbour(): readonly [World, Ids] {
    const { owner, workflow } = this.#ids;
    const twin = TWINS.get(owner ?? '');
    const other = this.#runner !== owner ? this.#runner : twin && this.chance(0.7) ? twin : this.one(OWNERS);
    const executions = [other, owner].flatMap((name) => EXECUTIONS.map((run) => executionOf(name, workflow, run)));
    return this.one<readonly [World, Ids]>([
      [this.one(WORLDS), this.#ids],
      [this.world, { ...this.#ids, owner: other }],
      [this.world, { ...this.#ids, workflow: this.one(WORKFLOWS) }],
      [this.world, { ...this.#ids, executions }],
      [this.world, { owner: other, workflow, executions }],
    ]);
  }

  #home(): readonly Place[] {
    return homePlaces(this.world, this.#ids);
  }

  #known(name: string, find: () => readonly Place[]): readonly Place[] {
    const key = name.startsWith('home address') ? JSON.stringify([name, this.#ids]) : name;
    const known = this.#homes.get(key) ?? find();
    this.#homes.set(key, known);
    return known;
  }

  #path(kind: Place['kind']): string {
    const { bucket, key: plain } = this.#place(kind);
    // A key that does not name the place that it seems to name.
    const key = this.chance(0.02) ? `${this.one(['shared/../', 'shared/./', 'shared//', '/'])}${plain}` : plain;
    return this.chance(0.2) && bucket === 'bags' ? key : `s3://${bucket}/${key}`;
  }

  /** In user data, where only what a budget took out of the bag is followed. */
  #userPointer(): unknown {
    if (this.chance(0.3)) return this.#pointer(this.one(['config', 'map', 'manifest']));
    const { bucket, key } = this.#place('member');
    return {
      __s3_pointer__: true,
      bucket,
      key,
      size_bytes: 2,
      checksum: '',
      field_name: STORED_MEMBER,
      created_at: 1,
    };
  }

  #pointer(kind: Place['kind']): unknown {
    const { bucket, key, text } = this.#place(kind);
    const path = `s3://${bucket}/${key}`;
    const md5 = createHash('md5')
      .update(this.chance(0.9) ? text : 'other')
      .digest('hex');
    return this.one<unknown>([
      {
        __s3_pointer__: true,
        bucket,
        key,
        size_bytes: 2,
        checksum: this.one(['', md5.slice(0, 8), md5]),
        field_name: 'partition_map',
        created_at: 1,
      },
      { __s3_pointer__: this.one([1, 'true']), bucket, key },
      { __s3_offloaded: true, __s3_path: path, __original_size_kb: 1 },
      { type: 's3_reference', s3_path: path, size_kb: 1, stored_at: '2025-01-01' },
      { bucket, key },
      { Bucket: bucket, Key: key },
      path,
    ]);
  }
}

/** Which reader: of values that `JSON.parse` made, or of text. */
export type Reader = 'objects' | 'bytes';

/** In place of the name of an invalid id. */
const INVALID_ID = '(invalid)';

const IDS = { owner: ['ownerId', 'owner_id'], workflow: ['workflowId', 'workflow_id'] } as const;

type IdName = keyof typeof IDS;

/** What an id member says: a name, nothing, or what no two readers need to read alike. */
function parseId(value: unknown, reader: Reader): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  if (value === 7) return '7';
  return value instanceof Spelled && value.text === '7.0' && reader === 'objects' ? '7' : INVALID_ID;
}

const idsIn = ({ members }: Level, id: IdName, reader: Reader) =>
  IDS[id].map((name) => parseId(members[name], reader)).filter((name) => name !== undefined);

const PROGRAM = ['workflow_config', 'partition_map', 'segment_manifest', 'state_bag_version', ...PATH_NAMES];
const CONTROL = ['ownerId', 'workflowId', 'idempotency_key', 'segment_to_run', 'loop_counter', 'current_state'];

const isComplete = (level: Level) =>
  (['owner', 'workflow'] as const).every((id) => idsIn(level, id, 'bytes').length > 0) &&
  PROGRAM.some((name) => name in level.members);

/** A wrapper around anything else wraps nothing. */
const looksLikeBag = ({ members, inner }: Level) =>
  inner.length > 0 || [...PROGRAM, ...CONTROL].some((name) => name in members);

/** The levels whose ids count: `Payload` and `bag` of a complete bag are user data. */
function countingLevels(root: Level): readonly Level[] {
  const levels = [root];
  for (let level: Level | undefined = root; level;) {
    const isWhole = isComplete(level);
    const inner: readonly Inner[] = level.inner;
    level = WRAPPERS.filter((name) => !isWhole || name === 'state_data')
      .map((name) => inner.find((one) => one.name === name)?.level)
      .find((one) => one !== undefined && looksLikeBag(one));
    if (level) levels.push(level);
  }
  return levels;
}

/** Ids that are named outside of the document. */
export interface OutsideIds {
  readonly owner?: string | undefined;
  readonly workflow?: string | undefined;
}

/** A level with a program, and what its members name. */
interface Source {
  /** `bucket/key` of everything that its members lead to. */
  readonly addresses: ReadonlySet<string>;
  readonly executions: readonly string[];
}

interface StoredMember {
  readonly address: string;
  readonly owners: readonly string[];
}

export interface Expected {
  /** The code of the refusal, when the document has a bag. */
  readonly refusal: string | undefined;
  /** The innermost level leads to a program: the document has a bag. */
  readonly isBag: boolean;
  /** A complete bag says whose it is. */
  readonly isNamed: boolean;
  /** What the outermost complete bag says, else the outermost levels that say anything. */
  readonly named: OutsideIds;
  /** One, unless it is not complete: then its inner levels may turn out to be user data. */
  readonly ids: readonly Ids[];
  /** The levels of which a reader follows pointers, and those that are slimmed in an answer as well. */
  readonly sources: readonly Source[];
  readonly copies: readonly Source[];
  /** Where a stored member is, as `bucket/key`, next to the owners that all levels around the pointer name. */
  readonly members: readonly StoredMember[];
  /** User data in the innermost bag, which looks like a bag of another owner or workflow. */
  readonly data: readonly string[];
}

export function expectedOf(root: Level, reader: Reader, outside: OutsideIds): Expected {
  const levels = countingLevels(root);
  const named = (id: IdName, of = levels) => of.flatMap((level) => idsIn(level, id, reader));
  const [owners, workflows] = [named('owner'), named('workflow')];
  const isInvalid = [...owners, ...workflows].includes(INVALID_ID);
  const differ = (names: readonly string[], other: string | undefined) =>
    new Set(other === undefined ? names : [...names, other]).size > 1;
  const isMismatch = differ(owners, outside.owner) || differ(workflows, outside.workflow);
  const isNamed = levels.some(isComplete);
  const executions = levels.flatMap(executionsIn);
  const ends = isNamed ? [levels.length] : levels.map((_, at) => at + 1);
  const ids = ends.map((end) => ({
    owner: named('owner', levels.slice(0, end))[0],
    workflow: named('workflow', levels.slice(0, end))[0],
    executions,
  }));
  const last = executions.slice(-1);
  const sourceIn = (level: Level): Source => {
    const own = isNamed ? [...executionsIn(level), ...last] : executions;
    return { addresses: addressesIn(level), executions: own };
  };
  const isCopy = (level: Level, { level: inner }: Inner) =>
    isComplete(inner) &&
    (['owner', 'workflow'] as const).every((id) => new Set(named(id, [level, inner])).size === 1) &&
    !named('owner', [inner]).includes(INVALID_ID);
  const dataIn = (level: Level) => (isComplete(level) ? level.inner.filter(({ name }) => name !== 'state_data') : []);
  return {
    refusal: isInvalid ? 'ID_INVALID' : isMismatch ? 'OWNER_MISMATCH' : undefined,
    isBag: PROGRAM.some((name) => name in levels.at(-1)!.members),
    isNamed,
    named: outermostIds(levels, reader),
    ids,
    sources: levels.map(sourceIn),
    copies: levels.flatMap((level) =>
      dataIn(level)
        .filter((inner) => isCopy(level, inner))
        .map(({ level: inner }) => sourceIn(inner)),
    ),
    members: membersIn(root, reader),
    data: levels
      .slice(-1)
      .flatMap((level) => dataIn(level).filter((inner) => !isCopy(level, inner)))
      .map((inner) => printData(inner, reader)),
  };
}

function membersIn(level: Level, reader: Reader, around: readonly string[] = []): readonly StoredMember[] {
  const owners = [...around, ...idsIn(level, 'owner', reader)];
  const own = [...addressesOf(level.members[STORED_MEMBER], STORED_MEMBER)].map((address) => ({ address, owners }));
  return [...own, ...level.inner.flatMap((inner) => membersIn(inner.level, reader, owners))];
}

function outermostIds(levels: readonly Level[], reader: Reader): OutsideIds {
  const complete = levels.find(isComplete);
  const first = (id: IdName) =>
    (complete ? [complete] : levels).flatMap((level) => idsIn(level, id, reader)).find((name) => name !== INVALID_ID);
  return { owner: first('owner'), workflow: first('workflow') };
}

/** Each bag has one of its own. */
function executionsIn({ members }: Level): readonly string[] {
  return typeof members.idempotency_key === 'string' ? [members.idempotency_key] : [];
}

function printData({ level, isText }: Inner, reader: Reader): string {
  const text = printLevel(level);
  if (isText) return JSON.stringify(text);
  return reader === 'bytes' ? text : JSON.stringify(JSON.parse(text));
}

const LEADING = [...PROGRAM, 'manifest_s3_path', 'branch_config', STORED_MEMBER];

/** Kept: several readers get the same bag. */
const known = new WeakMap<Level, ReadonlySet<string>>();

function addressesIn(level: Level): ReadonlySet<string> {
  const found = known.get(level) ?? findAddresses(level);
  known.set(level, found);
  return found;
}

function findAddresses({ members }: Level): ReadonlySet<string> {
  const found = new Set(LEADING.flatMap((name) => [...addressesOf(members[name], name)]));
  for (const address of found) {
    const place = placeAt(address);
    if (place && isChain(place)) for (const next of addressesOf(JSON.parse(place.text), '')) found.add(next);
  }
  return found;
}

function placeAt(address: string): Place | undefined {
  const slash = address.indexOf('/');
  return findPlace(address.slice(0, slash), address.slice(slash + 1));
}

function* addressesOf(value: unknown, name: string): Generator<string> {
  if (typeof value === 'string') {
    if (value.startsWith('s3://')) yield value.slice('s3://'.length);
    else if (name.endsWith('_s3_path')) yield `${BUCKET}/${value}`;
  }
  if (typeof value !== 'object' || value === null || value instanceof Spelled) return;
  const { bucket, key, Bucket = bucket, Key = key } = value as Members;
  if (typeof Bucket === 'string' && typeof Key === 'string') yield `${Bucket}/${Key}`;
  for (const [member, inner] of Object.entries(value)) yield* addressesOf(inner, member);
}
