import type { JsonMember, JsonNode } from '../../json/index.js';

/** How the text of a string is written down. */
export type Spelling = 'json' | 'plain' | 'single' | 'double' | 'literal' | 'folded';

export interface AslMember extends JsonMember {
  readonly value: AslNode;
  /** A member of YAML that cannot be replaced by others: its key has a mark, a tag or an anchor, or is an alias. */
  readonly isFixed?: true;
}

/** A value of a definition by its place, whatever notation it is written in. Offsets count bytes of its source. */
export interface AslNode extends JsonNode {
  readonly members?: readonly AslMember[];
  readonly items?: readonly AslNode[];
  /** Decoded text of a string. Absent for what a tag of a template stands in for, such as `!Ref`. */
  readonly text?: string;
  readonly spelling?: Spelling;
  /** A number as it is written. */
  readonly number?: string;
  /** A YAML collection told by indentation. */
  readonly isBlock?: boolean;
  /** A mapping of YAML with members that `<<` takes from another one. */
  readonly isMerged?: true;
  /** A value of YAML that is reached from several places: an alias, or what is in an anchor that an alias takes. */
  readonly isShared?: true;
  /** An alias of YAML: the place is its own, the members are where the anchor is. */
  readonly isAlias?: true;
  /** Text that a template puts together: where each part of it is written, in the order of the text. */
  readonly pieces?: readonly TextPiece[];
  /** Text of `!Sub` with names in it, which mean nothing without the tag. */
  readonly isSubstituted?: true;
  /** `AWS::NoValue`: the member or the element is not there. */
  readonly isNothing?: true;
}

/** A part of a text that a template puts together. */
export interface TextPiece {
  /** Index in the text that was put together. */
  readonly start: number;
  readonly node: AslNode;
  /** Index in the text of the node; absent when the part only stands for the node. */
  readonly from?: number;
}

const PLACEHOLDER = /^\s*\$\{[^{}]*\}\s*$/;

/** True for a value that only a deployment knows. */
export function isUnknown({ kind, text }: AslNode): boolean {
  return kind === 'string' && (text === undefined || PLACEHOLDER.test(text));
}

/** True for text that holds a placeholder. */
export function hasPlaceholder(text: string): boolean {
  return text.includes('${');
}

/** The member that counts where a name is there twice: the last one. */
export function memberOf(node: AslNode, name: string): AslMember | undefined {
  return node.members?.findLast((member) => member.name === name);
}

export function valueOf(node: AslNode, name: string): AslNode | undefined {
  return memberOf(node, name)?.value;
}

export function textOf(node: AslNode, name: string): string | undefined {
  return valueOf(node, name)?.text;
}
