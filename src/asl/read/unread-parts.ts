import type { AslNode } from './node.js';
import { isUnknown, valueOf } from './node.js';

/** A part of a machine that is a placeholder, and what it stands for. */
export interface UnreadPart {
  readonly node: AslNode;
  readonly what: string;
}

/** Fields of a state that a program can be in, or further states. */
const FIELDS = [
  'Parameters',
  'Arguments',
  'ItemSelector',
  'ResultSelector',
  'Result',
  'Output',
  'Assign',
  'ItemProcessor',
  'Iterator',
  'Branches',
  'Choices',
  'Catch',
] as const;

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
    for (const field of FIELDS) {
      const found = valueOf(value, field);
      if (found && isStructure(found)) yield { node: found, what: `\`${field}\` of state "${inner}"` };
    }
    for (const field of ['ItemProcessor', 'Iterator']) {
      const found = valueOf(value, field);
      if (found && !isUnknown(found)) yield* unreadStates(found, inner);
    }
    for (const branch of valueOf(value, 'Branches')?.items ?? []) yield* unreadStates(branch, inner);
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
