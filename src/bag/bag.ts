import { detectDigest } from '../content-address.js';
import {
  assertOneOwner,
  assertValidIds,
  bagLevels,
  detectEnvelope,
  detectId,
  detectIdentity,
  leadsToProgram,
  nestedCopies,
} from './envelope.js';
import type { Envelope, EnvelopeLevel, Identity, OutsideNames } from './envelope.js';
import {
  CONFIG,
  CONFIG_PATH,
  INIT_MARKERS,
  MANIFEST,
  MANIFEST_ALIAS,
  MANIFEST_PATH,
  MAP,
  MAP_PATH,
  VERSION,
} from './members.js';
import { isWrittenOnce } from './places.js';
import type { AddressRule, BagIds } from './places.js';
import { detectTarget, detectValuePointer } from './pointers.js';
import type { Pointer } from './pointers.js';
import { isEmptyContainer } from './segments.js';
import { isMissing, isObject, textMember } from './value.js';
import type { Value } from './value.js';

/**
 * What a bag has under one of the two old names, or under a `*_s3_path` name. `empty` is null, `""`, `{}`, `[]`, the
 * text of one of these two, or a list of nulls only: the member is there, and no reader takes anything from it. Such a
 * value is never offloaded.
 */
export type Field<V extends Value = Value> =
  | { readonly state: 'absent' }
  | { readonly state: 'empty' }
  | { readonly state: 'inline'; readonly value: V }
  | { readonly state: 'pointer'; readonly value: V; readonly pointer: Pointer };

const byDefaultLayout: AddressRule = ({ key }) => detectDigest(key);

/** `""`, and JSON text of an object or a list without members. */
const EMPTY_TEXT = /^(?:[ \t\n\r]*(?:\{[ \t\n\r]*\}|\[[ \t\n\r]*\])[ \t\n\r]*)?$/;

/** Reads `workflow_config` or `partition_map`. */
export function detectField<V extends Value>(value: V | undefined, rule = byDefaultLayout): Field<V> {
  if (value === undefined) return { state: 'absent' };
  if (isMissing(value) || isEmptyContainer(value) || EMPTY_TEXT.test(value.text() ?? '-')) return { state: 'empty' };
  const pointer = detectValuePointer(value);
  return pointer ? { state: 'pointer', value, pointer: withDigest(pointer, rule) } : { state: 'inline', value };
}

/** True when a member is absent or says nothing. */
export function isEmpty({ state }: Field): boolean {
  return state === 'absent' || state === 'empty';
}

/** Reads a `*_s3_path` member, where a bare key is a pointer. A value that is not a string counts as inline data. */
export function detectPath<V extends Value>(value: V | undefined, rule = byDefaultLayout): Field<V> {
  const field = detectField(value, rule);
  if (field.state !== 'inline') return field;
  const text = field.value.text();
  if (text === undefined) return field;
  const pointer = withDigest({ dialect: 's3-path', target: detectTarget(text) }, rule);
  return { state: 'pointer', value: field.value, pointer };
}

/** A pointer with the digest in its key, when the rule says that it has one. */
export function withDigest(pointer: Pointer, rule: AddressRule): Pointer {
  return pointer.target ? { ...pointer, sha256: rule(pointer.target) } : pointer;
}

/** The digest in the key of a pointer. For a pointer that is not read as part of a bag, by the default layout. */
export function digestInPointer(pointer: Pointer): string | undefined {
  return 'sha256' in pointer ? pointer.sha256 : detectDigest(pointer.target?.key);
}

/**
 * `fat`: a value is inline. `bridge`: pointers of an older form stand for it. `lean`: nothing is left to offload.
 * `foreign`: not a bag.
 */
export type Generation = 'fat' | 'bridge' | 'lean' | 'foreign';

/** The version of a bag that no migration has changed, or whose members are in an older form. It has no stamp. */
export const LEGACY_VERSION = 1;

/** The first version of the lean form. */
export const LEAN_VERSION = 2;

/** The members of a bag that hold a program or name where one is stored. */
export interface ProgramFields<V extends Value = Value> {
  readonly config: Field<V>;
  readonly map: Field<V>;
  readonly configPath: Field<V>;
  readonly mapPath: Field<V>;
  readonly manifestPath: Field<V>;
  /** `manifest_s3_path`, which is asked after `segment_manifest_s3_path`. */
  readonly manifestAlias: Field<V>;
  /** `segment_manifest`, when it is there and not null. */
  readonly inlineManifest: V | undefined;
  /** Which targets of pointers are content addresses. */
  readonly addresses: AddressRule;
}

