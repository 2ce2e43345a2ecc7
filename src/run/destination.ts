import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { RunContext } from './context.js';
import { ConfigError, ConflictError, StateBagError } from '../errors/index.js';
import { asDiskError, describeSpecialFile, diskError, makeDirectories, nodeDisk } from '../sources/disk.js';
import type { Disk } from '../sources/disk.js';
import { stripGzip } from '../sources/gzip.js';
import { NdjsonContainer } from '../sources/ndjson.js';
import { writeFramed } from '../sources/lines.js';
import type { OpenSource } from '../sources/open.js';
import { outputError } from '../sources/output-error.js';
import { notReplaceable } from '../sources/stdin.js';
import { digestFile, TemporaryFile, whileLocked } from '../sources/replace-file.js';
import type { Destination, Replacement, SourceContainer } from '../sources/source.js';
import { digestDocument } from './transform.js';

/** Where migrated documents go when they do not replace the old ones. */
interface OutTarget {
  /** Path of the copy of a container. */
  pathOf(container: SourceContainer): string;
}

/** `--out DIR`: the tree below the source again; `--out FILE`: for a source that is one container. */
export function outTarget(out: string, isDirectory: boolean, sourceRoot: string): OutTarget {
  if (!isDirectory) return { pathOf: () => out };
  return {
    pathOf: ({ id }) => {
      const name = id.startsWith('s3://')
        ? id.slice(5)
        : id.startsWith('dynamodb://')
          ? `${id.slice(11)}.json`
          : relative(resolve(sourceRoot), resolve(id)) || id.split('/').at(-1)!;
      if (name.split('/').includes('..') || isAbsolute(name)) {
        throw new ConfigError('OUT_INVALID', `${id} has no place below ${out}`);
      }
      // What is compressed is copied decompressed.
      return join(out, stripGzip(name));
    },
  };
}

/**
 * A new file with the container's documents. A file that is there already and says the same is left alone; one that
 * says something else is not overwritten: `ConflictError` `OUT_EXISTS`.
 */
export async function openOutFile(disk: Disk, path: string, isOwn: IsOwn = () => false): Promise<Replacement> {
  try {
    await makeDirectories(dirname(path), disk);
    return outReplacement(path, await TemporaryFile.open(disk, path), isOwn);
  } catch (error) {
    throw diskError(path, error);
  }
}

/** Whether the file that is there is a copy which an earlier run of the same journal made, and may be replaced. */
type IsOwn = () => boolean | Promise<boolean>;

function outReplacement(path: string, file: TemporaryFile, isOwn: IsOwn): Replacement {
  const hash = createHash('sha256');
  const write = async (bytes: Uint8Array) => {
    hash.update(bytes);
    await file.write(bytes);
  };
  const commit = async (tail: Uint8Array) => {
    if (tail.length > 0) await write(tail);
    await file.sync();
    await whileLocked(path, () => commitNew(path, file, hash.digest('hex'), isOwn));
  };
  return {
    write: (document, bytes) => writeFramed(document, bytes, write).catch(asDiskError(path)),
    commit: (tail) => commit(tail).then(() => '', asDiskError(path)),
    abort: () => file.discard(),
  };
}

async function commitNew(path: string, file: TemporaryFile, sha256: string, isOwn: IsOwn): Promise<void> {
  const existing = await digestFile(path).catch((error: unknown) => {
    if (error instanceof StateBagError && error.code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  });
  if (existing === undefined || (existing !== sha256 && (await isOwn()))) return file.moveTo(path);
  await file.discard();
  if (existing !== sha256) {
    throw new ConflictError(
      'OUT_EXISTS',
      `${path} is there already with other content; remove it or choose another --out`,
    );
  }
}

/** Standard output as the place to go, one document a line or the one document. */
export function streamReplacement(output: {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown;
}): Replacement {
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolveWrite, reject) => {
      output.write(bytes, (error) => {
        if (error) reject(outputError(error));
        else resolveWrite();
      });
    });
  return {
    write: (document, bytes) => writeFramed(document, bytes, write),
    commit: async (tail) => {
      if (tail.length > 0) await write(tail);
      return '';
    },
    abort: () => Promise.resolve(),
  };
}

/** Where migrated documents go: over the old ones, into copies, or to standard output. */
export type Place =
  | { readonly kind: 'in-place' }
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'directory'; readonly path: string };

/** Reads `--out`. Throws `ConfigError` `OUT_INVALID` when many documents have one place to go. */
export async function planPlace(
  out: string | undefined,
  sources: readonly OpenSource[],
  io: RunContext,
): Promise<Place> {
  const isMany = sources.length > 1 || sources.some((source) => source.isMany);
  if (out === undefined) return { kind: 'in-place' };
  if (out === '-' && !isMany) return { kind: 'stdout' };
  if (out === '-') throw new ConfigError('OUT_INVALID', '--out - takes one file or standard input as the source');
  const path = resolve(io.cwd, out);
  const stats = await stat(path).catch(() => undefined);
  if (stats && !stats.isFile() && !stats.isDirectory())
    throw new ConfigError(
      'OUT_INVALID',
      `--out ${out} is ${describeSpecialFile(stats) ?? 'a device'}, and a copy is a new file; give the name of a file or directory, or --out - for standard output`,
    );
  if (isMany && stats && !stats.isDirectory())
    throw new ConfigError('OUT_INVALID', `--out ${out} is a file, and the source may hold several`);
  return { kind: isMany || out.endsWith('/') || stats?.isDirectory() ? 'directory' : 'file', path };
}

/** Throws `ConfigError` for a stream that would have to be rewritten in place, or read by several processes. */
export function refuseStreams(place: Place, sources: readonly OpenSource[], workers: number): void {
  const stream = sources.find(({ source }) => source.isStream)?.source;
  if (stream === undefined) return;
  if (workers > 1)
    throw new ConfigError('USAGE', `${stream.id}: one stream cannot be shared by --workers; leave --workers away`);
  if (place.kind === 'in-place') throw notReplaceable(stream.id);
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

/** `written` gives the digests of all lines that the journal knows of a container. */
export function openDestination(
  place: Place,
  sources: readonly OpenSource[],
  io: RunContext,
  written: (containerId: string) => ReadonlySet<string> | undefined = () => undefined,
): Destination {
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
    open: (container, isWhole) => {
      const path = target.pathOf(container);
      return openOutFile(nodeDisk, path, () => isWhole() && isCopyOf(container, path, written(container.id)));
    },
  };
}

/**
 * True when every line of the file is one of the container as it is now, or one that the journal knows: a copy that an
 * earlier run could not complete. Only files of lines are made in part.
 */
async function isCopyOf(
  container: SourceContainer,
  path: string,
  written: ReadonlySet<string> | undefined,
): Promise<boolean> {
  if (container.holdsLines !== true || !written) return false;
  const known = new Set(written);
  for await (const document of container.documents()) known.add(digestDocument(document));
  let count = 0;
  for await (const document of new NdjsonContainer(path, nodeDisk).documents()) {
    if (!known.has(digestDocument(document))) return false;
    count++;
  }
  return count > 0;
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
