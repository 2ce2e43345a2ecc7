import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { significant } from './compare.js';
import type { Difference } from './compare.js';

/*
 * A rule says why a difference is allowed; recorded.tsv says which differences an input has. With both, a rule that is
 * wider than it should be hides nothing: another difference has another digest.
 */

const FILE = new URL('recorded.tsv', import.meta.url);

/** By the id of a rule: how many differences of an input it allows, and their digest, as `3:0a1b2c3d`. */
export type Groups = Readonly<Record<string, string>>;

/** What recorded.tsv has, by the key of the input. Inputs without an allowed difference are not in it. */
export const RECORDED: ReadonlyMap<string, Groups> = existsSync(FILE)
  ? parseRecording(readFileSync(FILE, 'utf8'))
  : new Map<string, Groups>();

export const isRecording = process.env.STATEBAG_ORACLE_RECORD !== undefined;

/**
 * `#mark` and a rule for each rule, then a line for each input: its key, and `mark=count:digest` for each rule that
 * allows something in it.
 */
export function parseRecording(text: string): Map<string, Groups> {
  const rows = text.split('\n').filter((row) => row !== '');
  const rules = new Map(
    rows.filter((row) => row.startsWith('#')).map((row) => row.slice(1).split('\t') as [string, string]),
  );
  return new Map(
    rows
      .filter((row) => !row.startsWith('#'))
      .map((row) => {
        const [key = '', ...groups] = row.split('\t');
        return [key, Object.fromEntries(groups.map((group) => nameGroup(group, rules)))];
      }),
  );
}

function nameGroup(group: string, rules: ReadonlyMap<string, string>): readonly [string, string] {
  const [mark = '', value = ''] = group.split('=');
  return [rules.get(mark) ?? mark, value];
}

export function formatRecording(rows: ReadonlyMap<string, Groups>): string {
  const marks = new Map(
    [...new Set([...rows.values()].flatMap(Object.keys))].sort().map((rule) => [rule, markOf(rule)]),
  );
  if (new Set(marks.values()).size < marks.size) throw new Error('two rules have one mark: make marks longer');
  const lines = [...rows]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, groups]) => {
      const rules = Object.keys(groups).sort();
      return [key, ...rules.map((rule) => `${marks.get(rule)!}=${groups[rule]!}`)].join('\t');
    });
  return [...Array.from(marks, ([rule, mark]) => `#${mark}\t${rule}`), ...lines, ''].join('\n');
}

/** Ids of rules are long, and are in the file 15,000 times. */
function markOf(rule: string): string {
  return sha256(rule).slice(0, 4);
}

/** Titles of corpus inputs must not be in the repository, so the file has digests of titles. */
export function keyOf(title: string): string {
  return sha256(title).slice(0, 12);
}

export function groupsOf(byRule: ReadonlyMap<string, readonly Difference[]>, dir: string): Groups {
  return Object.fromEntries([...byRule].map(([rule, found]) => [rule, `${found.length}:${digestOf(found, dir)}`]));
}

/** Rules whose differences are not those of the other recording. */
export function changedRules(before: Groups = {}, now: Groups = {}): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((rule) => before[rule] !== now[rule]);
}

/** `dir`: where the commands ran; it has another name in each run. See docs/internals/oracle.md for what counts. */
function digestOf(differences: readonly Difference[], dir: string): string {
  const plain = (text: string) => withoutPlace(text, dir).replace(/127\.0\.0\.1:\d+/g, '<server>');
  const lines = differences.map((difference) => {
    const { aspect, name, path, change, old = '', new: next = '' } = difference;
    const [left, right] = [plain(old), plain(next)].map((text) => significant(text, difference));
    return JSON.stringify([aspect, plain(name), plain(path), change, left, right]);
  });
  return sha256(lines.sort().join('\n')).slice(0, 8);
}

export function withoutPlace(text: string, dir: string): string {
  return dir === '' ? text : text.replaceAll(dir, '<dir>').replaceAll(dir.replaceAll('/', '~1'), '<dir>');
}

/** An input that ran, and what its differences are now. */
export interface Ran {
  readonly key: string;
  readonly title: string;
  readonly groups: Groups;
  /** By rule: some differences that are not those of the file, for people, and how many there are. */
  readonly changes: Readonly<Record<string, readonly string[]>>;
}

/** The recording after a run. `isWhole`: every input ran, so other lines are of inputs that are gone. */
export function nextRecording(before: ReadonlyMap<string, Groups>, ran: readonly Ran[], isWhole: boolean) {
  const rows = new Map(isWhole ? [] : before);
  for (const { key, groups } of ran)
    if (Object.keys(groups).length === 0) rows.delete(key);
    else rows.set(key, groups);
  return rows;
}

export function writeRecording(rows: ReadonlyMap<string, Groups>): void {
  writeFileSync(FILE, formatRecording(rows));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
