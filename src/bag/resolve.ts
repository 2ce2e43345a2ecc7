import { BagError, StateBagError } from '../errors/index.js';
import { isAddedBranch, isAddedProgram, INDEX_MEMBERS, MANIFEST_PATH, MAP } from './members.js';
import { BagDocument, detectPath, documentIds, isMutableKey } from './bag.js';
import type { Bag } from './bag.js';
import { assertOneOwner, isBagOfItsOwn, isCall, isComplete } from './envelope.js';
import type { OutsideNames } from './envelope.js';
import { detectManifestEntries, holdsPrograms, manifestEntryAt } from './manifest.js';
import type { BagIds, BlobReader } from './places.js';
import { detectPointer, detectValuePointer } from './pointers.js';
import type { Pointer } from './pointers.js';
import { isMissing } from './value.js';
import type { Value } from './value.js';
import {
  checkedProgram,
  segmentAt,
  isContentPartition,
  isEmptyMap,
  isEmptyContainer,
  isProgram,
  parseIfJsonString,
  parseSegmentIndex,
  segmentProgram,
} from './segments.js';
import { addressRule, configTrust, cutConfig, isVerified, loadValue } from './sources.js';
import type { Trust } from './sources.js';

/** An event taken apart: the bag, and the arguments that the caller put beside it. */
interface Call<V extends Value = Value> {
  readonly ids: BagIds;
  /** Innermost first: the bag, then outer bags that a merge wrapped around it. */
  readonly bags: readonly Bag<V>[];
  /** Levels with arguments, outermost first: those around the bag, or the bag itself when nothing stands beside it. */
  readonly levels: readonly V[];
  /** True when the arguments stand in an object of their own, so that what they say is not the bag's. */
  readonly isWrapped: boolean;
}

/**
 * What a caller puts next to a bag, beyond the members of a call. A wrapper without any of it wraps and says nothing.
 */
const ARGUMENTS = [...INDEX_MEMBERS, MAP, MANIFEST_PATH, 'manifest_s3_path'];

/** Throws `BagError` `EVENT_INVALID` when the event is not an object. */
function parseCall<V extends Value>(document: BagDocument<V>): Call<V> {
  const { envelope, root } = document;
  if (!envelope) throw new BagError('EVENT_INVALID', `an event must be an object; this one is ${root.kind()}`);
  const outer = envelope.levels.slice(0, -1);
  const outerBags = outer.filter((level) => isBagOfItsOwn(level.value));
  const calls = outer.filter((level) => !outerBags.includes(level)).map((level) => level.value);
  const isWrapped = calls.some((level) => isCall(level) || ARGUMENTS.some((name) => level.member(name) !== undefined));
  return {
    ids: documentIds(envelope),
    bags: document.bags.length > 0 ? document.bags : document.readLevels([envelope.bag, ...outerBags.reverse()]),
    levels: isWrapped ? calls : [envelope.bag.value],
    isWrapped,
  };
}

interface BranchMap<V extends Value = Value> {
  readonly map: V;
  /** The branch's own position; the parent's index means nothing in it. */
  readonly index: number;
}

type Load<V extends Value = Value> = (pointer: Pointer) => Promise<V>;

/**
 * The map of a branch, when the event is a branch's: beside the bag as `partition_map`, inside `branch_config`, or in
 * the stored list of branches that a branch pointer names. Throws `BagError` `BRANCH_NOT_FOUND` when the event is a
 * branch's beside its parent's bag and leads to no map of the branch: the parent's map would be the wrong program.
 */
async function branchMap<V extends Value>(call: Call<V>, load: Load<V>): Promise<BranchMap<V> | undefined> {
  for (const level of call.levels) {
    const map = await mapAt(call, level, load);
    if (map !== undefined && isUsable(map)) return { map, index: parseSegmentIndex(level) ?? 0 };
    if (call.isWrapped && isBranchCall(level))
      throw notFound("the call is a branch's and leads to no segment of the branch");
  }
  return undefined;
}

