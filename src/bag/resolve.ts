import { BagError, StateBagError } from '../errors.js';
import { isAddedProgram } from './added-program.js';
import { branchMap } from './branch-map.js';
import { parseCall } from './call.js';
import type { Call } from './call.js';
import type { BagSite } from './detect.js';
import {
  checkedProgram,
  entryAt,
  isContentPartition,
  isEmptyMap,
  isHollow,
  isProgram,
  openText,
  programOf,
} from './entries.js';
import { isComplete } from './envelope.js';
import { detectPath } from './field.js';
import type { BlobReader } from './follow.js';
import { detectManifestEntries, holdsPrograms, manifestEntryAt } from './manifest.js';
import type { Pointer } from './pointer.js';
import { parseSegmentIndex } from './segment-index.js';
import { loadValue } from './sources.js';
import { configTrust, cutOf, isVerified } from './trust.js';
import type { Trust } from './trust.js';
import { isObject } from './value-reader.js';
import type { ValueReader } from './value-reader.js';

/** Where a program came from, in the order in which the places are asked. */
export type ProgramSource = 'event' | 'branch-map' | 'inline-map' | 'map-pointer' | 'manifest' | 'map-path' | 'config';

export interface ResolvedSegment<V> {
  readonly segmentConfig: V;
  /** Position in the map; `undefined` when the event itself carries the program and names no index. */
  readonly segmentIndex: number | undefined;
  readonly source: ProgramSource;
}

/** Codes of a pointer that leads to nothing usable, where another source may still hold the same program. */
const GONE = new Set(['POINTER_DANGLING', 'POINTER_TARGET_INVALID', 'POINTER_INVALID']);

export interface ResolveOptions {
  readonly signal?: AbortSignal;
  /** Position in the map, instead of the one the event names. */
  readonly index?: number | undefined;
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
 * Throws `BagError` (`EVENT_INVALID`, `SEGMENT_INDEX_INVALID`, `SEGMENT_OUT_OF_RANGE`, `SEGMENT_INVALID`,
 * `SEGMENT_NOT_FOUND`, `SEGMENT_IS_COPY`, `SEGMENT_CONTRADICTORY`, `MAP_INVALID`, `WORKFLOW_*`), `PointerError`,
 * `IntegrityError`, `StoreError`.
 */
export async function resolveSegment<V>(
  reader: ValueReader<V>,
  event: V,
  blobs: BlobReader,
  options: ResolveOptions = {},
): Promise<ResolvedSegment<V>> {
  const call = parseCall(reader, event);
  const direct = programInEvent(reader, call);
  // The event carries the program of its own index and of no other.
  if (direct && (options.index === undefined || options.index === direct.segmentIndex)) return direct;
  return new Resolution(reader, call, blobs, options).resolve();
}

function programInEvent<V>(reader: ValueReader<V>, call: Call<V>): ResolvedSegment<V> | undefined {
  for (const level of call.levels) {
    const value = reader.member(level, 'segment_config');
    if (!isProgram(reader, value) || isAddedProgram(reader, value)) continue;
    assertNotLeftOver(reader, level);
    return {
      segmentConfig: checkedProgram(reader, value),
      segmentIndex: indexOrUndefined(reader, level),
      source: 'event',
    };
  }
  return undefined;
}

/**
 * Release 0.1.0 added `segment_config` and `segment_index` without a mark. In a complete bag whose `segment_to_run` has
 * gone on since, they are the program of an earlier segment. Throws `BagError` `SEGMENT_CONTRADICTORY`.
 */
function assertNotLeftOver<V>(reader: ValueReader<V>, level: V): void {
  const [index, next] = ['segment_index', 'segment_to_run'].map((name) => indexOrUndefined(reader, level, [name]));
  if (!isComplete(reader, level) || index === undefined || next === undefined || index === next) return;
  throw new BagError(
    'SEGMENT_CONTRADICTORY',
    `the bag has a segment_config for segment_index ${index} next to segment_to_run ${next}; an earlier release of the shim left it there. ` +
      'Remove segment_config and segment_index from the bag',
  );
}

function indexOrUndefined<V>(reader: ValueReader<V>, level: V, names?: readonly string[]): number | undefined {
  try {
    return parseSegmentIndex(reader, level, names);
  } catch (error) {
    // The program is at hand; an index nobody needs must not stand in its way.
    if (error instanceof BagError) return undefined;
    throw error;
  }
}

/** One resolution: what was asked, and the dead pointers met on the way. */
class Resolution<V> {
  /** The first of them, thrown when nothing else yields. */
  private gone: StateBagError | undefined;
  private isMapGone = false;

