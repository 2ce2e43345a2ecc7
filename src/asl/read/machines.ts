import { SchemaError, BagError, restateAs, StateBagError } from '../../errors/index.js';
import { callIn, expandValue } from './intrinsics.js';
import type { AslNode } from './node.js';
import { hasPlaceholder, isUnknown, memberOf, textOf, valueOf } from './node.js';
import { parseJsonTree } from './json-tree.js';
import { embeddedSource } from './source.js';
import { isProgramField } from '../flow/names.js';
import type { Source } from './source.js';
import { unreadParts } from './unread-parts.js';

export type Pointer = readonly string[];

/** A state machine and where it is written. */
export interface Machine {
  readonly source: Source;
  readonly root: AslNode;
  /** From the root of the file; for a machine in a string, to the string. */
  readonly pointer: Pointer;
  /** True when it is written in a string of the file. */
  readonly isEmbedded: boolean;
  /** True when it is put together of parts that are written elsewhere, so that it cannot be changed in place. */
  readonly isComposed: boolean;
}

/** A definition, or a part of one, that cannot be read. */
export interface Unread {
  readonly code: string;
  readonly message: string;
  /** In the file. */
  readonly offset: number;
  readonly pointer: Pointer;
}

/** A file that a template takes a definition from. */
export interface DefinitionReference {
  /** As the template says it. */
  readonly path: string;
  readonly offset: number;
  readonly pointer: Pointer;
}

export interface FoundMachines {
  readonly machines: readonly Machine[];
  readonly unread: readonly Unread[];
  readonly references: readonly DefinitionReference[];
}

