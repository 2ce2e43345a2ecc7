import { LRUCache } from 'lru-cache';
import { holdsDigest, isMutable } from '../bag/bag.js';
import type { Bag, Field } from '../bag/bag.js';
import type { MigrationContext } from '../bag/migration.js';
import type { ObjectValue } from '../bag/value.js';
import { MEMORY_PER_BYTE } from './blob-cache.js';
import { publish } from './diagnostics.js';
import { cloneJson } from './json-clone.js';
import { sameJson } from './same-json.js';

type BlobRefs = MigrationContext['blobRefs'];

/** A pair of inline values, as private copies, and where they were stored. */
interface KnownProgram {
  readonly config: unknown;
  readonly map: unknown;
  /** The bag had another way to its program than its config, which then gets no manifest made from it. */
  readonly hasProgramSource: boolean;
  readonly blobRefs: BlobRefs;
}

/**
 * Versions of one workflow that are remembered at a time; runners that mend a map in place make a new one each step.
 */
const MAX_VERSIONS = 4;

/**
 * Inline values that were offloaded before, so that meeting them again costs a comparison and neither hash nor store
 * call. They are compared in full with a private copy: no part of a value vouches for the rest of it.
 */
export class ProgramCache {
  readonly #known: LRUCache<string, readonly KnownProgram[]>;

  constructor(maxBytes: number) {
    this.#known = new LRUCache({ maxSize: Math.max(1, maxBytes), sizeCalculation: sizeOf });
  }

  find(bag: Bag<ObjectValue>): BlobRefs | undefined {
    if (!isCacheable(bag)) return undefined;
    const known = this.#known.get(keyOf(bag))?.find((program) => isSame(bag, program));
    publish('cache', () => ({ cache: 'program', outcome: known ? 'hit' : 'miss' }));
    return known?.blobRefs;
  }

  /** Copies what it keeps. Call it only when the blobs are known to be stored. */
  remember(bag: Bag<ObjectValue>, blobRefs: () => BlobRefs): void {
    const others = this.#known.get(keyOf(bag)) ?? [];
    if (!isCacheable(bag) || others.some((known) => isSame(bag, known))) return;
    const program = {
      config: cloneJson(inlineOf(bag.config)),
      map: cloneJson(inlineOf(bag.map)),
      hasProgramSource: hasProgramSource(bag),
      blobRefs: blobRefs(),
    };
    this.#known.set(keyOf(bag), [program, ...others].slice(0, MAX_VERSIONS));
  }
}

function keyOf({ ownerId, workflowId }: Bag<ObjectValue>): string {
  return JSON.stringify([ownerId, workflowId]);
}

function sizeOf(programs: readonly KnownProgram[]): number {
  const bytes = programs
    .flatMap(({ blobRefs }) => Object.values(blobRefs))
    .reduce((sum, blobRef) => sum + blobRef.size, 0);
  return 1 + MEMORY_PER_BYTE * bytes;
}

/** Only what follows from the inline values alone; an inline manifest and a pointer are looked at each time. */
function isCacheable({ config, map, configPath, mapPath, inlineManifest, manifestAlias }: Bag<ObjectValue>): boolean {
  if (inlineManifest !== undefined || isMutable(manifestAlias) || (config.state !== 'inline' && map.state !== 'inline'))
    return false;
  return isSettled(config, configPath) && isSettled(map, mapPath);
}

function isSettled(field: Field<ObjectValue>, path: Field<ObjectValue>): boolean {
  return field.state === 'inline' || (field.state !== 'pointer' && (path.state !== 'pointer' || holdsDigest(path)));
}

function inlineOf(field: Field<ObjectValue>): unknown {
  return field.state === 'inline' ? field.value.raw : undefined;
}

/** A manifest at a mutable key does not count: the one made of the config takes its place. */
function hasProgramSource({ map, manifestPath, mapPath }: Bag<ObjectValue>): boolean {
  return map.state === 'inline' || holdsDigest(manifestPath) || mapPath.state === 'pointer';
}

function isSame(bag: Bag<ObjectValue>, known: KnownProgram): boolean {
  return (
    hasProgramSource(bag) === known.hasProgramSource &&
    sameJson(inlineOf(bag.map), known.map) &&
    sameJson(inlineOf(bag.config), known.config)
  );
}
