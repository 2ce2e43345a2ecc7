import type { Discovery, Edit } from './discovery.js';
import { HINTS } from './words.js';

/** True when each of these can be mended, and their edits say the same of members that several of them add. */
export function canBeMended(found: readonly Discovery[]): boolean {
  const errors = found.filter(({ level }) => level === 'error');
  const values = new Map<string, string>();
  const additions = errors.flatMap(({ edits = [] }) =>
    edits.flatMap((edit) =>
      edit.kind === 'object'
        ? edit.add.map(({ name, value }) => ({ node: edit.node, name, value: JSON.stringify(value) }))
        : [],
    ),
  );
  const agree = additions.every(({ node, name, value }) => {
    const key = `${node.start}:${name}`;
    const known = values.get(key) ?? value;
    values.set(key, known);
    return known === value;
  });
  return agree && errors.every(({ edits }) => edits !== undefined);
}

/** Without their edits, what a file is written so that these cannot be done in place. */
export function leaveFixed(found: readonly Discovery[]): readonly Discovery[] {
  return found.map((discovery) => {
    const { edits = [], ...rest } = discovery;
    const reason = edits.map(obstacleTo).find((hint) => hint !== undefined);
    return reason === undefined ? discovery : { ...rest, hint: reason };
  });
}

/** Why an edit cannot be done in place: what an anchor holds would change wherever an alias takes it. */
export function obstacleTo(edit: Edit): string | undefined {
  const { node } = edit;
  if (node.isShared) return HINTS.shared;
  if (edit.kind === 'text') return undefined;
  if (node.members?.some(({ isFixed }) => isFixed)) return HINTS.key;
  const touched = [...edit.drop, ...edit.clear, edit.anchor].map((index) => node.members?.[index]?.value);
  return touched.some((value) => value?.isShared && !value.isAlias) ? HINTS.shared : undefined;
}

/** The same without its edits, when what belongs to it must be changed by hand. */
export function byHand(discovery: Discovery): Discovery {
  const { edits, ...rest } = discovery;
  return edits ? { ...rest, hint: HINTS.together } : rest;
}
