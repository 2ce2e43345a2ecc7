import type { Discovery } from './discovery.js';
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

/** The same without its edits, when what belongs to it must be changed by hand. */
export function byHand(discovery: Discovery): Discovery {
  const { edits, ...rest } = discovery;
  return edits ? { ...rest, hint: HINTS.together } : rest;
}
