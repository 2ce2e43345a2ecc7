import { resolve, sep } from 'node:path';
import { oneLine } from '../../findings/printable.js';
import { print } from '../io.js';
import type { CliIo } from '../io.js';
import type { OpenSource } from '../open-source.js';
import type { OwnPlaces } from '../own-places.js';
import { shortId } from '../reporters/findings.js';
import type { Checked } from './check-sources.js';

/**
 * Says on standard error what was not validated: files of a directory, which is searched by the ends of names, and files
 * without documents.
 */
export async function reportUnread(sources: readonly OpenSource[], { read, empty }: Checked, { excludedFor }: OwnPlaces, io: CliIo): Promise<void> {
  for (const { source, root } of sources) {
    // A glob names its files itself, and its root is only where the search begins.
    if (root === undefined || source.id !== root) continue;
    const excluded = excludedFor(root).map((directory) => resolve(directory) + sep);
    const unread = (await filesBelow(root)).filter((path) => !read.has(path) && !excluded.some((directory) => path.startsWith(directory)));
    if (unread.length > 0) await print(io.stderr, `${sentence(shortId(root, io.cwd), unread.length)}\n`);
  }
  for (const file of empty) await print(io.stderr, `statebag: ${oneLine(file)}: no document there.\n`);
}

function sentence(directory: string, count: number): string {
  const name = oneLine(directory);
  const files = count === 1 ? '1 file, whose name does not' : `${count} files, whose names do not`;
  return `statebag: ${name}: skipped ${files} end in .json, .ndjson or .jsonl, or in one of them and .gz. Name such files, or a glob, to validate them.`;
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  const { glob } = await import('tinyglobby');
  return glob('**/*', { cwd: directory, dot: true, absolute: true, expandDirectories: false, followSymbolicLinks: false });
}
