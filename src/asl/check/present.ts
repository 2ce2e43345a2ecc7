import { BAG_NAMES, INDEX_NAMES, OWNER_NAMES, SEGMENT_CONFIG, SEGMENT_INDEX, isProgramField } from '../flow/names.js';
import { namesOf } from '../flow/reference.js';
import type { BuiltObject, Expression, Reference } from '../flow/reference.js';
import type { TemplateObject } from '../flow/templates.js';
import { oncePer } from '../once.js';
import type { Addition } from './discovery.js';
import { fieldReferences } from './field-reference.js';
import type { FieldReference, Sibling } from './field-reference.js';

/** A member that an object has beside a field. */
export interface PresentMember {
  readonly name: string;
  readonly references: readonly Reference[];
  /** The value, when it is a path and nothing else. */
  readonly path?: Reference;
  /** The value as it can be written once more. */
  readonly value?: Addition['value'];
  /** True for what cannot be anything but nothing. */
  readonly isEmpty: boolean;
}

export type Present = readonly PresentMember[];

export function presentIn({ entries }: TemplateObject): Present {
  return entries.map(({ name, expression, member: { value } }) => {
    const isEmpty =
      value.kind === 'null' || value.text?.trim() === '' || value.members?.length === 0 || value.items?.length === 0;
    if (expression)
      return {
        name,
        references: expression.references,
        value: { expression: expression.text.trim() },
        isEmpty,
        ...(expression.path && { path: expression.path }),
      };
    return { name, references: [], isEmpty, ...(value.number !== undefined && { value: { json: value.number } }) };
  });
}

export const presentInBuilt = oncePer(({ members }: BuiltObject, { text }: Expression): Present =>
  members.map(({ name, path, references }) => ({
    name,
    references,
    isEmpty: false,
    ...(path && { path, value: { expression: text.slice(path.start, path.end) } }),
  })),
);

export function presentMember(present: Present, name: string): PresentMember | undefined {
  return present.find((member) => member.name === name);
}

/** The index that a reader takes first of those that an object says. */
export function ownIndex(present: Present): PresentMember | undefined {
  return INDEX_NAMES.map((name) => presentMember(present, name)).find((member) => member !== undefined);
}

export function saysIndex(present: Present): boolean {
  return presentMember(present, SEGMENT_INDEX) !== undefined;
}

/** True for a payload that says whose it is, or takes along the whole bag that the field is a member of. */
export function hasOwner(present: Present, found: FieldReference): boolean {
  return present.some((member) =>
    OWNER_NAMES.includes(member.name) ? !member.isEmpty : BAG_NAMES.includes(member.name) && isBagOf(member, found),
  );
}

/** True for a member that a reader takes for a bag, or looks for one in. */
export function holdsBag({ name }: PresentMember): boolean {
  return name === 'Payload' || BAG_NAMES.includes(name);
}

/** True for the whole object that a field lies in. */
export function isBagOf({ path }: PresentMember, { reference, depth }: FieldReference): boolean {
  const base = [reference.root, ...namesOf(reference).slice(0, Math.max(0, depth - 1))];
  return (
    depth > 0 &&
    path !== undefined &&
    !path.isMany &&
    JSON.stringify([path.root, ...namesOf(path)]) === JSON.stringify(base)
  );
}

/** A segment of its own, which is not taken out of a program that a lean bag does not have. */
export function givesOwnSegment(present: Present): boolean {
  const member = presentMember(present, SEGMENT_CONFIG);
  return member !== undefined && member.references.length > 0 && fieldReferences(member).length === 0;
}

/** True when a member is what lies beside the field under that name. */
export function isSibling(
  { path, value }: PresentMember,
  { reference, step, depth }: FieldReference,
  sibling: Sibling,
  name: string,
): boolean {
  if (!path || path.isMany) return false;
  if (value && 'expression' in value && value.expression === sibling(name)) return true;
  const own = step ? [reference.root, ...namesOf(reference).slice(0, depth - 1), name] : [`$${name}`];
  return !own.includes('*') && JSON.stringify([path.root, ...namesOf(path)]) === JSON.stringify(own);
}

/** The members that decide together which program an object leads to. */
export function decides(name: string): boolean {
  return isProgramField(name) || name === SEGMENT_CONFIG;
}
