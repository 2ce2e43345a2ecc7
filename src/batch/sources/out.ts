import { mkdir } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { ConfigError, ConflictError, StateBagError } from '../../errors/index.js';
import type { Disk } from '../disk.js';
import { asDiskError, diskError } from '../disk-errors.js';
import type { Replacement, SourceContainer } from '../source.js';
import { TemporaryFile, whileLocked } from '../temporary-file.js';
import { digestFile } from './file-replacement.js';
import { writeFramed } from './lines.js';

/** Where migrated documents go when they do not replace the old ones. */
export interface OutTarget {
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
      return join(out, name);
    },
  };
}

/**
 * A new file with the container's documents. A file that is there already and says the same is left alone; one that
 * says something else is not overwritten: `ConflictError` `OUT_EXISTS`.
 */
export async function openOutFile(disk: Disk, path: string): Promise<Replacement> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return outReplacement(path, await TemporaryFile.open(disk, path));
  } catch (error) {
    throw diskError(path, error);
  }
}

function outReplacement(path: string, file: TemporaryFile): Replacement {
  const hash = createHash('sha256');
  const write = async (bytes: Uint8Array) => {
    hash.update(bytes);
    await file.write(bytes);
  };
  const commit = async (tail: Uint8Array) => {
    if (tail.length > 0) await write(tail);
    await file.sync();
    await whileLocked(path, () => commitNew(path, file, hash.digest('hex')));
  };
  return {
    write: (document, bytes) => writeFramed(document, bytes, write).catch(asDiskError(path)),
    commit: (tail) => commit(tail).then(() => '', asDiskError(path)),
    abort: () => file.discard(),
  };
}

async function commitNew(path: string, file: TemporaryFile, sha256: string): Promise<void> {
  const existing = await digestFile(path).catch((error: unknown) => {
    if (error instanceof StateBagError && error.code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  });
  if (existing === undefined) return file.moveTo(path);
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
        if (error) reject(error);
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
