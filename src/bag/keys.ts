import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { DEFAULT_LAYOUT, addressTemplates } from '../content-address.js';
import type { BlobKind, KeyTemplates, Layout } from '../content-address.js';
import { ConfigError } from '../errors/index.js';
import { CONFIG, MANIFEST, MAP, findOffloadRule } from './members.js';

export { DEFAULT_LAYOUT };
export type { BlobKind, Layout };

/** Longest encoded id kept readable, in bytes: a key segment must fit 255 bytes on a file system and 1,024 on S3. */
const MAX_SEGMENT_BYTES = 120;

const PLACEHOLDERS = /\{(ownerId|workflowId|sha256|member)\}/g;

/** Throws `ConfigError` `LAYOUT_INVALID` for a template that cannot hold what it names. */
export function parseLayout(layout: Partial<Layout> = {}): Layout {
  const merged = { ...DEFAULT_LAYOUT, ...layout };
  for (const [kind, template] of Object.entries(merged)) {
    if (!Object.hasOwn(DEFAULT_LAYOUT, kind))
      throw new ConfigError('LAYOUT_INVALID', `a layout has config, map, manifest and member, not "${kind}"`);
    const flaw = findTemplateFlaw(kind as BlobKind, template);
    if (flaw !== undefined)
      throw new ConfigError('LAYOUT_INVALID', `the key template "${template}" for ${kind} ${flaw}`);
  }
  const [kind, template, other] = findAmbiguity(merged) ?? [];
  if (kind === undefined) return merged;
  throw new ConfigError(
    'LAYOUT_INVALID',
    `the key template "${template!}" for ${kind} describes keys that "${other!}" reads as another owner's; put {ownerId} at the same place or choose another folder`,
  );
}

/** What every key says, each as a whole folder or as the file name before its extension. */
const REQUIRED = ['{ownerId}', '{workflowId}', '{sha256}'] as const;

/** A folder of nothing but a placeholder. */
const FOLDER = /^\{[A-Za-z0-9]+\}$/;

/** The same as a file name, with an extension or without. */
const FILE = /^\{[A-Za-z0-9]+\}(\.[A-Za-z0-9._-]+)?$/;

function findTemplateFlaw(kind: BlobKind, template: string): string | undefined {
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
  return undefined;
}

/** Two templates whose keys cannot be told apart, and that name the owner in different places. */
function findAmbiguity(layout: Layout): readonly [kind: string, template: string, other: string] | undefined {
  const others = [...addressTemplates(layout), ...mutableTemplates(layout)];
  for (const [kind, template] of Object.entries(layout)) {
    const other = others.find((one) => isAmbiguous(template.split('/'), one.split('/')));
    if (other !== undefined) return [kind, template, other];
  }
  return undefined;
}

function isAmbiguous(one: readonly string[], other: readonly string[]): boolean {
  const owner = (parts: readonly string[]) => parts.findIndex((part) => part.includes('{ownerId}'));
  return (
    one.length === other.length && owner(one) !== owner(other) && one.every((part, at) => mayBeSame(part, other[at]!))
  );
}

/** Whether one segment of a key can be of both forms. */
function mayBeSame(one: string, other: string): boolean {
  if (!one.includes('{') && !other.includes('{')) return one === other;
  const [fixed, free] = one.includes('{') ? [other, one] : [one, other];
  if (fixed.includes('{')) return true;
  const [extension = ''] = /\.[^{}]*$/.exec(free) ?? [];
  const name = fixed.slice(0, fixed.length - extension.length);
  return fixed.endsWith(extension) && name !== '' && (!free.includes('{sha256}') || /^[0-9a-f]{64}$/.test(name));
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
  return splitTemplate(template)
    .map((piece, index) => (index % 2 === 0 ? piece : values[piece as keyof PlaceholderValues]))
    .join('');
}

/** Text and placeholder in turn. Kept for the few templates there are: every bag has three keys to make. */
function splitTemplate(template: string): readonly string[] {
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

/**
 * The layouts without a digest that release 0.1.0 allowed, as far as they are known: the templates without the folder
 * of the digest. What is stored under them may be written again.
 */
export function mutableTemplates(layout: KeyTemplates = {}): readonly string[] {
  return addressTemplates(layout)
    .filter((template) => !template.includes('{member}') && template.includes('/{sha256}/'))
    .map((template) => template.replace('/{sha256}/', '/'));
}

/** A blob as the bag will refer to it. Its bytes are stored before the bag is changed. */
export interface BlobRef {
  readonly kind: BlobKind;
  /** `s3://bucket/key`. */
  readonly uri: string;
  readonly bucket: string;
  /** With the store's prefix. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** First 8 hex digits of the MD5 of the bytes: the legacy readers' checksum. Computed on demand. */
  md5Prefix(): string;
}

/** A blob to write: the reference that the bag will hold, and its bytes. */
export interface PendingBlob extends BlobRef {
  readonly bytes: Uint8Array;
  /** Key without the store's prefix, as a blob store takes it. */
  readonly storeKey: string;
  /** The key holds the digest: every layout has it. */
  readonly addressed: true;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What determines the addresses of blobs. It writes nothing. */
export interface BlobAddressing {
  readonly layout: Layout;
  readonly bucket: string;
  /** Key prefix of the store, empty or ending in `/`. */
  readonly prefix: string;
  /** Lower-case hex SHA-256. A parameter, so that a caller can remember the digests of bytes it has just seen. */
  digest(bytes: Uint8Array): string;
}

export function planBlob(
  addressing: BlobAddressing,
  kind: BlobKind,
  place: Omit<KeyParts, 'sha256'>,
  bytes: Uint8Array,
): PendingBlob {
  const sha256 = addressing.digest(bytes);
  const storeKey = formatKey(addressing.layout, kind, { ...place, sha256 });
  const key = addressing.prefix + storeKey;
  return {
    kind,
    uri: `s3://${addressing.bucket}/${key}`,
    bucket: addressing.bucket,
    key,
    size: bytes.length,
    sha256,
    md5Prefix: () => md5Prefix(bytes),
    bytes,
    storeKey,
    addressed: true,
    contentType: 'application/json',
    metadata: { ...makeUsage(kind), sha256 },
  };
}

/** What a blob is for, where the lean schema says so. */
function makeUsage(kind: BlobKind): { readonly usage?: string } {
  if (kind === 'member') return { usage: 'state' };
  const { usage } = findOffloadRule(MEMBERS[kind]);
  return usage === null ? {} : { usage };
}

const MEMBERS = { config: CONFIG, map: MAP, manifest: MANIFEST } as const;

/** First 8 hex digits of the MD5 of the stored text: what the legacy hydrator holds against it. No security hash. */
export function md5Prefix(bytes: Uint8Array): string {
  return md5Hex(bytes).slice(0, 8);
}

/** Lower-case hex MD5, which legacy pointers have for a checksum. */
export function md5Hex(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}