/** Wrong kinds are usable here, so that they are refused by name and not passed over for the parent's map. */
function isUsable(map: Value): boolean {
  return !isEmptyContainer(map) && map.text() !== '' && !isContentPartition(map);
}

/** A map beside a bag is a branch's when the call says which of its segments to run, or names the branch. */
function hasOwnMap(call: Call, level: Value): boolean {
  return call.isWrapped && (isBranchCall(level) || INDEX_MEMBERS.some((name) => !isMissing(level.member(name))));
}

function isBranchCall(level: Value): boolean {
  const config = branchConfig(level);
  if (!isMissing(config) && !isEmptyContainer(config)) return true;
  return ['branch_id', 'branch_index'].some((name) => !isMissing(level.member(name)));
}

/** A copy of a program that the shim added to an earlier event is no branch. */
function branchConfig<V extends Value>(level: V): V | undefined {
  return isAddedBranch(level) ? undefined : level.member('branch_config');
}

async function mapAt<V extends Value>(call: Call<V>, level: V, load: Load<V>): Promise<V | undefined> {
  const own = hasOwnMap(call, level) ? level.member(MAP) : undefined;
  if (!isMissing(own)) return openMap(own, load);
  const branch = branchConfig(level);
  if (isMissing(branch)) return undefined;
  const whole = detectValuePointer(branch);
  return openBranchMap(whole ? await load(whole) : branch, load);
}

async function openBranchMap<V extends Value>(branch: V, load: Load<V>): Promise<V | undefined> {
  const map = branch.member(MAP);
  if (!isMissing(map)) return openMap(map, load);
  const pointer = detectPointer(branch);
  return pointer?.dialect === 'branch-pointer' ? storedBranch(branch, await load(pointer)) : undefined;
}

async function openMap<V extends Value>(map: V, load: Load<V>): Promise<V> {
  const pointer = detectValuePointer(map);
  return parseIfJsonString(pointer ? await load(pointer) : map);
}

function storedBranch<V extends Value>(branch: V, stored: V): V {
  const position = branch.member('branch_index');
  const index = position === undefined ? undefined : position.number();
  const entry = index === undefined ? undefined : segmentAt(stored, index);
  const map = entry === undefined ? undefined : entry.member(MAP);
  if (isMissing(map)) {
    throw notFound(`the stored list of branches has no map for branch ${index ?? 'without index'}`);
  }
  return map;
}

function notFound(message: string): BagError {
  return new BagError('BRANCH_NOT_FOUND', message);
}

/** Where a program came from, in the order in which the places are asked. */
export type ProgramSource = 'event' | 'branch-map' | 'inline-map' | 'map-pointer' | 'manifest' | 'map-path' | 'config';

export interface ResolvedSegment<V extends Value = Value> {
  readonly segmentConfig: V;
  /** Position in the map; `undefined` when the event itself carries the program and names no index. */
  readonly segmentIndex: number | undefined;
  readonly source: ProgramSource;
}

/** Codes of a pointer that leads to nothing usable, where another source may still hold the same program. */
const GONE = new Set(['POINTER_DANGLING', 'POINTER_TARGET_INVALID', 'POINTER_TARGET_TOO_LARGE', 'POINTER_INVALID']);

/** Codes of a pointer that is not followed: it is reported when no other source yields, before any dead one. */
const REFUSED = new Set(['POINTER_NOT_ALLOWED', 'POINTER_FOREIGN_OWNER']);

interface ResolveOptions {
  readonly signal?: AbortSignal;
  /** Position in the map, instead of the one the event names. */
  readonly index?: number | undefined;
  /** What the caller knows of the owner. */
  readonly outside?: readonly OutsideNames[];
}

