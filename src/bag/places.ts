import { parseAllowedPrefix } from '../allowed-prefix.js';
import { addressTemplates, detectDigest, matchTail, matchTemplate } from '../content-address.js';
import type { KeyTemplates, PlaceholderParts } from '../content-address.js';
import { PointerError } from '../errors/index.js';
import { encodeId, mutableTemplates } from './keys.js';

/** The ids of a bag that keys of its blobs name. */
export interface BagIds {
  readonly ownerId: string | undefined;
  readonly workflowId: string | undefined;
  /** `idempotency_key`: the id of the execution, as legacy writers put it into keys. */
  readonly executionId?: string | undefined;
}

/** What is configured about a store that decides where pointers may lead. */
export interface StoreReach {
  readonly bucket: string;
  /** Empty, or ending with `/`. */
  readonly prefix?: string;
  /** Key templates that differ from the default ones. */
  readonly layout?: KeyTemplates;
  /** Buckets in which the known layouts are allowed as well. */
  readonly allowBuckets?: readonly string[];
  /** `s3://bucket/prefix/`, or `prefix/` in the store's own bucket. */
  readonly allowPrefixes?: readonly string[];
}

/** Layouts of configs and maps with a time in the key: no run writes such a key again. */
const WRITTEN_ONCE = [
  'workflows/{w}/executions/{exec}/workflow_config_{ms}.json',
  'workflows/{w}/executions/{exec}/partition_map_{ms}.json',
  'workflows/{w}/executions/{exec}/workflow_config_seg{n}_{ms}.json',
  'workflows/{w}/executions/{exec}/partition_map_seg{n}_{ms}.json',
  'workflow-states/{o}/{w}/workflow_config_{sec}.json',
] as const;

/** True for a key of a config or map that a legacy writer wrote once. */
export function isWrittenOnce(key: string): boolean {
  return WRITTEN_ONCE.some((template) => matchTemplate(template, key) !== undefined);
}

/**
 * Keys of legacy writers, at the root of a bucket. `{o}`, `{w}` and `{exec}` are the ids of the bag as the bag spells
 * them; `{id}` names no owner.
 */
const LEGACY_LAYOUTS = [
  ...WRITTEN_ONCE,
  'workflow-states/{o}/{w}/segments/{n}/branches/{ms}/all_branches.json',
  'distributed-chunks/{o}/{w}/{exec}/chunks.json',
  'workflow-manifests/{o}/{w}/segment_manifest.json',
  'workflow-partitions/{o}/{w}/partition_map.json',
  'workflow-configs/{o}/{w}/config.json',
  'manifests/{id}.json',
] as const;

type Verdict = 'allowed' | 'other-owner' | 'other-execution' | 'other-place';

/** A key may be read if one layout allows it; else the most telling reason is reported. */
const VERDICTS: readonly Verdict[] = ['allowed', 'other-owner', 'other-execution', 'other-place'];

interface Address {
  readonly bucket: string;
  readonly key: string;
}

/** A pointer's target: a bare key is in the bucket of the store. */
interface Target {
  readonly bucket: string | undefined;
  readonly key: string;
}

/**
 * The digest of a pointer's target when it is a content address: by its key, or by its place as well. Without a rule,
 * keys of the default layout are.
 */
export type AddressRule = (target: Target) => string | undefined;

/**
 * Where pointers of a bag may lead: the configured and the default layout below the store's prefix, legacy layouts at
 * the root of an allowed bucket, and what is below an allowed prefix.
 */
export class Places {
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #buckets: ReadonlySet<string>;
  readonly #folders: readonly Address[];
  readonly #addresses: readonly string[];
  readonly #mutable: readonly string[];

  /** Throws `ConfigError` `PREFIX_INVALID`. */
  constructor({ bucket, prefix = '', layout, allowBuckets = [], allowPrefixes = [] }: StoreReach) {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#buckets = new Set(allowBuckets);
    this.#folders = allowPrefixes.map((text) => parseAllowedPrefix(text, bucket));
    this.#addresses = addressTemplates(layout);
    this.#mutable = mutableTemplates(layout);
  }

