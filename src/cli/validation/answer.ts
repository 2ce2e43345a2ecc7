import type { Conclusion, UnseenEntry } from '../../findings/finding-writer.js';
import { ignoredRows, ignoreMembers } from '../reporters/run-figures.js';
import type { Checked } from './check-sources.js';

/** `yes`: every entry of the sources was read, and every document is as expected. */
export type Answer = 'yes' | 'no' | 'not proven';

export function answerOf({ failed, inventory }: Checked): Answer {
  if (failed > 0) return 'no';
  return UNSEEN.every((kind) => inventory[kind] === 0) ? 'yes' : 'not proven';
}

/** What the report says at its end: the answer, what it comes from, and each entry of which nothing is known. */
export function conclude(
  answer: Answer,
  { inventory }: Pick<Checked, 'inventory'>,
  entries: readonly UnseenEntry[],
  ignore: readonly string[],
): Conclusion {
  const ofKind = (kind: string) => entries.filter((entry) => entry.kind === kind).map(entryMembers);
  const unseen = UNSEEN.filter((kind) => inventory[kind] > 0).map((kind) => `${inventory[kind]} ${kind}`);
  const lists = Object.fromEntries(UNSEEN.map((kind) => [kind, ofKind(kind)]));
  const remarks = [
    ...(unseen.length > 0 ? [`${answer === 'no' ? 'and not proven' : 'not proven'}: ${unseen.join(', ')}`] : []),
    ...ignoredRows(inventory, ignore).map(([, count, why]) => `ignored: ${count}, ${why}`),
  ];
  return {
    isComplete: unseen.length === 0,
    members: { answer, inventory, ...ignoreMembers(ignore), ...lists },
    ...(remarks.length > 0 && { remark: remarks.join('\n') }),
  };
}

const UNSEEN = ['unreadable', 'skipped', 'empty'] as const;

function entryMembers({ kind, file, code, message }: UnseenEntry) {
  return { kind, id: file, code, reason: message };
}