export interface BagOptions<V extends Value = Value> {
  /** Member names from the root of the document. */
  readonly path?: readonly string[];
  /** Members that count in place of the bag's own. */
  readonly borrowed?: ReadonlyMap<string, V>;
  /** Default: those in keys of the default layout. */
  readonly addresses?: AddressRule | undefined;
  /** The ids of its document, which decide where its pointers may lead and under whom its blobs are stored. */
  readonly ids?: BagIds | undefined;
}

/** One bag of a document, read once. A document nests a second one where a merge put it there. */
export class Bag<V extends Value = Value> implements ProgramFields<V> {
  /** Member names from the root of the document. */
  readonly path: readonly string[];
  readonly #borrowed: ReadonlyMap<string, V>;
  readonly ownerId: string | undefined;
  readonly workflowId: string | undefined;
  /** `idempotency_key`, which keys of legacy writers name. */
  readonly executionId: string | undefined;
  readonly config: Field<V>;
  readonly map: Field<V>;
  readonly configPath: Field<V>;
  readonly mapPath: Field<V>;
  readonly manifestPath: Field<V>;
  readonly manifestAlias: Field<V>;
  readonly inlineManifest: V | undefined;
  readonly addresses: AddressRule;
  readonly markers: readonly string[];
  /** The bag says it is lean, in any version. A hint, not proof: an old runner may have merged inline fields back. */
  readonly isStamped: boolean;
  readonly generation: Exclude<Generation, 'foreign'>;

  /** Reads the members of a bag. */
  constructor(
    readonly value: V,
    { path = [], borrowed = NONE, addresses = byDefaultLayout, ids }: BagOptions<V> = {},
  ) {
    this.path = path;
    this.addresses = addresses;
    this.#borrowed = borrowed;
    const member = (name: string) => this.get(name);
    const manifest = member(MANIFEST);
    this.ownerId = ids?.ownerId ?? detectId(value, 'ownerId');
    this.workflowId = ids?.workflowId ?? detectId(value, 'workflowId');
    this.executionId = executionIn(value) ?? ids?.executionId;
    this.config = detectField(member(CONFIG), addresses);
    this.map = detectField(member(MAP), addresses);
    this.configPath = detectPath(member(CONFIG_PATH), addresses);
    this.mapPath = detectPath(member(MAP_PATH), addresses);
    this.manifestPath = detectPath(member(MANIFEST_PATH), addresses);
    this.manifestAlias = detectPath(member(MANIFEST_ALIAS), addresses);
    this.inlineManifest = isMissing(manifest) ? undefined : manifest;
    this.markers = INIT_MARKERS.filter((name) => member(name) !== undefined);
    this.isStamped = detectStamp(member(VERSION)) !== undefined;
    this.generation = detectGeneration(this, member('manifest_id') !== undefined);
  }

  /** The member's value, a borrowed one first. */
  get(name: string): V | undefined {
    return this.#borrowed.get(name) ?? this.value.member(name);
  }

  /**
   * The version of the bag. The members decide first, because an old runner may merge inline values into a stamped bag.
   * A lean bag has the version of its stamp, and version 2 when the stamp is absent or not that of a lean version.
   */
  get version(): number {
    if (this.generation !== 'lean') return LEGACY_VERSION;
    return detectStamp(this.get(VERSION)) ?? LEAN_VERSION;
  }

  /**
   * A bag of the January eras, whose readers do not know `__s3_pointer__`. `light_config` counts whatever its value is.
   * Later rows have a `state_s3_path` of null.
   */
  get isFlatEra(): boolean {
    return this.get('light_config') !== undefined || !isMissing(this.get('state_s3_path'));
  }

