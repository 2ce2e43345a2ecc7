const CONTEXT = 3;

/** A run of lines that differ: `[start, end)` in the old and in the new text. */
interface Change {
  readonly old: readonly [number, number];
  readonly new: readonly [number, number];
}

/** A unified diff of two texts, as `patch` reads it. Empty for equal ones. */
export function unifiedDiff(file: string, before: string, after: string): string {
  const [old, new_] = [linesOf(before), linesOf(after)];
  const hunks = groupChanges(changesBetween(old, new_)).map((changes) => hunk(old, new_, changes));
  const name = file.replace(/^\/+/, '');
  return hunks.length === 0 ? '' : `--- a/${name}\n+++ b/${name}\n${hunks.join('')}`;
}

/** Lines with their ends. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/**
 * Lines that are not in both, found by going through both texts at once. A patch changes a few lines here and there, so
 * that the nearest line in which they meet again is the right one.
 */
function changesBetween(old: readonly string[], new_: readonly string[]): readonly Change[] {
  const changes: Change[] = [];
  const pairs = findPairs(new_);
  let [at, to] = [0, 0];
  while (at < old.length || to < new_.length) {
    if (at < old.length && old[at] === new_[to]) {
      at += 1;
      to += 1;
      continue;
    }
    const [skipOld, skipNew] = nearestMeeting(old, new_, at, to, pairs);
    changes.push({ old: [at, at + skipOld], new: [to, to + skipNew] });
    at += skipOld;
    to += skipNew;
  }
  return changes;
}

function nearestMeeting(
  old: readonly string[],
  new_: readonly string[],
  at: number,
  to: number,
  pairs: Pairs,
): readonly [number, number] {
  const [restOld, restNew] = [old.length - at, new_.length - to];
  let best: readonly [number, number] = [restOld, restNew];
  for (let skipOld = 0; skipOld < Math.min(restOld, best[0] + best[1]); skipOld += 1) {
    const found = firstFrom(pairs.get(pairAt(old, at + skipOld)) ?? [], to);
    if (found !== undefined && skipOld + found - to < best[0] + best[1]) best = [skipOld, found - to];
  }
  return best;
}

/** Where two lines follow each other in the new text: one line does not tell, as a bracket alone is in every object. */
type Pairs = ReadonlyMap<string, readonly number[]>;

function pairAt(lines: readonly string[], at: number): string {
  return `${lines[at]!}\0${lines[at + 1] ?? ''}`;
}

function findPairs(lines: readonly string[]): Pairs {
  const pairs = new Map<string, number[]>();
  for (const at of lines.keys()) {
    const key = pairAt(lines, at);
    const places = pairs.get(key) ?? [];
    pairs.set(key, places);
    places.push(at);
  }
  return pairs;
}

/** The first of rising numbers that is not below `least`. */
function firstFrom(places: readonly number[], least: number): number | undefined {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return places[low];
}

/** Changes whose context would touch are told together. */
function groupChanges(changes: readonly Change[]): readonly (readonly Change[])[] {
  const groups: Change[][] = [];
  for (const change of changes) {
    const last = groups.at(-1);
    const end = last?.at(-1)?.old[1];
    if (last && end !== undefined && change.old[0] - end <= 2 * CONTEXT) last.push(change);
    else groups.push([change]);
  }
  return groups;
}

function hunk(old: readonly string[], new_: readonly string[], changes: readonly Change[]): string {
  const [first, last] = [changes[0]!, changes.at(-1)!];
  const lead = Math.min(CONTEXT, first.old[0]);
  const tail = Math.min(CONTEXT, old.length - last.old[1]);
  const lines: string[] = [];
  let at = first.old[0] - lead;
  for (const change of changes) {
    lines.push(...old.slice(at, change.old[0]).map((line) => ` ${line}`));
    lines.push(
      ...old.slice(...change.old).map((line) => `-${line}`),
      ...new_.slice(...change.new).map((line) => `+${line}`),
    );
    at = change.old[1];
  }
  lines.push(...old.slice(at, at + tail).map((line) => ` ${line}`));
  const oldRange = range(first.old[0] - lead, last.old[1] + tail);
  const newRange = range(first.new[0] - lead, last.new[1] + tail);
  return `@@ -${oldRange} +${newRange} @@\n${lines.map(ended).join('')}`;
}

function range(start: number, end: number): string {
  const count = end - start;
  return `${count === 0 ? start : start + 1},${count}`;
}

function ended(line: string): string {
  return line.endsWith('\n') ? line : `${line}\n\\ No newline at end of file\n`;
}