const STATE_TYPES = new Set(['Task', 'Pass', 'Choice', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map']);

const RESOURCES = new Set(['AWS::StepFunctions::StateMachine', 'AWS::Serverless::StateMachine']);

/** Members that hold a definition, as text or as an object. */
const DEFINITION = /^definition(?:_?string|_?body)?$/i;

/** Members of a resource that say where its definition is stored. */
const LOCATION = /^Definition(?:Uri|S3Location)$/;

/** Every machine below a value, wherever a template keeps it, and every definition that cannot be read. */
export function findMachines(source: Source, root: AslNode): FoundMachines {
  const search = new Search(source);
  search.visit(root, [], '');
  return search;
}

function isMachine(node: AslNode): boolean {
  return memberOf(node, 'States') !== undefined && memberOf(node, 'StartAt') !== undefined;
}

/** `stepFunctions.stateMachines.NAME.definition` of the Serverless Framework. */
function isOfServerless(pointer: Pointer): boolean {
  return pointer.at(-3) === 'stateMachines' && pointer.at(-1) === 'definition';
}

/** `${file(…)}` in the place of state machines of the Serverless Framework, or of one of them. */
function isServerlessFile(node: AslNode, pointer: Pointer): boolean {
  const place = pointer.slice(pointer.at(-1) === 'stateMachines' ? -2 : -3).slice(0, 2);
  return place.join('/') === 'stepFunctions/stateMachines' && isUnknown(node);
}

const SERVERLESS_FILE = 'these state machines are in another file, which is not read: check that file';

/** A connector names the type of what it connects, too. */
function isResource(node: AslNode, pointer: Pointer): boolean {
  const isPlace = memberOf(node, 'Properties') !== undefined || pointer.at(-2) === 'Resources';
  return isPlace && RESOURCES.has(textOf(node, 'Type') ?? '');
}

/** True for text that is a definition, or meant as one. */
function mentionsStates(text: string): boolean {
  return text.includes('StartAt') && text.includes('States');
}

class Search implements FoundMachines {
  readonly machines: Machine[] = [];
  readonly unread: Unread[] = [];
  readonly references: DefinitionReference[] = [];

  constructor(private readonly source: Source) {}

  visit(node: AslNode, pointer: Pointer, name: string): void {
    if (isMachine(node))
      this.#try(node, pointer, () => {
        this.#addExpanded(node, pointer);
      });
    else if (isResource(node, pointer)) this.#visitResource(node, pointer);
    else if (DEFINITION.test(name) && (node.text !== undefined || callIn(node)))
      this.#visitDefinition(node, pointer, isOfServerless(pointer));
    else if (isServerlessFile(node, pointer)) this.#refuse(node, pointer, SERVERLESS_FILE);
    else this.#visitBelow(node, pointer);
  }

  #visitBelow(node: AslNode, pointer: Pointer): void {
    for (const member of node.members ?? []) this.visit(member.value, [...pointer, member.name], member.name);
    node.items?.forEach((item, index) => {
      this.visit(item, [...pointer, String(index)], '');
    });
  }

  #visitResource(node: AslNode, pointer: Pointer): void {
    const properties = valueOf(node, 'Properties');
    const members = (properties?.members ?? []).filter(({ name }) => DEFINITION.test(name) || LOCATION.test(name));
    for (const { name, value } of members) {
      const at = [...pointer, 'Properties', name];
      if (LOCATION.test(name)) this.#visitLocation(value, at, members.length > 1);
      else this.#visitDefinition(value, at, true, members.length > 1);
    }
    this.#visitSubstitutions(properties && valueOf(properties, 'DefinitionSubstitutions'), pointer);
    if (members.length === 0) this.#refuse(node, pointer, 'this state machine has no definition that can be read');
  }

  /** What a name in the definition stands for can hold a field, too. */
  #visitSubstitutions(node: AslNode | undefined, pointer: Pointer): void {
    for (const { name, value } of node?.members ?? []) {
      const at = [...pointer, 'Properties', 'DefinitionSubstitutions', name];
      this.#try(value, at, () => {
        const field = expandValue(value).flatMap(({ text }) => text?.match(/\w+/g)?.find(isProgramField) ?? [])[0];
        if (field !== undefined)
          this.#refuse(
            value,
            at,
            `\`${field}\` is put into the definition in the place of a name; it is not read there`,
          );
      });
    }
  }

  /**
   * Text elsewhere than in a resource may be something else that is called a definition. A resource with several of
   * them has one of them in each deployment: what is nothing under one condition is another member then.
   */
  #visitDefinition(node: AslNode, pointer: Pointer, isKnown: boolean, hasOthers = false): void {
    this.#try(node, pointer, () => {
      const isString = isKnown || /string$/i.test(pointer.at(-1) ?? '');
      const values = expandValue(node).filter((value) => !(hasOthers && value.isNothing));
      for (const value of values) {
        const text = value.text?.trimStart() ?? '';
        if (isMachine(value)) this.#addMachine(this.source, value, pointer, values.length > 1);
        else if (text.startsWith('{') && (isString || mentionsStates(text)))
          this.#try(value, pointer, () => {
            this.#addText(value, pointer);
          });
        else if (isKnown) this.#refuse(value, pointer, unreadableReason(value));
        else this.#visitBelow(value, pointer);
      }
    });
  }

  #visitLocation(node: AslNode, pointer: Pointer, hasOthers: boolean): void {
    this.#try(node, pointer, () => {
      for (const value of expandValue(node)) {
        const { text } = value;
        if (hasOthers && value.isNothing) continue;
        const isLocal = text !== undefined && !hasPlaceholder(text) && !/^[a-z][a-z\d+.-]*:\/\//i.test(text);
        if (isLocal) this.references.push({ path: text, offset: this.source.toFile(value.start), pointer });
        else
          this.#refuse(value, pointer, 'the definition of this state machine is not in a local file; it is not read');
      }
    });
  }

  #addText(node: AslNode, pointer: Pointer): void {
    const inner = embeddedSource(this.source, node);
    const tree = parseEmbedded(this.source, node, inner);
    if (!isMachine(tree)) {
      const found = findMachines(inner, tree);
      this.machines.push(...found.machines.map((machine) => ({ ...machine, pointer, isEmbedded: true })));
      this.unread.push(...found.unread.map((unread) => ({ ...unread, pointer })));
      if (found.machines.length + found.unread.length === 0)
        this.#refuse(node, pointer, 'the definition in this string has no `StartAt` and `States`');
      return;
    }
    const values = expandValue(tree);
    for (const value of values) this.#addMachine(inner, value, pointer, values.length > 1, true);
  }

  #addExpanded(node: AslNode, pointer: Pointer): void {
    const values = expandValue(node);
    for (const value of values) this.#addMachine(this.source, value, pointer, values.length > 1);
  }

  #addMachine(source: Source, root: AslNode, pointer: Pointer, isVariant: boolean, isEmbedded = false): void {
    this.#try(root, pointer, () => {
      requireStates(source, root);
      const isComposed = isVariant || !source.isEditable || hasForeignParts(root);
      this.machines.push({ source, root, pointer, isEmbedded, isComposed });
      for (const { node, what } of unreadParts(root)) {
        const message = `${what} is a placeholder, so what the template puts there is not read`;
        this.unread.push({ code: 'ASL_UNREADABLE', message, offset: source.toFile(node.start), pointer });
      }
    });
  }

  #refuse(node: AslNode, pointer: Pointer, message: string): void {
    this.unread.push({ code: 'ASL_UNREADABLE', message, offset: this.source.toFile(node.start), pointer });
  }

  /** What is wrong with one definition does not keep the others from being looked at. */
  #try(node: AslNode, pointer: Pointer, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof StateBagError)) throw error;
      const { code, message, context } = error;
      const offset = typeof context.offset === 'number' ? context.offset : this.source.toFile(node.start);
      this.unread.push({ code, message, offset, pointer });
    }
  }
}

