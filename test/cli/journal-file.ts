import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Json = Readonly<Record<string, unknown>>;

const AT = '2026-01-30T02:00:00.125Z';
const RUN = { kind: 'run', v: 1, run: 'r-1', at: AT, tool: 'statebag-shim 0.1.0', command: 'migrate', target: 'lean' };
const PLACE = { store: 'store', bucket: 'local', prefix: '', sources: ['bags'], options: {} };

/** The beginning of a run; what it leaves out is a run of `migrate` over `bags`. */
export function runEntry(more: Json = {}): Json {
  return { ...RUN, ...PLACE, ...more };
}

export function endEntry(more: Json = {}): Json {
  return { kind: 'end', run: 'r-1', at: AT, totals: {}, complete: true, ...more };
}

/** The last word on a document that was not rewritten. */
export function resultEntry(doc: string, more: Json): Json {
  return { kind: 'result', run: 'r-1', at: AT, doc, generation: 'fat', bytesBefore: 0, bytesAfter: 0, ...more };
}

/** What a journal says of a migrated document. */
export function migrated(doc: string, bytesBefore: number, bytesAfter: number, more: Json = {}): readonly Json[] {
  const intent = {
    kind: 'intent',
    run: 'r-1',
    at: AT,
    doc,
    container: doc,
    before: 'a'.repeat(64),
    after: 'b'.repeat(64),
    bytesBefore,
    bytesAfter,
    blobs: [],
    inverse: [],
  };
  return [intent, resultEntry(doc, { outcome: 'migrated', bytesBefore, bytesAfter, ...more })];
}

/** Writes a journal into a directory of its own. */
export function writeJournal(directory: string, entries: readonly Json[]): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'journal.ndjson'), entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

/** Writes documents `1.json`, `2.json` … into a directory. */
export function putBags(directory: string, bags: readonly string[]): void {
  mkdirSync(directory, { recursive: true });
  bags.forEach((text, at) => {
    writeFileSync(join(directory, `${at + 1}.json`), text);
  });
}
