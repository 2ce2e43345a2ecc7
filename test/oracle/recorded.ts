import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { skeleton } from './compare.js';
import type { Difference } from './compare.js';

/*
 * A rule says why a difference is allowed; recorded.tsv says which differences an input has. With both, a rule that is
 * wider than it should be hides nothing: another difference has another digest.
 */

const FILE = new URL('recorded.tsv', import.meta.url);

/** The digest of the allowed differences of each input that has some. */
export const RECORDED: ReadonlyMap<string, string> = new Map(
  existsSync(FILE)
    ? readFileSync(FILE, 'utf8')
        .split('\n')
        .filter((row) => row !== '')
        .map((row) => row.split('\t') as [string, string])
    : [],
);

export const isRecording = process.env.STATEBAG_ORACLE_RECORD !== undefined;

export function keyOf(title: string): string {
  return sha256(title).slice(0, 12);
}

/** `dir`: where the commands ran; it has another name in each run. Words of reports do not count. */
export function digestOf(differences: readonly Difference[], dir: string): string {
  if (differences.length === 0) return '';
  const plain = (text: string) => withoutPlace(text, dir).replace(/127\.0\.0\.1:\d+/g, '<server>');
  const lines = differences.map(({ aspect, name, path, change, old = '', new: next = '' }) => {
    const isReport = /^(stdout|stderr|error|diagnostic)$/.test(aspect);
    const [left, right] = [plain(old), plain(next)].map((text) => (isReport ? skeleton(text) : text));
    return JSON.stringify([aspect, plain(name), plain(path), change, left, right]);
  });
  return sha256(lines.sort().join('\n')).slice(0, 12);
}

function withoutPlace(text: string, dir: string): string {
  return dir === '' ? text : text.replaceAll(dir, '<dir>').replaceAll(dir.replaceAll('/', '~1'), '<dir>');
}

/** Writes the file. Inputs that did not run keep their line, unless everything ran. */
export function record(inputs: readonly { readonly key: string; readonly digest: string }[], isWhole: boolean): number {
  const rows = new Map(isWhole ? [] : RECORDED);
  for (const { key, digest } of inputs)
    if (digest === '') rows.delete(key);
    else rows.set(key, digest);
  const text = [...rows].sort(([left], [right]) => (left < right ? -1 : 1)).map((row) => `${row.join('\t')}\n`);
  writeFileSync(FILE, text.join(''));
  return rows.size;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
