import type { BlobStore } from 'statebag-shim';
import { canonicalDigest } from './canonical.js';

export interface ContentOptions {
  /** The first digits of a digest of the content, instead of the content. */
  readonly digested?: boolean;
}

/**
 * A value with `[key, content]` in place of each address of a blob in the store, and with what its strings hold of
 * JSON. Two documents with the same content differ in their addresses when a value is spelled in two ways: `1.0` and
 * `1`, or with blanks.
 */
export async function contentOf(value: unknown, store: BlobStore, options: ContentOptions = {}): Promise<unknown> {
  if (typeof value === 'string') return contentOfText(value, store, options);
  if (Array.isArray(value)) return Promise.all(value.map((item) => contentOf(item, store, options)));
  // Only text tells -0 from 0.
  if (value === 0) return 0;
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(
    async ([name, member]) => [name, await contentOf(member, store, options)] as const,
  );
  return Object.fromEntries(await Promise.all(members));
}

async function contentOfText(text: string, store: BlobStore, options: ContentOptions): Promise<unknown> {
  if (/^\s*[[{]/.test(text)) {
    const inner = parsed(text);
    if (inner !== undefined) return contentOf(inner, store, options);
  }
  const [, key] = /^s3:\/\/local\/(.*\/[0-9a-f]{64}\/.*)$/s.exec(text) ?? [];
  const blob = key === undefined ? undefined : await textAt(key, store);
  if (blob === undefined) return text;
  const content = await contentOf(parsed(blob), store, options);
  return [key!.replace(/[0-9a-f]{64}/, '{sha256}'), options.digested ? canonicalDigest(content).slice(0, 8) : content];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function textAt(key: string, store: BlobStore): Promise<string | undefined> {
  try {
    return Buffer.from(await store.get({ bucket: 'local', key })).toString();
  } catch {
    return undefined;
  }
}
