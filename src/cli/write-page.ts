import { writeFile } from 'node:fs/promises';
import { asDiskError } from '../sources/disk.js';
import { summarizeJournal } from '../journal/read.js';
import type { SummarizeOptions } from '../journal/read.js';
import type { CliIo } from './io.js';
import { print } from './io.js';
import { reportOf } from '../journal/report.js';
import type { JournalReport } from '../journal/report.js';

/**
 * Writes the report of a journal, and resolves to it, as a page to an absolute path, or to standard output. What draws
 * it is loaded only here.
 */
export async function writePage(
  path: string | undefined,
  directory: string,
  damage: SummarizeOptions,
  io: CliIo,
): Promise<JournalReport> {
  const [{ reportPage }, { reportFacts }] = await Promise.all([
    import('./html/page.js'),
    import('./html/report-facts.js'),
  ]);
  const summary = await summarizeJournal(directory, damage);
  const report = await reportOf(directory, summary, damage);
  const page = reportPage(directory, report, reportFacts(summary), io.now());
  await (path === undefined ? print(io.stdout, page) : writeFile(path, page).catch(asDiskError(path)));
  return report;
}