  constructor(
    private readonly reader: ValueReader<V>,
    private readonly call: Call<V>,
    private readonly blobs: BlobReader,
    private readonly options: ResolveOptions,
  ) {}

  async resolve(): Promise<ResolvedSegment<V>> {
    const owner = this.call.sites.find((site) => site.ownerId !== undefined)?.ownerId;
    const branch = await branchMap(this.reader, this.call, (pointer) => this.load(pointer, owner));
    if (branch) return this.pick(branch.map, this.options.index ?? branch.index, 'branch-map', owner);
    const index = this.index();
    for (const site of this.call.sites) {
      const found = await this.resolveIn(site, index);
      if (found) return found;
    }
    throw this.gone ?? notFound();
  }

  private index(): number {
    if (this.options.index !== undefined) return this.options.index;
    for (const level of [...this.call.levels, ...this.call.sites.map((site) => site.value)]) {
      const index = parseSegmentIndex(this.reader, level);
      if (index !== undefined) return index;
    }
    return 0;
  }

  /** What is inline or verified first; only then what is at keys that another run may have written again. */
  private async resolveIn(site: BagSite<V>, index: number): Promise<ResolvedSegment<V> | undefined> {
    for (const trust of ['safe', 'mutable'] as const) {
      const found =
        (await this.fromMap(site, index, trust)) ??
        (trust === 'mutable' ? await this.fromMapPath(site, index, trust) : undefined) ??
        (await this.fromManifest(site, index, trust)) ??
        (trust === 'safe' ? await this.fromMapPath(site, index, trust) : undefined) ??
        (trust === 'safe' ? await this.fromInlineManifest(site, index) : undefined) ??
        (await this.fromConfig(site, index, trust));
      if (found) return found;
    }
    return undefined;
  }

  private async fromMap(site: BagSite<V>, index: number, trust: Trust): Promise<ResolvedSegment<V> | undefined> {
    const field = site.map;
    if (field.state === 'inline')
      return trust === 'safe' ? this.pickUsable(field.value, index, 'inline-map', site) : undefined;
    if (field.state !== 'pointer' || !this.mayAsk(field.pointer, trust)) return undefined;
    const map = await this.loadMap(field.pointer, site);
    return map === undefined ? undefined : this.pickUsable(map, index, 'map-pointer', site);
  }

  private async fromMapPath(site: BagSite<V>, index: number, trust: Trust): Promise<ResolvedSegment<V> | undefined> {
    if (site.mapPath.state !== 'pointer' || !this.mayAsk(site.mapPath.pointer, trust)) return undefined;
    const map = await this.loadMap(site.mapPath.pointer, site);
    return map === undefined ? undefined : this.pickUsable(map, index, 'map-path', site);
  }

  private async fromManifest(site: BagSite<V>, index: number, trust: Trust): Promise<ResolvedSegment<V> | undefined> {
    for (const pointer of this.manifestPointers(site)) {
      if (!this.mayAsk(pointer, trust)) continue;
      const document = await this.loadUnlessGone(pointer, site);
      const entries = document === undefined ? undefined : detectManifestEntries(this.reader, document);
      if (entries === undefined) continue;
      const entry = manifestEntryAt(this.reader, document!, entries, index);
      if (entry === undefined) throw outOfRange(index, 'the segment manifest');
      return this.program(entry, index, 'manifest', site.ownerId);
    }
    return undefined;
  }

  private fromInlineManifest(
    { inlineManifest, ownerId }: BagSite<V>,
    index: number,
  ): Promise<ResolvedSegment<V>> | undefined {
    if (inlineManifest === undefined || !holdsPrograms(this.reader, inlineManifest)) return undefined;
    return this.pick(inlineManifest, index, 'manifest', ownerId);
  }

