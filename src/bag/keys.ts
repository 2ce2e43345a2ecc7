import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { detectDigest } from '../content-address.js';
import { ConfigError } from '../errors.js';
import { CONFIG, MANIFEST, MAP, OFFLOADED_MEMBERS, offloadRuleOf } from './members.js';
import type { OffloadedMember } from './members.js';

/**
 * What is offloaded: the two members that leave every bag, the manifest made from the second, and further members of a
 * bag that would not fit a payload.
 */
export type BlobKind = 'config' | 'map' | 'manifest' | 'member';

/**
 * Key templates under the store's prefix, with the placeholders `{ownerId}`, `{workflowId}` and `{sha256}`, and
 * `{member}` in that of a member.
 */
export type Layout = Readonly<Record<BlobKind, string>>;

/**
 * Content addresses: a key holds the digest of its bytes. The names once proposed without a digest let a second run
 * of an edited workflow overwrite the program of one that is still paused.
 */
export const DEFAULT_LAYOUT: Layout = {
  config: annotatedKey(CONFIG),
  map: annotatedKey(MAP),
  manifest: annotatedKey(MANIFEST),
  member: 'state-members/{ownerId}/{workflowId}/{sha256}/{member}.json',
};

/** As the lean schema says in `x-offload`. */
function annotatedKey(member: OffloadedMember): string {
  const { folder, file } = offloadRuleOf(member);
  return `${folder}/{ownerId}/{workflowId}/{sha256}/${file}`;
}

/** Longest encoded id kept readable, in bytes: a key segment must fit 255 bytes on a file system and 1,024 on S3. */
const MAX_SEGMENT_BYTES = 120;

const PLACEHOLDERS = /\{(ownerId|workflowId|sha256|member)\}/g;

/** Throws `ConfigError` `LAYOUT_INVALID` for a template that cannot hold what it names. */
export function parseLayout(layout: Partial<Layout> = {}): Layout {
  const merged = { ...DEFAULT_LAYOUT, ...layout };
  for (const [kind, template] of Object.entries(merged)) {
    if (!Object.hasOwn(DEFAULT_LAYOUT, kind))
      throw new ConfigError('LAYOUT_INVALID', `a layout has config, map, manifest and member, not "${kind}"`);
    const flaw = flawOfTemplate(kind as BlobKind, template);
    if (flaw !== undefined)
      throw new ConfigError('LAYOUT_INVALID', `the key template "${template}" for ${kind} ${flaw}`);
  }
  return merged;
}

/** What every key says, each as a whole folder or as the file name before its extension. */
const REQUIRED = ['{ownerId}', '{workflowId}', '{sha256}'] as const;

/** A folder of nothing but a placeholder. */
const FOLDER = /^\{[A-Za-z0-9]+\}$/;

/** The same as a file name, with an extension or without. */
const FILE = /^\{[A-Za-z0-9]+\}(\.[A-Za-z0-9._-]+)?$/;

function flawOfTemplate(kind: BlobKind, template: string): string | undefined {
  const rest = template.replace(PLACEHOLDERS, 'x');
  const parts = template.split('/');
  const isPlain =
    /^[A-Za-z0-9._/-]+$/.test(rest) && !rest.split('/').some((part) => part === '' || part === '.' || part === '..');
  if (!isPlain) return 'is not a plain relative key';
  const missing = REQUIRED.filter((name) => !template.includes(name));
  if (missing.length > 0)
    return `must hold ${missing.join(' and ')}: a key names its owner, its workflow and the digest of its bytes`;
  const isWhole = parts.every(
    (part, at) => !part.includes('{') || (at === parts.length - 1 ? FILE : FOLDER).test(part),
  );
  if (!isWhole) return 'must have each placeholder as a whole folder, or as the file name before its extension';
  if (kind !== 'member' && template.includes('{member}')) return 'must not hold {member}';
  const key = fill(template, { ownerId: 'owner', workflowId: 'workflow', sha256: 'digest', member: 'member' });
  return isKeyOfOwner(key, 'owner')
    ? undefined
    : "would be read as another owner's: {ownerId} must be right below that folder";
}

export interface KeyParts {
  readonly ownerId: string | undefined;
  readonly workflowId: string | undefined;
  readonly sha256: string;
  /** Name of the member, for the kind `member`. */
  readonly member?: string;
}

/** The key of a blob, without the store's prefix. */
export function formatKey(layout: Layout, kind: BlobKind, { ownerId, workflowId, sha256, member }: KeyParts): string {
  return fill(layout[kind], {
    ownerId: encodeId(ownerId),
    workflowId: encodeId(workflowId),
    sha256,
    member: encodeId(member),
  });
}

type PlaceholderValues = Readonly<Record<'ownerId' | 'workflowId' | 'sha256' | 'member', string>>;

function fill(template: string, values: PlaceholderValues): string {
  return piecesOf(template)
    .map((piece, index) => (index % 2 === 0 ? piece : values[piece as keyof PlaceholderValues]))
    .join('');
}