  /**
   * Seconds since 1970 that pointers in this bag have as their time: the start of the execution, never the clock, so
   * that the same bag always gets the same pointers. 0 without one.
   */
  get createdAt(): number {
    const seconds = this.value.member('start_time')?.number();
    return seconds !== undefined && Number.isFinite(seconds) ? seconds : 0;
  }
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/** The version that a stamp says, when it is that of a lean bag. A later version than this build knows is one, too. */
function detectStamp(value: Value | undefined): number | undefined {
  const stamp = value?.number();
  return stamp !== undefined && Number.isInteger(stamp) && stamp >= LEAN_VERSION ? stamp : undefined;
}

/**
 * The ids of every bag in a document, also of one that a merge nested without ids of its own. A bag that names no
 * execution has that of the innermost level that names one.
 */
export function documentIds(envelope: Envelope, identity = detectIdentity(envelope)): BagIds {
  const executions = envelope.levels.map(({ value }) => executionIn(value));
  return { ...identity, executionId: executions.findLast((name) => name !== undefined) };
}

/** The execution that a level names. `""` names none, as with the other ids. */
function executionIn(value: Value): string | undefined {
  const name = textMember(value, 'idempotency_key');
  return name === '' ? undefined : name;
}

/**
 * A stored document or an event, read once: the way to its bags, and the bags. Reading never throws and follows no
 * pointer.
 *
 * @example
 *     const document = new BagDocument(readDocument(bytes));
 *     document.generation; // 'fat'
 */
export class BagDocument<V extends Value = Value> {
  readonly envelope: Envelope<V> | undefined;
  readonly #levels: readonly EnvelopeLevel<V>[];
  #bags: readonly Bag<V>[] | undefined;
  #ids: Identity | undefined;

  /**
   * `mayHaveBags` is false for a document whose bag is at a place where none is looked for. `addresses` says which keys
   * are content addresses.
   */
  constructor(
    readonly root: V,
    mayHaveBags = true,
    private readonly addresses?: AddressRule,
  ) {
    this.envelope = detectEnvelope(root);
    this.#levels = bagLevels(mayHaveBags ? this.envelope : undefined);
  }

  /** Innermost first; empty when the document is not a bag. Read when they are asked for. */
  get bags(): readonly Bag<V>[] {
    this.#bags ??= this.readLevels(this.#levels);
    return this.#bags;
  }

  /** That of the bag which has the most inline. */
  get generation(): Generation {
    const order = ['fat', 'bridge', 'lean'] as const;
    return order.find((generation) => this.bags.some((bag) => bag.generation === generation)) ?? 'foreign';
  }

  /** Owner and workflow; both undefined when the document is not a bag. */
  get ids(): Identity {
    this.#ids ??= this.envelope && this.#levels.length > 0 ? detectIdentity(this.envelope) : NO_IDS;
    return this.#ids;
  }

  /**
   * The bags of a handler's answer, innermost first: copies under `Payload` and `bag` lend nothing, and are slimmed as
   * well.
   */
  answerBags(): readonly Bag<V>[] {
    const copies = this.#copies();
    return copies.length === 0 ? this.bags : [...this.readLevels(copies), ...this.bags];
  }

  /** The places of the same. */
  answerLevels(): readonly EnvelopeLevel<V>[] {
    return [...this.#copies(), ...this.#levels];
  }

  #copies(): readonly EnvelopeLevel<V>[] {
    return this.envelope && this.#levels.length > 0 ? nestedCopies(this.envelope) : [];
  }