  /** The digest that the bytes at a key must have, in whatever place; `undefined` for a key of no such layout. */
  digestInKey(key: string): string | undefined {
    return detectDigest(key, this.#addresses);
  }

  /**
   * The digest of a content address that may be read, so that reading it verifies it. A key of that form in any other
   * place is no better than one that a later run writes again.
   */
  detectAddress(target: Target): string | undefined {
    const address = this.#resolve(target);
    if (!isPlainKey(address.key)) return undefined;
    const isHere =
      this.#isBelowFolder(address) ||
      this.#ownKeys(address).some((key) => this.#addresses.some((template) => matchTemplate(template, key)));
    return isHere ? this.digestInKey(address.key) : undefined;
  }

  /** Throws `PointerError` `POINTER_FOREIGN_OWNER` or `POINTER_NOT_ALLOWED`; touches no store. */
  assertAllowed(target: Target, ids: BagIds): void {
    const address = this.#resolve(target);
    const verdict = this.#judge(address, ids);
    if (verdict !== 'allowed') throw this.#refusal(verdict, address, ids);
  }

  #resolve({ bucket, key }: Target): Address {
    return { bucket: bucket ?? this.#bucket, key };
  }

  #judge(address: Address, ids: BagIds): Verdict {
    if (!isPlainKey(address.key)) return 'other-place';
    const own = this.#ownKeys(address).map((key) => this.#judgeOwn(key, ids));
    if (own.includes('allowed')) return 'allowed';
    const verdicts = [
      ...own,
      ...(this.#isOpen(address.bucket) ? [judgeLegacy(address.key, ids)] : []),
      ...(this.#isBelowFolder(address) ? [this.#judgeBelowFolder(address.key, ids)] : []),
    ];
    return VERDICTS.find((verdict) => verdicts.includes(verdict)) ?? 'other-place';
  }

  #isOpen(bucket: string): boolean {
    return bucket === this.#bucket || this.#buckets.has(bucket);
  }

  /** The key below the store's prefix. In an allowed bucket the same layouts may be at the root as well. */
  #ownKeys({ bucket, key }: Address): readonly string[] {
    if (!this.#isOpen(bucket)) return [];
    const below = key.startsWith(this.#prefix) ? [key.slice(this.#prefix.length)] : [];
    return this.#prefix !== '' && this.#buckets.has(bucket) ? [...below, key] : below;
  }

  #isBelowFolder({ bucket, key }: Address): boolean {
    return this.#folders.some((folder) => folder.bucket === bucket && key.startsWith(folder.key));
  }

  #judgeOwn(key: string, { ownerId, workflowId }: BagIds): Verdict {
    const owner = { ownerId: encodeId(ownerId) };
    const atAddresses = this.#addresses.map((template) => judgeNames(matchTemplate(template, key), owner));
    if (atAddresses.includes('allowed')) return 'allowed';
    // Another workflow writes its own program to such a key.
    const names = { ...owner, workflowId: encodeId(workflowId) };
    const verdicts = [
      ...atAddresses,
      ...this.#mutable.map((template) => judgeNames(matchTemplate(template, key), names)),
    ];
    return VERDICTS.find((verdict) => verdicts.includes(verdict))!;
  }

