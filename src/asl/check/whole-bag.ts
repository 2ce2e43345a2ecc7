import { BAG_NAMES, isProgramField } from '../flow/names.js';
import { readExpression } from '../flow/expressions.js';
import type { Expression, Reference } from '../flow/reference.js';
import type { State } from '../flow/states.js';
import { pathField, templateFields, templateObjects } from '../flow/templates.js';
import type { AslNode } from '../read/node.js';
import type { Machine } from '../read/machines.js';
import { stateName } from './discovery.js';
import type { Discovery } from './discovery.js';
import { HINTS } from './words.js';

const BAG_SIGNS =
  /state_data|state_bag|segment_manifest|segment_to_run|workflow_config|partition_map|(?<![A-Za-z])bag\b/;

/** A Map or Parallel state whose items or branches each get a copy of the bag. */
export function discoverWholeBags(state: State): readonly Discovery[] {
  if ((state.type !== 'Map' && state.type !== 'Parallel') || !knowsBags(state)) return [];
  const fields = templateFields(state).filter(({ role }) => role === 'payload');
  const told = fields.flatMap(templateObjects).flatMap(({ entries, pointer }) =>
    entries.flatMap(({ name, member, expression }) => {
      if (!expression || isProgramField(name) || !expression.references.some(isBag)) return [];
      return [
        wholeBag(
          state,
          member.keyStart,
          state.scope.machine.isEmbedded ? pointer : [...pointer, member.name],
          `as \`${name}\``,
        ),
      ];
    }),
  );
  const whole = fields.flatMap(({ node, pointer }) =>
    isWholeBag(readExpression(node, state.language, 'input')) && state.language === 'JSONata'
      ? [wholeBag(state, node.start, pointer, 'as it is')]
      : [],
  );
  return [...told, ...whole, ...untold(state, fields.length === 0)];
}

/** Without a template a branch gets the input of its Parallel state. An item of a Map is only the item. */
function untold(state: State, hasNone: boolean): readonly Discovery[] {
  if (state.type !== 'Parallel' || !hasNone) return [];
  const input = state.language === 'JSONPath' ? pathField(state, 'InputPath') : undefined;
  return input && !isWholeBag(input) ? [] : [wholeBag(state, state.node.start, state.pointer, 'with its whole input')];
}

function wholeBag(state: State, offset: number, pointer: Discovery['pointer'], how: string): Discovery {
  const each = state.type === 'Map' ? 'item' : 'branch';
  return {
    rule: 'asl/whole-bag',
    level: 'warning',
    state,
    offset,
    pointer,
    message: `${stateName(state)} gives every ${each} the whole bag, ${how}`,
    hint: HINTS.bag,
  };
}

function isWholeBag(expression: Expression | undefined): boolean {
  return expression?.references.some(isBag) === true;
}

function isBag({ root, steps }: Reference): boolean {
  const last = steps.at(-1)?.name;
  return last === undefined ? root === 'input' : root !== 'context' && BAG_NAMES.includes(last);
}

const KNOWN = new WeakMap<Machine, boolean>();

/** Asked for each state, and found once for a machine. */
function knowsBags({ scope: { machine } }: State): boolean {
  const known = KNOWN.get(machine) ?? mentionsBags(machine.root);
  KNOWN.set(machine, known);
  return known;
}

/** Names and texts of the machine, and what a template puts into them; comments say nothing. */
function mentionsBags({ text, items, members }: AslNode): boolean {
  if (text !== undefined && BAG_SIGNS.test(text)) return true;
  return (
    items?.some(mentionsBags) === true ||
    members?.some(({ name, value }) => BAG_SIGNS.test(name) || mentionsBags(value)) === true
  );
}
