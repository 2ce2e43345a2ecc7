import { INNER_STATES, TEMPLATES } from '../flow/names.js';
import type { AslNode } from './node.js';
import { isUnknown, valueOf } from './node.js';

/** A part of a machine that is a placeholder, and what it stands for. */
export interface UnreadPart {
  readonly node: AslNode;
  readonly what: string;
}

/** Fields of a state that a program can be in, or further states. */
const FIELDS = [...TEMPLATES, ...INNER_STATES, 'Items', 'ItemBatcher', 'Choices', 'Catch'];

/** Parts of a state with such fields of their own. */
const PARTS = ['ItemBatcher', 'Choices', 'Catch'];

/** States, fields and members that a placeholder stands for. A placeholder for a single value is only not known. */
export function unreadParts(machine: AslNode): readonly UnreadPart[] {
  return [...unreadStates(machine, ''), ...unreadMembers(machine)];
}

function* unreadStates(scope: AslNode, path: string): Generator<UnreadPart> {
  const states = valueOf(scope, 'States');
  if (isUnknown(scope)) yield { node: scope, what: `a branch of state "${path}"` };
  else if (states && isUnknown(states)) yield { node: states, what: `\`States\` in state "${path}"` };
  for (const { name, value } of states?.members ?? []) {
    const inner = path === '' ? name : `${path}/${name}`;
    if (isUnknown(value)) {
      if (!isFragment(name)) yield { node: value, what: `state "${inner}"` };
      continue;
    }
    yield* unreadFields(value, inner);
    for (const field of ['ItemProcessor', 'Iterator']) {
      const found = valueOf(value, field);
      if (found && !isUnknown(found)) yield* unreadStates(found, inner);
    }
    for (const branch of valueOf(value, 'Branches')?.items ?? []) yield* unreadStates(branch, inner);
  }
}

function* unreadFields(state: AslNode, path: string): Generator<UnreadPart> {
  for (const field of FIELDS) {
    const found = valueOf(state, field);
    if (found && isStructure(found)) yield { node: found, what: `\`${field}\` of state "${path}"` };
  }
  for (const field of PARTS) {
    const found = valueOf(state, field);
    for (const part of found?.items ?? (found?.members ? [found] : [])) {
      if (isStructure(part)) yield { node: part, what: `an element of \`${field}\` of state "${path}"` };
      else yield* unreadFields(part, path);
    }
  }
}

/** A placeholder in quotes is text, whatever is put there. */
function isStructure(node: AslNode): boolean {
  return isUnknown(node) && node.spelling !== 'json';
}

/** A name that a placeholder in the place of members is given when it is read. */
function isFragment(name: string): boolean {
  return name === '${}';
}

function* unreadMembers(node: AslNode): Generator<UnreadPart> {
  for (const { name, value } of node.members ?? []) {
    if (isFragment(name)) yield { node: value, what: 'a member' };
    yield* unreadMembers(value);
  }
  for (const item of node.items ?? []) yield* unreadMembers(item);
}
