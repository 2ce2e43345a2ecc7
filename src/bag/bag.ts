import { detectDigest } from '../content-address.js';
import { assertOneOwner, bagLevels, detectEnvelope, detectId, identityOf, nestedCopies } from './envelope.js';
import type { Envelope, EnvelopeLevel, Identity } from './envelope.js';
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
import { detectTarget, detectValuePointer } from './pointers.js';
import type { Pointer } from './pointers.js';
import { isMissing, isObject } from './reader.js';
import type { ValueReader } from './reader.js';

/**
 * What stands under one of the two old names, or under a `*_s3_path` name. `empty` is null or `""`: the member is
 * there and says nothing.
 */
export type Field<V> =
  | { readonly state: 'absent' }
  | { readonly state: 'empty' }
  | { readonly state: 'inline'; readonly value: V }
  | { readonly state: 'pointer'; readonly value: V; readonly pointer: Pointer };

/** Reads `workflow_config` or `partition_map`. */
export function detectField<V>(reader: ValueReader<V>, bag: V, name: string): Field<V> {
  const value = reader.member(bag, name);
  if (value === undefined) return { state: 'absent' };
  if (isMissing(reader, value) || reader.text(value) === '') return { state: 'empty' };
  const pointer = detectValuePointer(reader, value);
  return pointer ? { state: 'pointer', value, pointer } : { state: 'inline', value };
}

/** Reads a `*_s3_path` member, where a bare key is a pointer too. What is no string counts as inline data. */
export function detectPath<V>(reader: ValueReader<V>, bag: V, name: string): Field<V> {
  const field = detectField(reader, bag, name);
  if (field.state !== 'inline') return field;
  const text = reader.text(field.value);
  if (text === undefined) return field;
  return { state: 'pointer', value: field.value, pointer: { dialect: 's3-path', target: detectTarget(text) } };
}

/**
 * `fat`: a value is inline. `bridge`: pointers of an older form stand for it. `lean`: nothing is left to offload.
 * `foreign`: not a bag.
 */
export type Generation = 'fat' | 'bridge' | 'lean' | 'foreign';

/** The only version there is of the lean form. */
export const LEAN_VERSION = 2;

/** One bag in a document, and what stands in it. A document nests a second one where a merge put it there. */
export interface BagSite<V> {
  /** Member names from the root of the document. */
  readonly path: readonly string[];
  readonly value: V;
  readonly ownerId: string | undefined;
  readonly workflowId: string | undefined;
  readonly config: Field<V>;
  readonly map: Field<V>;
  readonly configPath: Field<V>;
  readonly mapPath: Field<V>;
  readonly manifestPath: Field<V>;
  /** `manifest_s3_path`, which is asked after `segment_manifest_s3_path`. */
  readonly manifestAlias: Field<V>;
  /** `segment_manifest`, when it is there and not null. */
  readonly inlineManifest: V | undefined;
  readonly markers: readonly string[];
  /** The bag says it is lean. A hint, not proof: an old runner may have merged inline fields back. */
  readonly stamped: boolean;
  readonly generation: Exclude<Generation, 'foreign'>;
}

export interface Detection<V> {
  readonly generation: Generation;
  readonly envelope: Envelope<V> | undefined;
  /** Innermost first; empty when the document is foreign. */
  readonly sites: readonly BagSite<V>[];
}

/** Finds the bags of a document and their generation. Never throws; follows nothing. */
export function detect<V>(reader: ValueReader<V>, root: V): Detection<V> {
  const envelope = detectEnvelope(reader, root);
  const sites = bagLevels(reader, envelope).map((level) => detectSite(reader, level));
  return { generation: fattest(sites), envelope, sites };
}

/** Owner and workflow of a document; both undefined when it is foreign. */
export function idsOf<V>(reader: ValueReader<V>, { envelope, sites }: Detection<V>): Identity {
  return envelope && sites.length > 0 ? identityOf(reader, envelope) : { ownerId: undefined, workflowId: undefined };
}

/**
 * The bags of a handler's answer, innermost first: copies under `Payload` and `bag` lend nothing, and are slimmed as
 * well.
 */
export function answerSites<V>(reader: ValueReader<V>, { envelope, sites }: Detection<V>): readonly BagSite<V>[] {
  if (!envelope || sites.length === 0) return sites;
  return [...nestedCopies(reader, envelope).map((level) => detectSite(reader, level)), ...sites];
}

/** Throws `BagError` `OWNER_MISMATCH` when levels of a document with a bag name different owners or workflows. */
export function assertOwned<V>(reader: ValueReader<V>, { envelope, sites }: Detection<V>): void {
  if (envelope && sites.length > 0) assertOneOwner(reader, envelope);
}

function fattest<V>(sites: readonly BagSite<V>[]): Generation {
  const order = ['fat', 'bridge', 'lean'] as const;
  return order.find((generation) => sites.some((site) => site.generation === generation)) ?? 'foreign';
}

