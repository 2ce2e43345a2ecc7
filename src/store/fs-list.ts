import type { Dirent, Stats } from 'node:fs';
import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent } from './fs-errors.js';
import { isOwnName } from './fs-path.js';
import { compareKeys } from './address.js';

interface ListedFile {
  /** Relative to the directory listed, segments joined with `/`. */
  readonly key: string;
  readonly path: string;
}

/**
 * Regular files below `directory` whose key starts with `prefix`, in key order. Links are not followed: a link to a
 * directory above would list for ever.
 */
export async function* listFiles(directory: string, prefix: string, above = ''): AsyncGenerator<ListedFile> {
  for (const entry of await sortedEntries(directory)) {
    const key = above + entry.name;
    const path = join(directory, entry.name);
    if (entry.isDirectory() && mayHold(`${key}/`, prefix)) yield* listFiles(path, prefix, `${key}/`);
    else if (entry.isFile() && key.startsWith(prefix)) yield { key, path };
  }
}

function mayHold(folder: string, prefix: string): boolean {
  return folder.startsWith(prefix) || prefix.startsWith(folder);
}

/** A directory sorts as its name with `/`, because that is how every key below it goes on: `a.b` comes before `a/b`. */
async function sortedEntries(directory: string): Promise<Dirent[]> {
  const entries = (await readEntries(directory)).filter((entry) => !isOwnName(entry.name));
  const sortName = (entry: Dirent): string => (entry.isDirectory() ? `${entry.name}/` : entry.name);
  return entries.sort((left, right) => compareKeys(sortName(left), sortName(right)));
}

async function readEntries(directory: string): Promise<Dirent[]> {
  try {
    return await fs.readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Size, time and hex SHA-256 of a file, read in chunks; undefined when it has gone since it was listed. */
export async function describeFile(
  path: string,
): Promise<{ readonly stats: Stats; readonly sha256: string } | undefined> {
  try {
    const stats = await fs.stat(path);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) hash.update(chunk);
    return { stats, sha256: hash.digest('hex') };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