  private manifestPointers(site: BagSite<V>): readonly Pointer[] {
    const levels = this.call.levels.filter((level) => !this.call.sites.some(({ value }) => value === level));
    const alias = (level: V, name: string) => detectPath(this.reader, level, name);
    const fields = [
      site.manifestPath,
      site.manifestAlias,
      ...levels.flatMap((level) => [alias(level, 'segment_manifest_s3_path'), alias(level, 'manifest_s3_path')]),
    ];
    const pointers = fields.flatMap((field) => (field.state === 'pointer' ? [field.pointer] : []));
    return [
      ...new Map(
        pointers.map((pointer) => [`${pointer.target?.bucket ?? ''}/${pointer.target?.key ?? ''}`, pointer]),
      ).values(),
    ];
  }

  private async fromConfig(site: BagSite<V>, index: number, trust: Trust): Promise<ResolvedSegment<V> | undefined> {
    if (configTrust(this.reader, site) !== trust) return undefined;
    const config = await this.config(site, trust);
    if (config === undefined) return undefined;
    const opened = openText(this.reader, config);
    if (!isObject(this.reader, opened))
      throw new BagError('CONFIG_INVALID', `workflow_config is ${this.reader.kind(opened)}, not an object`);
    const cut = cutOf(this.reader, opened);
    this.gone ??= cut.error;
    return cut.map === undefined ? undefined : this.pick(cut.map, index, 'config', site.ownerId);
  }

  private async config(site: BagSite<V>, trust: Trust): Promise<V | undefined> {
    if (site.config.state === 'inline' && !isHollow(this.reader, site.config.value)) return site.config.value;
    const field = site.config.state === 'pointer' ? site.config : site.configPath;
    if (field.state !== 'pointer' || !this.mayAsk(field.pointer, trust)) return undefined;
    return this.loadUnlessGone(field.pointer, site);
  }

  /** A map that can hold segments; user data of the same name and an empty map pass on to the next source. */
  private pickUsable(
    value: V,
    index: number,
    source: ProgramSource,
    site: BagSite<V>,
  ): Promise<ResolvedSegment<V>> | undefined {
    const map = openText(this.reader, value);
    const kind = this.reader.kind(map);
    if (kind !== 'array' && kind !== 'object')
      throw new BagError('MAP_INVALID', `partition_map is ${kind}, where a list or a dict of segments was expected`);
    if (isEmptyMap(this.reader, map) || isContentPartition(this.reader, map)) return undefined;
    return this.pick(map, index, source, site.ownerId);
  }

  private async pick(
    map: V,
    index: number,
    source: ProgramSource,
    owner: string | undefined,
  ): Promise<ResolvedSegment<V>> {
    const entry = entryAt(this.reader, map, index);
    if (entry === undefined) throw outOfRange(index, 'the map');
    return this.program(entry, index, source, owner);
  }

  private async program(
    entry: V,
    index: number,
    source: ProgramSource,
    owner: string | undefined,
  ): Promise<ResolvedSegment<V>> {
    const program = programOf(this.reader, entry);
    const value =
      'pointer' in program ? checkedProgram(this.reader, await this.load(program.pointer, owner)) : program.value;
    return { segmentConfig: value, segmentIndex: index, source };
  }

  /** After a dead pointer to the map only what is verified is as good as what is lost. */
  private mayAsk(pointer: Pointer, trust: Trust): boolean {
    return isVerified(pointer) ? trust === 'safe' : trust === 'mutable' && !this.isMapGone;
  }

  private async loadMap(pointer: Pointer, site: BagSite<V>): Promise<V | undefined> {
    const map = await this.loadUnlessGone(pointer, site);
    this.isMapGone ||= map === undefined;
    return map;
  }

  private async loadUnlessGone(pointer: Pointer, site: BagSite<V>): Promise<V | undefined> {
    try {
      return await this.load(pointer, site.ownerId);
    } catch (error) {
      if (!(error instanceof StateBagError) || !GONE.has(error.code)) throw error;
      this.gone ??= error;
      return undefined;
    }
  }

  private load(pointer: Pointer, owner: string | undefined): Promise<V> {
    return loadValue(this.reader, pointer, owner, this.blobs, this.options.signal);
  }
}

function outOfRange(index: number, where: string): BagError {
  return new BagError('SEGMENT_OUT_OF_RANGE', `${where} has no segment ${index}; nothing is run in its place`);
}

function notFound(): BagError {
  return new BagError(
    'SEGMENT_NOT_FOUND',
    'segment_config not found: the event carries no program, no map, no manifest path and no workflow_config that leads to one',
  );
}