export function detectSite<V>(reader: ValueReader<V>, level: EnvelopeLevel<V>): BagSite<V> {
  const bag = level.value;
  const manifest = reader.member(bag, MANIFEST);
  const version = reader.member(bag, VERSION);
  const fields = {
    config: detectField(reader, bag, CONFIG),
    map: detectField(reader, bag, MAP),
    configPath: detectPath(reader, bag, CONFIG_PATH),
    mapPath: detectPath(reader, bag, MAP_PATH),
    manifestPath: detectPath(reader, bag, MANIFEST_PATH),
    manifestAlias: detectPath(reader, bag, MANIFEST_ALIAS),
    inlineManifest: manifest !== undefined && reader.kind(manifest) !== 'null' ? manifest : undefined,
  };
  return {
    path: level.path,
    value: bag,
    ownerId: detectId(reader, bag, 'ownerId'),
    workflowId: detectId(reader, bag, 'workflowId'),
    ...fields,
    markers: INIT_MARKERS.filter((name) => reader.member(bag, name) !== undefined),
    stamped: version !== undefined && reader.number(version) === LEAN_VERSION,
    generation: generationOf(reader, fields, reader.member(bag, 'manifest_id') !== undefined),
  };
}

type Fields<V> = Pick<
  BagSite<V>,
  'config' | 'map' | 'configPath' | 'mapPath' | 'manifestPath' | 'manifestAlias' | 'inlineManifest'
>;

const MANIFEST_MEMBERS = new Set<string>([MANIFEST_PATH, MANIFEST_ALIAS, MANIFEST]);

/** The manifest of the newest era is held against a database row, not rewritten. */
function generationOf<V>(reader: ValueReader<V>, fields: Fields<V>, isNewest: boolean): BagSite<V>['generation'] {
  const { config, map } = fields;
  if (config.state === 'inline' || map.state === 'inline') return 'fat';
  if (config.state === 'pointer' || map.state === 'pointer') return 'bridge';
  return listMutableMembers(reader, fields).some((name) => !isNewest || !MANIFEST_MEMBERS.has(name))
    ? 'bridge'
    : 'lean';
}

/** Names of the members that lead, themselves or by their entries, to a key that a later run may write again. */
export function listMutableMembers<V>(reader: ValueReader<V>, fields: Fields<V>): readonly string[] {
  const named = [
    [CONFIG, fields.config],
    [MAP, fields.map],
    [CONFIG_PATH, fields.configPath],
    [MAP_PATH, fields.mapPath],
    [MANIFEST_PATH, fields.manifestPath],
    [MANIFEST_ALIAS, fields.manifestAlias],
  ] as const;
  const names = named
    .filter(([, field]) => field.state === 'pointer' && isMutableKey(field.pointer))
    .map(([name]) => name);
  const inline = fields.inlineManifest;
  const isInlineMutable =
    inline !== undefined && (listMutablePaths(reader, inline).length > 0 || holdsMutableTarget(reader, inline));
  return isInlineMutable ? [...names, MANIFEST] : names;
}

/** The paths at mutable keys in an inline list of pointers. */
export function listMutablePaths<V>(reader: ValueReader<V>, inline: V): readonly Field<V>[] {
  const pointers = reader
    .items(inline)
    .filter((item) => isObject(reader, item) && reader.member(item, 'segment_config') === undefined);
  return pointers.map((item) => detectPath(reader, item, MANIFEST_ALIAS)).filter(isMutable);
}

/** True when an inline manifest has a pointer to a mutable key in place of a program. */
export function holdsMutableTarget<V>(reader: ValueReader<V>, inline: V): boolean {
  return reader.items(inline).some((item) => {
    const program = isObject(reader, item) ? reader.member(item, 'segment_config') : undefined;
    const pointer = program === undefined ? undefined : detectValuePointer(reader, program);
    return pointer !== undefined && isMutableKey(pointer);
  });
}

/** Keys with a time in them, as two legacy writers made them. */
const WRITTEN_ONCE =
  /^(?:workflows\/[^/]+\/executions\/[^/]+\/(?:workflow_config|partition_map)(?:_seg\d+)?_\d+|workflow-states\/[^/]+\/[^/]+\/workflow_config_\d+)\.json$/;

/** True for a key that a later run may write again. A checksum tells other bytes, and brings none back. */
export function isMutableKey({ target, md5 }: Pointer): boolean {
  const key = target?.key ?? '';
  return (
    detectDigest(key) === undefined && !NEWEST_MANIFEST.test(key) && !(md5 !== undefined && WRITTEN_ONCE.test(key))
  );
}

/** The newest era names each manifest by an id of its own; no run writes such a key again. */
const NEWEST_MANIFEST = /(?:^|\/)manifests\/[^/]+\.json$/;

/** True for a pointer to a key that a later run may write again. */
export function isMutable<V>(field: Field<V>): boolean {
  return field.state === 'pointer' && isMutableKey(field.pointer);
}

/** True when the pointer's key holds a SHA-256: a content address, which can never name other bytes. */
export function holdsDigest<V>(field: Field<V>): boolean {
  return field.state === 'pointer' && detectDigest(field.pointer.target?.key) !== undefined;
}
