import type { AslNode } from '../read/node.js';
import type { Pointer } from '../read/machines.js';
import { INNER_STATES, TEMPLATES } from './names.js';
import type { State } from './states.js';

/** A string somewhere in a state, beside the templates. */
export interface StateString {
  /** Name of the member it is the value of, or an element in. */
  readonly name: string;
  readonly node: AslNode;
  readonly pointer: Pointer;
  readonly holder: AslNode;
}

/** Paths, variables of choices, conditions: every string that is in no template and in no inner state. */
export function stateStrings({ node, pointer, scope }: State): readonly StateString[] {
  const found: StateString[] = [];
  const visit = (holder: AslNode, at: Pointer, holderName: string): void => {
    const below = (name: string): Pointer => (scope.machine.isEmbedded ? at : [...at, name]);
    holder.items?.forEach((item, index) => {
      if (item.text !== undefined) found.push({ name: holderName, node: item, pointer: below(String(index)), holder });
      visit(item, below(String(index)), holderName);
    });
    for (const { name, value } of holder.members ?? []) {
      if (TEMPLATES.includes(name) || INNER_STATES.includes(name)) continue;
      if (value.text !== undefined) found.push({ name, node: value, pointer: below(name), holder });
      visit(value, below(name), name);
    }
  };
  visit(node, pointer, '');
  return found;
}
