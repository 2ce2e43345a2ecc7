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
  let [at, to] = [0, 0];
  while (at < old.length || to < new_.length) {
    if (at < old.length && old[at] === new_[to]) {
      at += 1;
      to += 1;
      continue;
    }
    const [skipOld, skipNew] = nearestMeeting(old, new_, at, to);
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
): readonly [number, number] {
  const [restOld, restNew] = [old.length - at, new_.length - to];
  for (let distance = 1; distance < restOld + restNew; distance += 1) {
    for (let skipNew = Math.min(distance, restNew); skipNew >= Math.max(0, distance - restOld); skipNew -= 1) {
      const skipOld = distance - skipNew;
      if (meets(old, new_, at + skipOld, to + skipNew)) return [skipOld, skipNew];
    }
  }
  return [restOld, restNew];
}

/** Two lines, as a bracket alone is in every object. */
function meets(old: readonly string[], new_: readonly string[], at: number, to: number): boolean {
  if (at >= old.length || to >= new_.length) return at >= old.length && to >= new_.length;
  return old[at] === new_[to] && old[at + 1] === new_[to + 1];
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