/**
 * The program of the segment that an event asks for. Sources in order: `segment_config` in the event, the branch's own
 * map, the inline map, a verified pointer to a map, a manifest at a content address, a map path at one, an inline
 * manifest of whole entries, and the inline or verified config, cut as the legacy partitioner cuts it; then what is at
 * keys that another run may write again: map pointer, map path, manifest, config. A source that is absent, null or
 * empty passes on to the next, and so does a config that cannot be cut; one that is there and wrong is a typed error,
 * never another program. A manifest that is gone passes on too, as no reader of the old maps ever looked at it; after a
 * map that is gone, only sources that cannot have changed since are asked: content addresses and inline values.
 *
 * Throws `BagError` (`EVENT_INVALID`, `ID_INVALID`, `OWNER_MISMATCH`, `SEGMENT_INDEX_INVALID`, `SEGMENT_OUT_OF_RANGE`,
 * `SEGMENT_INVALID`, `SEGMENT_NOT_FOUND`, `SEGMENT_IS_COPY`, `SEGMENT_CONTRADICTORY`, `MAP_INVALID`, `WORKFLOW_*`),
 * `PointerError`, `IntegrityError`, `StoreError`.
 */
export async function resolveSegment<V extends Value>(
  event: V,
  blobs: BlobReader,
  options: ResolveOptions = {},
): Promise<ResolvedSegment<V>> {
  const document = new BagDocument(event, true, addressRule(blobs));
  if (document.envelope) assertOneOwner(document.envelope, options.outside);
  return resolveDocument(document, blobs, options);
}

/** The same for a document that was read, and of which the caller has asserted that it has one owner. */
export async function resolveDocument<V extends Value>(
  document: BagDocument<V>,
  blobs: BlobReader,
  options: Omit<ResolveOptions, 'outside'> = {},
): Promise<ResolvedSegment<V>> {
  const call = parseCall(document);
  const direct = programInEvent(call);
  // The event carries the program of its own index and of no other.
  if (direct && (options.index === undefined || options.index === direct.segmentIndex)) return direct;
  return new Resolution(call, blobs, options).resolve();
}

function programInEvent<V extends Value>(call: Call<V>): ResolvedSegment<V> | undefined {
  for (const level of call.levels) {
    const value = level.member('segment_config');
    if (!isProgram(value) || isAddedProgram(value)) continue;
    const leftOver = findLeftOver(level);
    if (leftOver) throw leftOver;
    return {
      segmentConfig: checkedProgram(value),
      segmentIndex: indexOrUndefined(level),
      source: 'event',
    };
  }
  return undefined;
}

/**
 * Release 0.1.0 added `segment_config` and `segment_index` without a mark. In a complete bag whose `segment_to_run` has
 * gone on since, they are the program of an earlier segment: the error `SEGMENT_CONTRADICTORY`.
 */
export function findLeftOver(level: Value): BagError | undefined {
  const value = level.member('segment_config');
  if (!isProgram(value) || isAddedProgram(value) || !isComplete(level)) return undefined;
  const [index, next] = ['segment_index', 'segment_to_run'].map((name) => indexOrUndefined(level, [name]));
  if (index === undefined || next === undefined || index === next) return undefined;
  return new BagError(
    'SEGMENT_CONTRADICTORY',
    `the bag has a segment_config for segment_index ${index} next to segment_to_run ${next}; an earlier release of the shim left it there. ` +
      'Remove segment_config and segment_index from the bag',
  );
}

/** The segment that a level asks for; `undefined` when it names none, or none that is an index. */
export function indexOrUndefined(level: Value, names?: readonly string[]): number | undefined {
  try {
    return parseSegmentIndex(level, names);
  } catch (error) {
    // The program is at hand; an index nobody needs must not stand in its way.
    if (error instanceof BagError) return undefined;
    throw error;
  }
}

/** One resolution: what was asked, and the dead pointers met on the way. */
class Resolution<V extends Value = Value> {
  /** The first of them, thrown when nothing else yields. */
  private gone: StateBagError | undefined;
  /** The first refused one. */
  private refused: StateBagError | undefined;
  private isMapGone = false;
  /** Whose pointers are followed: those next to the bags first, then those of one bag after the other. */
  private ids: BagIds;

