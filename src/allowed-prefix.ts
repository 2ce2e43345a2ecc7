import { ConfigError } from './errors/index.js';

/** A folder below which pointers may lead: its key is empty for a whole bucket, else it ends with `/`. */
export interface AllowedPrefix {
  readonly bucket: string;
  readonly key: string;
}

/**
 * Reads `s3://bucket/prefix/`, or `prefix/` in the store's own bucket; `s3://bucket/` is the whole bucket. Throws
 * `ConfigError` `PREFIX_INVALID`: a prefix ends at a folder, because `bags` would admit `bags-of-another-team` too.
 */
export function parseAllowedPrefix(text: string, ownBucket: string): AllowedPrefix {
  const [, bucket = ownBucket, key = ''] = /^(?:s3:\/\/([^/]*)\/)?([^]*)$/.exec(text) ?? [];
  const flaw = findFlaw(text, bucket, key);
  if (flaw === undefined) return { bucket, key };
  throw new ConfigError(
    'PREFIX_INVALID',
    `${JSON.stringify(text.slice(0, 200))} is not a prefix that can be allowed: ${flaw}. Give s3://bucket/prefix/, or prefix/ in the bucket of the store`,
  );
}

function findFlaw(text: string, bucket: string, key: string): string | undefined {
  if (!text.endsWith('/')) return 'it does not end with a slash';
  if (bucket === '') return 'it names no bucket';
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(key)) return 'it is not an address in S3';
  const folders = key.split('/').slice(0, -1);
  return folders.some((folder) => folder === '' || folder === '.' || folder === '..')
    ? 'a folder in it is empty, . or ..'
    : undefined;
}
