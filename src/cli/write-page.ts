import { writeFile } from 'node:fs/promises';
import { diskError } from '../batch/disk-errors.js';
import { summarizeJournal } from '../batch/journal-read.js';
import type { CliIo } from './io.js';
import { print } from './io.js';
import { reportOf } from './journal-report.js';

/** Writes the report of a journal as a page to an absolute path, or to standard output. What draws it is loaded only here. */
export async function writePage(path: string | undefined, directory: string, io: CliIo): Promise<void> {
  const [{ reportPage }, { reportFacts }] = await Promise.all([import('./html/page.js'), import('./html/report-facts.js')]);
  const summary = await summarizeJournal(directory);
  const page = reportPage(directory, await reportOf(directory, summary), reportFacts(summary), io.now());
  if (path === undefined) return print(io.stdout, page);
  try {
    await writeFile(path, page);
  } catch (error) {
    throw diskError(path, error);
  }
}
