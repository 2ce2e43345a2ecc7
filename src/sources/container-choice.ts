import { createHash } from 'node:crypto';
import { isAbsolute, join, posix } from 'node:path';
import { ConfigError } from '../errors/index.js';
import type { DocumentSource } from './source.js';

/**
 * What several sources have in common is taken once, with the first source that lists it: a directory and one below it,
 * two prefixes of a bucket, a link and its target.
 */
export class MetPlaces {
  private readonly met = new Set<string>();
  /** A single source lists nothing twice, and may list millions. */
  private readonly isNeeded: boolean;

  constructor(sources: readonly unknown[]) {
    this.isNeeded = sources.length > 1;
  }

  /** True when the place has not been met before. `id` is that of a container, or of what a source skips. */
  isNew(source: Pick<DocumentSource, 'placeOf'>, id: string): boolean {
    if (!this.isNeeded) return true;
    const place = source.placeOf?.(id) ?? id;
    if (this.met.has(place)) return false;
    this.met.add(place);
    return true;
  }
}

/**
 * `3/8`: the third of eight parts. Documents fall to parts by the digest of their container's id, evenly and for ever.
 */
export interface Shard {
  /** 1-based. */
  readonly index: number;
  readonly count: number;
}

/** Throws `ConfigError`. */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (!index || !count || index > count)
    throw new ConfigError('SHARD_INVALID', `--shard takes i/n with 1 ≤ i ≤ n, not "${text}"`);
  return { index, count };
}

export function isInShard(id: string, shard: Shard | undefined): boolean {
  if (!shard) return true;
  return (createHash('sha256').update(id).digest().readUInt32BE(0) % shard.count) + 1 === shard.index;
}
/** True for an entry that is left out, by its id. */
export type IsIgnored = (id: string) => boolean;

/** Parentheses and `!` have no meaning of their own. */
const GLOB = { dot: true, nonegate: true, noextglob: true } as const;

const URI = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * Which entries the patterns leave out; `undefined` without patterns. A pattern without a slash is about the name of an
 * entry, at every depth. Any other is about its whole path or URI; a relative path starts at `cwd`, and a folder means
 * all that is in it. Throws `ConfigError` `USAGE` for an empty pattern.
 *
 * @example
 * const isIgnored = await parseIgnore(['*.md', 'archive/'], '/bags');
 * isIgnored?.('/bags/paused/README.md'); // true
 * isIgnored?.('/bags/archive/2024/a.json'); // true
 */
export async function parseIgnore(patterns: readonly string[], cwd: string): Promise<IsIgnored | undefined> {
  if (patterns.length === 0) return undefined;
  // Loaded only here, because few commands have patterns.
  const [{ default: picomatch }, { escapePath }] = await Promise.all([import('picomatch'), import('tinyglobby')]);
  const matchers = patterns.map((pattern) => {
    if (pattern === '') throw new ConfigError('USAGE', '--ignore takes a pattern of names or paths, not an empty text');
    const whole = (pattern.endsWith('/') ? `${pattern}**` : pattern).replace(/[()]/g, '\\$&');
    if (!whole.includes('/')) {
      const isName = picomatch(whole, GLOB);
      return (id: string) => isName(id.slice(id.lastIndexOf('/') + 1));
    }
    if (URI.test(whole)) return picomatch(whole, GLOB);
    return picomatch(isAbsolute(whole) ? whole : posix.normalize(join(escapePath(cwd), whole)), GLOB);
  });
  return (id) => matchers.some((matches) => matches(id));
}
