import type { AslNode } from '../read/node.js';

/** Types of DynamoDB's attribute values, such as `{"S": "text"}`. */
const TYPES = /^(?:S|N|B|BOOL|NULL|M|L|SS|NS|BS)(?:\.\$)?$/;

/**
 * What a value holds that may be an attribute value of DynamoDB. Undefined when an expression makes it, which is looked
 * at where it is written.
 */
export function heldValue(node: AslNode): AslNode | undefined {
  const [member, ...others] = node.members ?? [];
  if (!member || others.length > 0 || !TYPES.test(member.name)) return node;
  return member.name.endsWith('.$') || isComputed(member.value) ? undefined : member.value;
}

/** True when a part of it is an expression. */
function isComputed({ text, items, members }: AslNode): boolean {
  if (text !== undefined) return text.startsWith('{%') && text.endsWith('%}');
  return (
    items?.some(isComputed) === true ||
    members?.some(({ name, value }) => name.endsWith('.$') || isComputed(value)) === true
  );
}
