import type { FindingLevel } from '../../findings/finding.js';
import type { AslNode } from '../read/node.js';
import type { Pointer } from '../read/machines.js';
import type { State } from '../flow/states.js';
import type { AslRule } from '../rules.js';
import type { FieldReference } from './field-reference.js';

/** A member to put into an object: an expression of the state's language, or JSON as it is. */
export interface Addition {
  readonly name: string;
  readonly value: { readonly expression: string } | { readonly json: string };
}

/** Changes members of one object: `drop` and `clear` (leave `null`) are positions among its members. */
export interface ObjectEdit {
  readonly kind: 'object';
  readonly node: AslNode;
  readonly state: State;
  readonly drop: readonly number[];
  readonly clear: readonly number[];
  readonly add: readonly Addition[];
  /** The member that additions stand before when none is dropped. */
  readonly anchor: number;
}

/** Changes a part of a string; offsets are indexes into its text. */
export interface TextEdit {
  readonly kind: 'text';
  readonly node: AslNode;
  readonly state: State;
  readonly start: number;
  readonly end: number;
  readonly insert: string;
}

export type Edit = ObjectEdit | TextEdit;

/** Something found in a state, and the edits that mend it when that can be done without knowing more. */
export interface Discovery {
  readonly rule: AslRule;
  readonly level: FindingLevel;
  readonly state: State;
  /** Byte offset in the source of the machine. */
  readonly offset: number;
  readonly pointer: Pointer;
  readonly message: string;
  readonly hint: string;
  readonly edits?: readonly Edit[];
  /** What the value is known by that stays where it is, when nothing mends it. */
  readonly key?: string;
  /** What it reads of the two fields. */
  readonly reads?: readonly FieldReference[];
  /** Where it puts what it reads, among the data of the machine: `input` or a variable's name, then names. */
  readonly writes?: readonly string[];
  /** The member of the input of an item or a branch that it puts it in. */
  readonly gives?: string;
}

/** `"Loop/Branch/Run"`, for messages. */
export function stateName({ path }: State): string {
  return `state "${path.join('/')}"`;
}
