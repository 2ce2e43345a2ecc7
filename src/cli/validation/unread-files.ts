import { oneLine } from '../../findings/printable.js';
import { printNote } from '../io.js';
import type { CliIo } from '../io.js';
import type { Checked } from './check-sources.js';

/**
 * Says on standard error what was not validated: files that are not read because of their names, and files without
 * documents.
 */
export async function reportUnread({ skipped, empty }: Checked, io: CliIo): Promise<void> {
  for (const [source, count] of skipped) await printNote(io.stderr, `${sentence(oneLine(source), count)}\n`);
  for (const file of empty) await printNote(io.stderr, `statebag: ${oneLine(file)}: no document there.\n`);
}

function sentence(source: string, count: number): string {
  const files = count === 1 ? '1 file, whose name does not' : `${count} files, whose names do not`;
  return `statebag: ${source}: skipped ${files} end in .json, .ndjson or .jsonl, or in one of them and .gz. Name such files, or a glob, to validate them.`;
}