/** Text and placeholder in turn. Kept for the few templates there are: every bag has three keys to make. */
function piecesOf(template: string): readonly string[] {
  const known = pieces.get(template) ?? template.split(PLACEHOLDERS);
  pieces.set(template, known);
  return known;
}

const pieces = new LRUCache<string, readonly string[]>({ max: 64 });

/**
 * An id as one key segment: percent-encoded, so that no id leaves its prefix; `_` when there is none; a readable
 * beginning and a digest when it is too long. Different ids never share a segment.
 */
export function encodeId(id: string | undefined): string {
  if (id === undefined || id === '') return '_';
  const encoded = percentEncode(id);
  if (encoded.length <= MAX_SEGMENT_BYTES) return encoded;
  const digest = createHash('sha256').update(Buffer.from(id, 'utf16le')).digest('hex');
  return `${encoded.slice(0, 48).replace(/%[0-9A-F]?$/, '')}~${digest}`;
}

function percentEncode(id: string): string {
  if (/^[A-Za-z0-9-][A-Za-z0-9._-]*$/.test(id)) return id;
  // A lone surrogate has no UTF-8; its code unit is spelled out so that two such ids stay two.
  const text = Array.from(id, (char) =>
    /^[\ud800-\udfff]$/.test(char) ? `~u${char.charCodeAt(0).toString(16)}` : encodeChar(char),
  );
  const encoded = text.join('');
  return /^(\.{1,2}|_)$/.test(encoded) ? encoded.replace(/\.|_/g, (char) => (char === '.' ? '%2E' : '%5F')) : encoded;
}

function encodeChar(char: string): string {
  if (/^[A-Za-z0-9._-]$/.test(char)) return char;
  return Array.from(Buffer.from(char, 'utf8'), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(
    '',
  );
}

/** Folders below which a key names its owner, in the shim's own layout and in those of the legacy writers. */
const OWNED_FOLDERS = new Set([
  ...OFFLOADED_MEMBERS.map(({ folder }) => folder),
  'state-members',
  'workflow-states',
  'distributed-chunks',
  'distributed-states',
]);

/** Folders of legacy keys that go on with an idempotency key, `{owner}#…`, or with an id that names nobody. */
const EXECUTION_FOLDERS = new Set(['workflow-state', 'snapshots', 'final-states']);

/** The rest of a key from where it can name an owner, and what then ends the name. */
interface OwnedPart {
  readonly text: string;
  readonly end: '/' | '#';
}

/** Every place of a key that names an owner; a prefix of the store or a workflow may bear the name of such a folder. */
function detectOwnedParts(key: string): readonly OwnedPart[] {
  const parts = key.split('/');
  return parts.flatMap((part, at): readonly OwnedPart[] => {
    const rest = parts.slice(at + 1);
    const text = rest.join('/');
    // `workflow-configs/{workflow}/{hash}.json`, from one later era, has no owner.
    if (OWNED_FOLDERS.has(part)) return rest.length >= 3 ? [{ text, end: '/' }] : [];
    const isExecution = EXECUTION_FOLDERS.has(part) || (part === 'executions' && parts[at - 2] === 'workflows');
    return isExecution && text.includes('#') ? [{ text, end: '#' }] : [];
  });
}

/** Key templates that pointers are held against beside the folders above. */
export type KeyTemplates = Readonly<Partial<Record<string, string>>>;

/**
 * True when a key that names an owner names this one: percent-encoded, or as legacy writers spelled it, whose keys hold
 * no digest. The owner `a%2Fb` is not taken for the owner `a/b`. A key in one of the templates names its owner too.
 */
export function isKeyOfOwner(key: string, ownerId: string | undefined, templates: KeyTemplates = {}): boolean {
  const named = Object.values(templates).map((template) =>
    template === undefined ? undefined : ownerInTemplate(template, key),
  );
  if (named.some((name) => name !== undefined && name !== encodeId(ownerId))) return false;
  const owned = detectOwnedParts(key);
  const legacyName = detectDigest(key) === undefined ? ownerId : undefined;
  const names = [encodeId(ownerId), legacyName].filter((name) => name !== undefined);
  return owned.length === 0 || owned.some(({ text, end }) => names.some((name) => text.startsWith(name + end)));
}

/**
 * The owner that a key names where the template has it, whatever prefix is in front; `undefined` for a key of another
 * layout.
 */
function ownerInTemplate(template: string, key: string): string | undefined {
  const parts = template.split('/');
  const tail = key.split('/').slice(-parts.length);
  if (tail.length < parts.length) return undefined;
  // A template without a folder of its own has the shape of many keys: only the digest tells them apart.
  const isFree = parts[0]!.startsWith('{');
  let owner: string | undefined;
  for (const [at, part] of parts.entries()) {
    const segment = tail[at]!;
    const [, name, extension = ''] = /^\{(\w+)\}(.*)$/.exec(part) ?? [];
    const value = segment.slice(0, segment.length - extension.length);
    if (name === undefined ? segment !== part : value === '' || !segment.endsWith(extension)) return undefined;
    if (name === 'sha256' && isFree && !/^[0-9a-f]{64}$/.test(value)) return undefined;
    if (name === 'ownerId') owner = value;
  }
  return owner;
}
