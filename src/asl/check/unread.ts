import { isUnreadable } from '../flow/expressions.js';
import { INNER_STATES } from '../flow/names.js';
import type { State } from '../flow/states.js';
import type { AslNode } from '../read/node.js';
import type { Pointer } from '../read/machines.js';
import { stateName } from './discovery.js';
import type { Discovery } from './discovery.js';
import { HINTS } from './words.js';

/**
 * Expressions that cannot be read, wherever they are in a state. A program in one would not be found. States in it have
 * a language of their own.
 */
export function discoverUnread(state: State): readonly Discovery[] {
  const { isEmbedded } = state.scope.machine;
  const found: Discovery[] = [];
  const visit = (node: AslNode, pointer: Pointer, field: string): void => {
    const below = (name: string): Pointer => (isEmbedded ? pointer : [...pointer, name]);
    if (isUnreadable(node, state.language)) found.push(unread(state, node, pointer, field));
    node.items?.forEach((item, index) => {
      visit(item, below(String(index)), field);
    });
    for (const { name, value } of node.members ?? [])
      if (node !== state.node || !INNER_STATES.includes(name)) visit(value, below(name), field === '' ? name : field);
  };
  visit(state.node, state.pointer, '');
  return found;
}

function unread(state: State, { start }: AslNode, pointer: Pointer, field: string): Discovery {
  return {
    rule: 'asl/unread-expression',
    level: 'error',
    state,
    offset: start,
    pointer,
    message: `${stateName(state)} has an expression in \`${field}\` that cannot be read`,
    hint: HINTS.unread,
  };
}