  constructor(
    private readonly call: Call<V>,
    private readonly blobs: BlobReader,
    private readonly options: ResolveOptions,
  ) {
    this.ids = call.ids;
  }

  async resolve(): Promise<ResolvedSegment<V>> {
    const branch = await branchMap(this.call, (pointer) => this.load(pointer));
    if (branch) return this.pick(branch.map, this.options.index ?? branch.index, 'branch-map');
    const index = this.index();
    for (const bag of this.call.bags) {
      this.ids = bag;
      const found = await this.resolveIn(bag, index);
      if (found) return found;
    }
    throw this.refused ?? this.gone ?? segmentNotFound();
  }

  private index(): number {
    if (this.options.index !== undefined) return this.options.index;
    for (const level of [...this.call.levels, ...this.call.bags.map((bag) => bag.value)]) {
      const index = parseSegmentIndex(level);
      if (index !== undefined) return index;
    }
    return 0;
  }

  /** What is inline or verified first; only then what is at keys that another run may have written again. */
  private async resolveIn(bag: Bag<V>, index: number): Promise<ResolvedSegment<V> | undefined> {
    for (const trust of ['safe', 'mutable'] as const) {
      const found =
        (await this.fromMap(bag, index, trust)) ??
        (trust === 'mutable' ? await this.fromMapPath(bag, index, trust) : undefined) ??
        (await this.fromManifest(bag, index, trust)) ??
        (trust === 'safe' ? await this.fromMapPath(bag, index, trust) : undefined) ??
        (trust === 'safe' ? await this.fromInlineManifest(bag, index) : undefined) ??
        (await this.fromConfig(bag, index, trust));
      if (found) return found;
    }
    return undefined;
  }

  private async fromMap(bag: Bag<V>, index: number, trust: Trust): Promise<ResolvedSegment<V> | undefined> {
    const field = bag.map;
    if (field.state === 'inline')
      return trust === 'safe' ? this.pickUsable(field.value, index, 'inline-map') : undefined;
    if (field.state !== 'pointer' || !this.mayAsk(field.pointer, trust)) return undefined;
    const map = await this.loadMap(field.pointer);
    return map === undefined ? undefined : this.pickUsable(map, index, 'map-pointer');
  }

  private async fromMapPath(bag: Bag<V>, index: number, trust: Trust): Promise<ResolvedSegment<V> | undefined> {
    if (bag.mapPath.state !== 'pointer' || !this.mayAsk(bag.mapPath.pointer, trust)) return undefined;
    const map = await this.loadMap(bag.mapPath.pointer);
    return map === undefined ? undefined : this.pickUsable(map, index, 'map-path');
  }

  private async fromManifest(bag: Bag<V>, index: number, trust: Trust): Promise<ResolvedSegment<V> | undefined> {
    for (const pointer of this.manifestPointers(bag)) {
      if (!this.mayAsk(pointer, trust)) continue;
      const document = await this.loadUnlessGone(pointer);
      const entries = document === undefined ? undefined : detectManifestEntries(document);
      if (entries === undefined) continue;
      const entry = manifestEntryAt(document!, entries, index);
      if (entry === undefined) throw outOfRange(index, 'the segment manifest');
      return this.program(entry, index, 'manifest');
    }
    return undefined;
  }

  private fromInlineManifest({ inlineManifest }: Bag<V>, index: number): Promise<ResolvedSegment<V>> | undefined {
    if (inlineManifest === undefined || !holdsPrograms(inlineManifest)) return undefined;
    return this.pick(inlineManifest, index, 'manifest');
  }

  private manifestPointers(bag: Bag<V>): readonly Pointer[] {
    const levels = this.call.levels.filter((level) => !this.call.bags.some(({ value }) => value.is(level)));
    const alias = (level: V, name: string) => detectPath(level.member(name), bag.addresses);
    const fields = [
      bag.manifestPath,
      bag.manifestAlias,
      ...levels.flatMap((level) => [alias(level, 'segment_manifest_s3_path'), alias(level, 'manifest_s3_path')]),
    ];
    const pointers = fields.flatMap((field) => (field.state === 'pointer' ? [field.pointer] : []));
    return [
      ...new Map(
        pointers.map((pointer) => [`${pointer.target?.bucket ?? ''}/${pointer.target?.key ?? ''}`, pointer]),
      ).values(),
    ];
  }