  /** Levels of this document as bags, whatever they hold. */
  readLevels(levels: readonly EnvelopeLevel<V>[]): readonly Bag<V>[] {
    if (levels.length === 0) return [];
    const ids = this.envelope && documentIds(this.envelope, this.#levels.length > 0 ? this.ids : undefined);
    return levels.map(({ value, path }) => new Bag(value, { path, addresses: this.addresses, ids }));
  }

  /**
   * Throws `BagError` for a document with a bag: `ID_INVALID` when an id is not valid, `OWNER_MISMATCH` when levels
   * name different owners or workflows, or others than are named outside of the document.
   */
  assertOneOwner(...outside: readonly OutsideNames[]): void {
    if (this.envelope && this.#levels.length > 0) assertOneOwner(this.envelope, outside);
  }

  /** Throws `BagError` `ID_INVALID` alone, for readers that do not ask whose bag it is. */
  assertValidIds(): void {
    if (this.envelope && this.#levels.length > 0) assertValidIds(this.envelope);
  }
}

const NO_IDS: Identity = { ownerId: undefined, workflowId: undefined };

const MANIFEST_MEMBERS = new Set<string>([MANIFEST_PATH, MANIFEST_ALIAS, MANIFEST]);

/** The manifest of the newest era is held against a database row, not rewritten. */
function detectGeneration(fields: ProgramFields, isNewest: boolean): Bag['generation'] {
  const { config, map } = fields;
  if (config.state === 'inline' || map.state === 'inline' || isManifestAlone(fields)) return 'fat';
  if (config.state === 'pointer' || map.state === 'pointer') return 'bridge';
  return listMutableMembers(fields).some((name) => !isNewest || !MANIFEST_MEMBERS.has(name)) ? 'bridge' : 'lean';
}

/** The members that may point to a program, with their names. */
export function listProgramFields<V extends Value>(fields: ProgramFields<V>): readonly (readonly [string, Field<V>])[] {
  return [
    [CONFIG, fields.config],
    [MAP, fields.map],
    [CONFIG_PATH, fields.configPath],
    [MAP_PATH, fields.mapPath],
    [MANIFEST_PATH, fields.manifestPath],
    [MANIFEST_ALIAS, fields.manifestAlias],
  ];
}

/** True when the only program of the bag is in its inline manifest. */
function isManifestAlone(fields: ProgramFields): boolean {
  const entries = fields.inlineManifest?.items() ?? [];
  const hasProgram = entries.some((entry) => isObject(entry.member('segment_config')));
  return hasProgram && !listProgramFields(fields).some(([, { state }]) => state === 'pointer');
}

/** True for a bag with a member of a program, of which none has or names a program. */
export function lacksProgram(bag: Bag): boolean {
  if (bag.generation !== 'lean' || holdsEntries(bag.inlineManifest)) return false;
  return leadsToProgram(bag.value) && listProgramFields(bag).every(([, field]) => isEmpty(field));
}

/** True for a manifest in which an entry or a pointer says something. */
function holdsEntries(manifest: Value | undefined): boolean {
  if (manifest?.kind() !== 'array') return manifest !== undefined && !isEmptyContainer(manifest);
  return manifest.items().some((entry) => !isMissing(entry) && !isEmptyContainer(entry));
}

/** Names of the members that lead, themselves or by their entries, to a key that a later run may write again. */
export function listMutableMembers(fields: ProgramFields): readonly string[] {
  const names = listProgramFields(fields)
    .filter(([, field]) => field.state === 'pointer' && isMutableKey(field.pointer))
    .map(([name]) => name);
  const inline = fields.inlineManifest;
  const { addresses } = fields;
  const isInlineMutable =
    inline !== undefined && (listMutablePaths(inline, addresses).length > 0 || holdsMutableTarget(inline, addresses));
  return isInlineMutable ? [...names, MANIFEST] : names;
}

/** The paths at mutable keys in an inline list of pointers. */
export function listMutablePaths<V extends Value>(inline: V, addresses: AddressRule): readonly Field<V>[] {
  const pointers = inline.items().filter((item) => isObject(item) && item.member('segment_config') === undefined);
  return pointers.map((item) => detectPath(item.member(MANIFEST_ALIAS), addresses)).filter(isMutable);
}

/** True when an inline manifest has a pointer to a mutable key in place of a program. */
export function holdsMutableTarget(inline: Value, addresses: AddressRule): boolean {
  return inline.items().some((item) => {
    const program = isObject(item) ? item.member('segment_config') : undefined;
    const pointer = program === undefined ? undefined : detectValuePointer(program);
    return pointer !== undefined && isMutableKey(withDigest(pointer, addresses));
  });
}

/**
 * True for a pointer to a key that a later run may write again. A checksum detects other bytes, but cannot restore the
 * old ones.
 */
export function isMutableKey(pointer: Pointer): boolean {
  const key = pointer.target?.key ?? '';
  if (digestInPointer(pointer) !== undefined || NEWEST_MANIFEST.test(key)) return false;
  return pointer.md5 === undefined || !isWrittenOnce(key);
}

/** The newest era names each manifest by an id of its own; no run writes such a key again. No folder is `.` or `..`. */
const NEWEST_MANIFEST = /^(?:(?!\.{1,2}\/)[^/]+\/)*manifests\/[^/]+\.json$/;

/** True for a pointer to a key that a later run may write again. */
export function isMutable(field: Field): boolean {
  return field.state === 'pointer' && isMutableKey(field.pointer);
}

/** True when the pointer's key holds a SHA-256: a content address, which can never name other bytes. */
export function holdsDigest(field: Field): boolean {
  return field.state === 'pointer' && digestInPointer(field.pointer) !== undefined;
}
