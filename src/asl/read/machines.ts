import { SchemaError, BagError, restateAs } from '../../errors/index.js';
import type { AslNode } from './node.js';
import { memberOf, textOf, valueOf } from './node.js';
import { parseJsonTree } from './json-tree.js';
import { embeddedSource } from './source.js';
import type { Source } from './source.js';

export type Pointer = readonly string[];

/** A state machine and where it is written. */
export interface Machine {
  readonly source: Source;
  readonly root: AslNode;
  /** From the root of the file; for a machine in a string, to the string. */
  readonly pointer: Pointer;
  /** True when it is written in a string of the file. */
  readonly isEmbedded: boolean;
}

const STATE_TYPES = new Set(['Task', 'Pass', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map']);

/** Members of a template that hold a definition as text. */
const TEXT_MEMBERS = /^(?:definition_?string|definition)$/i;

/**
 * Every machine below a value, wherever a template keeps it. Throws `SchemaError` `ASL_INVALID`, and for text that is
 * none what reading it throws.
 */
export function findMachines(source: Source, root: AslNode): readonly Machine[] {
  const found: Machine[] = [];
  const visit = (node: AslNode, pointer: Pointer, name: string): void => {
    if (isMachine(node)) {
      requireStates(source, node);
      found.push({ source, root: node, pointer, isEmbedded: false });
      return;
    }
    if (TEXT_MEMBERS.test(name)) found.push(...machinesInText(source, node, pointer));
    for (const member of node.members ?? []) visit(member.value, [...pointer, member.name], member.name);
    node.items?.forEach((item, index) => {
      visit(item, [...pointer, String(index)], '');
    });
  };
  visit(root, [], '');
  return found;
}

function isMachine(node: AslNode): boolean {
  return memberOf(node, 'States') !== undefined && memberOf(node, 'StartAt') !== undefined;
}

/** The string itself, or the text of an `Fn::Sub` in its place. */
function machinesInText(source: Source, node: AslNode, pointer: Pointer): readonly Machine[] {
  const text = templateText(node);
  if (text?.text?.trimStart().startsWith('{') !== true) return [];
  const inner = embeddedSource(source, text);
  return findMachines(inner, parseEmbedded(source, text, inner)).map((machine) => ({
    ...machine,
    pointer,
    isEmbedded: true,
  }));
}

function templateText(node: AslNode): AslNode | undefined {
  const sub = valueOf(node, 'Fn::Sub') ?? node;
  return sub.items ? sub.items[0] : sub;
}

function parseEmbedded(outer: Source, text: AslNode, inner: Source): AslNode {
  try {
    return parseJsonTree(inner.bytes);
  } catch (error) {
    if (!(error instanceof BagError)) throw error;
    const offset =
      typeof error.context.offset === 'number' ? inner.toFile(error.context.offset) : outer.toFile(text.start);
    const message = `the definition in this string cannot be read: ${error.message} of the string`;
    throw restateAs(BagError, error, { message, context: { offset } });
  }
}

function requireStates(source: Source, machine: AslNode): void {
  const states = valueOf(machine, 'States');
  if (states?.members === undefined) throw invalid(source, machine, '`States` is no object of states');
  const startAt = textOf(machine, 'StartAt');
  if (startAt === undefined || !memberOf(states, startAt))
    throw invalid(source, machine, `\`StartAt\` names no state${startAt === undefined ? '' : `: "${startAt}"`}`);
  for (const { name, value } of states.members) {
    const type = textOf(value, 'Type');
    if (type === undefined || !STATE_TYPES.has(type))
      throw invalid(source, value, `state "${name}" has no \`Type\` that the Amazon States Language knows`);
  }
}

function invalid(source: Source, node: AslNode, what: string): SchemaError {
  return new SchemaError('ASL_INVALID', `not a state machine: ${what}`, {
    context: { offset: source.toFile(node.start) },
  });
}