  private async fromConfig(bag: Bag<V>, index: number, trust: Trust): Promise<ResolvedSegment<V> | undefined> {
    if (configTrust(bag) !== trust) return undefined;
    const config = await this.config(bag, trust);
    if (config === undefined) return undefined;
    const opened = parseIfJsonString(config);
    const kind = opened.kind();
    if (kind !== 'object') throw new BagError('CONFIG_INVALID', `workflow_config is ${kind}, not an object`);
    const cut = cutConfig(opened);
    this.gone ??= cut.error;
    return cut.map === undefined ? undefined : this.pick(cut.map, index, 'config');
  }

  private async config(bag: Bag<V>, trust: Trust): Promise<V | undefined> {
    if (bag.config.state === 'inline') return bag.config.value;
    const field = bag.config.state === 'pointer' ? bag.config : bag.configPath;
    if (field.state !== 'pointer' || !this.mayAsk(field.pointer, trust)) return undefined;
    return this.loadUnlessGone(field.pointer);
  }

  /** A map that can hold segments; user data of the same name and an empty map pass on to the next source. */
  private pickUsable(value: V, index: number, source: ProgramSource): Promise<ResolvedSegment<V>> | undefined {
    const map = parseIfJsonString(value);
    const kind = map.kind();
    if (kind !== 'array' && kind !== 'object')
      throw new BagError('MAP_INVALID', `partition_map is ${kind}, where a list or a dict of segments was expected`);
    if (isEmptyMap(map) || isContentPartition(map)) return undefined;
    return this.pick(map, index, source);
  }

  private async pick(map: V, index: number, source: ProgramSource): Promise<ResolvedSegment<V>> {
    const entry = segmentAt(map, index);
    if (entry === undefined) throw outOfRange(index, 'the map');
    return this.program(entry, index, source);
  }

  private async program(entry: V, index: number, source: ProgramSource): Promise<ResolvedSegment<V>> {
    const program = segmentProgram(entry);
    const value = 'pointer' in program ? checkedProgram(await this.load(program.pointer)) : program.value;
    return { segmentConfig: value, segmentIndex: index, source };
  }

  /** After a dead pointer to the map, or a refused one, no source is asked that a later run may have changed. */
  private mayAsk(pointer: Pointer, trust: Trust): boolean {
    if (isVerified(pointer)) return trust === 'safe';
    return trust === 'mutable' && !this.isMapGone && (this.refused === undefined || !isMutableKey(pointer));
  }

  private async loadMap(pointer: Pointer): Promise<V | undefined> {
    const map = await this.loadUnlessGone(pointer);
    this.isMapGone ||= map === undefined;
    return map;
  }

  private async loadUnlessGone(pointer: Pointer): Promise<V | undefined> {
    try {
      return await this.load(pointer);
    } catch (error) {
      if (!(error instanceof StateBagError)) throw error;
      if (REFUSED.has(error.code)) this.refused ??= error;
      else if (GONE.has(error.code)) this.gone ??= error;
      else throw error;
      return undefined;
    }
  }

  private load(pointer: Pointer): Promise<V> {
    const [{ value }] = this.call.bags as readonly [Bag<V>];
    const { ownerId, workflowId, executionId } = this.ids;
    return loadValue(pointer, { value, ownerId, workflowId, executionId }, this.blobs, this.options.signal);
  }
}

function outOfRange(index: number, where: string): BagError {
  return new BagError('SEGMENT_OUT_OF_RANGE', `${where} has no segment ${index}; nothing is run in its place`);
}

function segmentNotFound(): BagError {
  return new BagError(
    'SEGMENT_NOT_FOUND',
    'segment_config not found: the event carries no program, no map, no manifest path and no workflow_config that leads to one',
  );
}