function unreadableReason(value: AslNode): string {
  if (isUnknown(value)) return 'the definition of this state machine is a reference or a placeholder; it is not read';
  return value.text === undefined
    ? 'the definition of this state machine has no `StartAt` and `States`'
    : 'the definition of this state machine is text that is not a JSON object';
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

/** A path or an expression, which a patch may copy. */
const EXPRESSION = /^\s*(?:\$(?!\{)|\{%)|workflow_config|partition_map/;

/** True when a part is written elsewhere, or means something else where it is copied to. */
function hasForeignParts({ text, isMerged, isSubstituted, pieces, members, items }: AslNode): boolean {
  return (
    isMerged === true ||
    ((isSubstituted === true || pieces !== undefined) && EXPRESSION.test(text ?? '')) ||
    (members?.some(({ value }) => hasForeignParts(value)) ?? false) ||
    (items?.some(hasForeignParts) ?? false)
  );
}

function requireStates(source: Source, machine: AslNode): void {
  const states = valueOf(machine, 'States');
  if (states && isUnknown(states)) throw unreadable(source, states, '`States` is a placeholder; it is not read');
  if (states?.members === undefined) throw invalid(source, machine, '`States` is no object of states');
  const start = valueOf(machine, 'StartAt');
  const startAt = start?.text;
  const isKnown = start !== undefined && !isUnknown(start) && !hasPlaceholder(startAt ?? '');
  if (isKnown && (startAt === undefined || !memberOf(states, startAt)))
    throw invalid(source, machine, `\`StartAt\` names no state${startAt === undefined ? '' : `: "${startAt}"`}`);
  for (const { name, value } of states.members) {
    const type = valueOf(value, 'Type');
    if (isUnknown(value) || (type && isUnknown(type))) continue;
    if (!STATE_TYPES.has(type?.text ?? ''))
      throw invalid(source, value, `state "${name}" has no \`Type\` that the Amazon States Language knows`);
  }
}

function invalid(source: Source, node: AslNode, what: string): SchemaError {
  return new SchemaError('ASL_INVALID', `not a state machine: ${what}`, {
    context: { offset: source.toFile(node.start) },
  });
}

function unreadable(source: Source, node: AslNode, message: string): BagError {
  return new BagError('ASL_UNREADABLE', message, { context: { offset: source.toFile(node.start) } });
}
