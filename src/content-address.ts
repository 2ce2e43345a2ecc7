import { offloadRules } from '../schemas/generated/offload-rules.js';

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

/** Key templates that a store is given: those that differ from the default ones. */
export type KeyTemplates = Readonly<Partial<Record<string, string>>>;

/**
 * Content addresses: a key holds the digest of its bytes. The names once proposed without a digest let a second run
 * of an edited workflow overwrite the program of one that is still paused.
 */
export const DEFAULT_LAYOUT: Layout = {
  config: annotatedKey('workflow_config'),
  map: annotatedKey('partition_map'),
  manifest: annotatedKey('segment_manifest'),
  member: 'state-members/{ownerId}/{workflowId}/{sha256}/{member}.json',
};

/** As the lean schema says in `x-offload`. */
function annotatedKey(member: (typeof offloadRules)[number]['member']): string {
  const { folder, file } = offloadRules.find((rule) => rule.member === member)!;
  return `${folder}/{ownerId}/{workflowId}/{sha256}/${file}`;
}

/** Every template under which a blob at a content address may be stored: the configured ones and the default ones. */
export function addressTemplates(layout: KeyTemplates = {}): readonly string[] {
  const configured = Object.values(layout).filter((template) => template?.includes('{sha256}') === true);
  return [...new Set([...(configured as readonly string[]), ...Object.values(DEFAULT_LAYOUT)])];
}

/** The templates of both layouts, under names of no meaning: a kind of blob may have two. */
export function mergeTemplates(layout: KeyTemplates, other: KeyTemplates = {}): KeyTemplates {
  return Object.fromEntries([...Object.values(layout), ...Object.values(other)].entries());
}

/** What a key has where its template has placeholders, by their names; each is one whole segment of the key. */
export type PlaceholderParts = Readonly<Record<string, string>>;

/** Placeholders with a form of their own. Any other one takes a whole segment that is not empty. */
const FORMS: Readonly<Record<string, string>> = { sha256: '[0-9a-f]{64}', n: '\\d+', ms: '\\d+', sec: '\\d+' };

const PLACEHOLDER = /\{(\w+)\}/;

/**
 * The parts of a key that a template describes from its first segment to its last; `undefined` for a key of another
 * form.
 */
export function matchTemplate(template: string, key: string): PlaceholderParts | undefined {
  return patternsFor(template).whole.exec(key)?.groups;
}

/** The same for the last segments of a key, whatever folders are in front of them. */
export function matchTail(template: string, key: string): PlaceholderParts | undefined {
  return patternsFor(template).tail.exec(key)?.groups;
}

interface Patterns {
  readonly whole: RegExp;
  readonly tail: RegExp;
}

/** Kept: every pointer of every bag is compared with each of the few templates that a process has. */
const patterns = new Map<string, Patterns>();

function patternsFor(template: string): Patterns {
  const known = patterns.get(template);
  if (known !== undefined) return known;
  const source = sourceFor(template);
  const made = { whole: new RegExp(`^${source}$`), tail: new RegExp(`(?:^|/)${source}$`) };
  patterns.set(template, made);
  return made;
}

function sourceFor(template: string): string {
  const seen = new Set<string>();
  const pieces = template.split(new RegExp(PLACEHOLDER, 'g')).map((piece, at) => {
    if (at % 2 === 0) return piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    if (seen.has(piece)) return `\\k<${piece}>`;
    seen.add(piece);
    return `(?<${piece}>${FORMS[piece] ?? '[^/]+'})`;
  });
  return pieces.join('');
}

/**
 * The SHA-256 that a content-addressed key holds: the key ends as one of the templates says. 64 hex digits elsewhere in
 * a key are not a digest of its bytes: legacy writers named objects by the hash of something else.
 */
export function detectDigest(
  key: string | undefined,
  templates: readonly string[] = DEFAULT_TEMPLATES,
): string | undefined {
  if (key === undefined) return undefined;
  for (const template of templates) {
    const sha256 = matchTail(template, key)?.sha256;
    if (sha256 !== undefined) return sha256;
  }
  return undefined;
}

const DEFAULT_TEMPLATES = addressTemplates();

const DIGEST = /^[0-9a-f]{64}$/;

/**
 * A SHA-256 in the path of a file, whatever the layout: a folder of 64 hex digits, or such a name before its extension.
 * Only a hint, for callers that compare it with the bytes.
 */
export function findDigestInPath(path: string): string | undefined {
  const folders = path.split('/');
  const file = folders.pop()!;
  const name = file.slice(0, 64);
  return (
    folders.findLast((segment) => DIGEST.test(segment)) ??
    (DIGEST.test(name) && (file.length === 64 || file[64] === '.') ? name : undefined)
  );
}
