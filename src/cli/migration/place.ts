import { stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Destination } from '../../batch/committer.js';
import { nodeDisk } from '../../batch/disk.js';
import { openOutFile, outTarget, streamReplacement } from '../../batch/sources/out.js';
import { ConfigError } from '../../errors/index.js';
import type { CliIo } from '../io.js';
import type { OpenSource } from '../open-source.js';

/** Where migrated documents go: over the old ones, into copies, or to standard output. */
export type Place =
  | { readonly kind: 'in-place' }
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'directory'; readonly path: string };

/** Reads `--out`. Throws `ConfigError` `OUT_INVALID` when many documents have one place to go. */
export async function planPlace(out: string | undefined, sources: readonly OpenSource[], io: CliIo): Promise<Place> {
  const isMany = sources.length > 1 || sources.some((source) => source.isMany);
  if (out === undefined) return { kind: 'in-place' };
  if (out === '-' && !isMany) return { kind: 'stdout' };
  if (out === '-') throw new ConfigError('OUT_INVALID', '--out - takes one file or standard input as the source');
  const path = resolve(io.cwd, out);
  const stats = await stat(path).catch(() => undefined);
  if (isMany && stats && !stats.isDirectory())
    throw new ConfigError('OUT_INVALID', `--out ${out} is a file, and the source may hold several`);
  return { kind: isMany || out.endsWith('/') || stats?.isDirectory() ? 'directory' : 'file', path };
}

/** Copies over their own originals would be a rewrite in place without its safeguards. */
export function refuseOverlap(place: Place, sources: readonly OpenSource[]): void {
  if (place.kind !== 'directory') return;
  const taken = sources.find(({ root }) => root !== undefined && root === place.path);
  if (taken)
    throw new ConfigError(
      'OUT_INVALID',
      `${place.path} is where the documents are; leave --out away to rewrite them in place`,
    );
}

export function openDestination(place: Place, sources: readonly OpenSource[], io: CliIo): Destination {
  if (place.kind === 'in-place') {
    return { isCopy: false, pathOf: ({ id }) => id, open: (container) => container.replace() };
  }
  if (place.kind === 'stdout') {
    const output = { write: (bytes: Uint8Array, done: (error?: Error | null) => void) => io.stdout.write(bytes, done) };
    return { isCopy: true, pathOf: () => '-', open: () => Promise.resolve(streamReplacement(output)) };
  }
  const root = commonDirectory(sources.flatMap((source) => source.root ?? []));
  const target = outTarget(place.path, place.kind === 'directory', root ?? io.cwd);
  return {
    isCopy: true,
    pathOf: (container) => target.pathOf(container),
    open: (container) => openOutFile(nodeDisk, target.pathOf(container)),
  };
}

/** The deepest directory that holds all of these. */
function commonDirectory(roots: readonly string[]): string | undefined {
  return roots.reduce<string | undefined>(
    (common, root) => (common === undefined ? root : shared(common, root)),
    undefined,
  );
}

function shared(one: string, other: string): string {
  const path = relative(one, other);
  const ups = path.split(sep).filter((part) => part === '..').length;
  return isAbsolute(path) ? one : resolve(one, ...Array<string>(ups).fill('..'));
}
