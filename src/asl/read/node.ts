import type { JsonMember, JsonNode } from '../../json/index.js';

/** How the text of a string is written down. */
export type Spelling = 'json' | 'plain' | 'single' | 'double' | 'literal' | 'folded';

export interface AslMember extends JsonMember {
  readonly value: AslNode;
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