  /** Everything but what a known layout, in whatever folder, says is another owner's. */
  #judgeBelowFolder(key: string, { ownerId }: BagIds): Verdict {
    const verdicts = [
      ...[...this.#addresses, ...this.#mutable].map((template) =>
        judgeNames(matchTail(template, key), { ownerId: encodeId(ownerId) }),
      ),
      ...LEGACY_LAYOUTS.map((template) => judgeOwner(matchTail(template, key), ownerId)),
    ];
    return verdicts.includes('other-owner') && !verdicts.includes('allowed') ? 'other-owner' : 'allowed';
  }

  #refusal(verdict: Verdict, { bucket, key }: Address, { ownerId }: BagIds): PointerError {
    const shown = JSON.stringify(`s3://${bucket}/${key}`.slice(0, MAX_SHOWN));
    const context = { bucket, path: key.slice(0, MAX_SHOWN) };
    if (verdict === 'other-owner') {
      const owner = ownerId === undefined ? 'which names no owner' : JSON.stringify(ownerId.slice(0, MAX_SHOWN));
      return new PointerError(
        'POINTER_FOREIGN_OWNER',
        `the object ${shown} belongs to another owner than the bag (${owner}); it is not read`,
        { context },
      );
    }
    return new PointerError(
      'POINTER_NOT_ALLOWED',
      `the object ${shown} is not read: ${this.#reason(verdict, bucket)}`,
      {
        context,
      },
    );
  }

  #reason(verdict: Verdict, bucket: string): string {
    if (verdict === 'other-execution') return 'its key names another workflow or execution than the bag';
    if (!this.#isOpen(bucket) && !this.#folders.some((folder) => folder.bucket === bucket))
      return 'its bucket is not among the allowed ones. If you trust it, allow it: --allow-bucket NAME';
    return 'its key is in no known layout of this store. If you trust the folder, allow it: --allow-prefix s3://BUCKET/PREFIX/';
  }
}

/** Keys and ids come from outside; a message holds their beginning. */
const MAX_SHOWN = 200;

/** No part of a key is empty, `.` or `..`: it names the place that it seems to name. */
function isPlainKey(key: string): boolean {
  return !key.includes('\0') && !key.split('/').some((part) => part === '' || part === '.' || part === '..');
}

function judgeLegacy(key: string, { ownerId, workflowId, executionId }: BagIds): Verdict {
  const verdicts = LEGACY_LAYOUTS.map((template) => {
    const parts = matchTemplate(template, key);
    const owner = judgeOwner(parts, ownerId);
    return owner === 'allowed' ? judgeNames(parts, { w: workflowId, exec: executionId }) : owner;
  });
  return VERDICTS.find((verdict) => verdicts.includes(verdict))!;
}

/** A legacy key names its owner itself, or as the beginning of its execution: `{owner}#auto#…`. */
function judgeOwner(parts: PlaceholderParts | undefined, ownerId: string | undefined): Verdict {
  const named = judgeNames(parts, { o: ownerId });
  if (named !== 'allowed' || parts?.exec?.includes('#') !== true) return named;
  return ownerId !== undefined && parts.exec.startsWith(`${ownerId}#`) ? 'allowed' : 'other-owner';
}

/** Compares what a key names with what the bag names. */
function judgeNames(parts: PlaceholderParts | undefined, names: Readonly<Record<string, string | undefined>>): Verdict {
  if (parts === undefined) return 'other-place';
  const wrong = Object.entries(names).filter(([name, own]) => parts[name] !== undefined && parts[name] !== own);
  if (wrong.length === 0) return 'allowed';
  return wrong.some(([name]) => name === 'ownerId' || name === 'o') ? 'other-owner' : 'other-execution';
}

/** What following a pointer needs of a store. The store holds to its own buckets and to the digest in a key. */
export interface BlobReader extends StoreReach {
  /** Where pointers may lead, when the members above do not say it before the store is open. */
  places?(signal?: AbortSignal): Promise<Places>;
  /** Throws `IntegrityError` `DIGEST_MISMATCH` when the bytes do not have the digest `sha256`. */
  get(
    address: { readonly bucket: string; readonly key: string },
    options?: { readonly sha256?: string; readonly signal?: AbortSignal },
  ): Promise<Uint8Array>;
}

const known = new WeakMap<BlobReader, Places>();

/** Throws `ConfigError` `PREFIX_INVALID`. */
export function placesFor(blobs: BlobReader): Places {
  const places = known.get(blobs) ?? new Places(blobs);
  known.set(blobs, places);
  return places;
}
