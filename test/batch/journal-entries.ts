import { join } from 'node:path';
import { nodeDisk } from '../../src/batch/disk.js';
import type { EndEntry, JournalEntry, ResultEntry, RunEntry } from '../../src/batch/journal-entry.js';
import { Journal } from '../../src/batch/journal.js';
import { readJournal } from '../../src/batch/journal-read.js';
import { NOW, temporaryDirectory } from './world.js';

export const stamp = { run: 'r1', at: NOW };
export const RUN: RunEntry = {
  kind: 'run',
  v: 1,
  ...stamp,
  tool: 't',
  command: 'migrate',
  target: 'lean',
  store: 's',
  bucket: 'b',
  prefix: '',
  sources: [],
  options: {},
};
export const END: EndEntry = { kind: 'end', ...stamp, totals: {}, complete: true };

export function intent(doc: string, more: { after?: string; container?: string; line?: number } = {}): JournalEntry {
  return {
    kind: 'intent',
    ...stamp,
    doc,
    container: doc,
    before: 'a'.repeat(64),
    after: 'b'.repeat(64),
    bytesBefore: 9,
    bytesAfter: 5,
    blobs: [],
    inverse: [],
    ...more,
  };
}

export function result(doc: string, outcome: ResultEntry['outcome'], code?: string): JournalEntry {
  return {
    kind: 'result',
    ...stamp,
    doc,
    outcome,
    generation: 'fat',
    bytesBefore: 9,
    bytesAfter: 5,
    ...(code === undefined ? {} : { code, reason: 'because' }),
  };
}

export async function journalOf(...entries: readonly JournalEntry[]): Promise<string> {
  const directory = join(temporaryDirectory(), 'journal');
  const journal = await Journal.open(directory, nodeDisk);
  for (const entry of entries) journal.append(entry);
  await journal.close();
  return directory;
}

export async function kindsIn(directory: string): Promise<string[]> {
  const kinds: string[] = [];
  for await (const { entry } of readJournal(directory)) kinds.push(entry.kind);
  return kinds;
}
