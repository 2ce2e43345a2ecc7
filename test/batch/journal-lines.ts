import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NOW } from './scratch.js';

export const JOURNAL_FILE = 'journal.ndjson';

export const stamp = { run: 'r1', at: NOW };

type Line = Readonly<Record<string, unknown>>;

interface Place {
  readonly directory: string;
}

/** The beginning of a run over the store of a world. */
export function runLine({ directory }: Place): Line {
  return {
    kind: 'run',
    v: 1,
    ...stamp,
    tool: 'statebag-shim 0.1.0',
    command: 'migrate',
    target: 'lean',
    store: join(directory, 'store'),
    bucket: 'blobs',
    prefix: '',
    sources: [join(directory, 'source')],
    options: {},
  };
}

const END_LINE: Line = { kind: 'end', ...stamp, totals: {}, complete: true };

/** A journal with one whole run in it, as text. */
function journalText(place: Place, ...lines: readonly Line[]): string {
  return [runLine(place), ...lines.map((line) => ({ ...line, ...stamp })), END_LINE]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

/** Puts a journal with one whole run in its place. */
export function writeJournal(place: Place, ...lines: readonly Line[]): void {
  mkdirSync(join(place.directory, 'journal'), { recursive: true });
  writeFileSync(join(place.directory, 'journal', JOURNAL_FILE), journalText(place, ...lines));
}

export function readJournal({ directory }: Place): readonly Line[] {
  const text = readFileSync(join(directory, 'journal', JOURNAL_FILE), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
