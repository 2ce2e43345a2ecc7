import type { ObjectEdit } from '../check/discovery.js';
import type { AslNode } from '../read/node.js';
import { cleared, memberText } from './new-members.js';
import type { MemberText } from './new-members.js';

/** What becomes of one member: itself (undefined), or others in its place. */
export type MemberFate = readonly MemberText[] | undefined;

/**
 * One object's edits as one. The first of an addition counts; what several dropped members are replaced by stands at
 * the first.
 */
export interface ObjectPlan {
  readonly node: AslNode;
  /** One to one with the members. */
  readonly fates: readonly MemberFate[];
  /** Written in front of a member that stays. */
  readonly before: ReadonlyMap<number, readonly MemberText[]>;
}

export function planObject(edits: readonly ObjectEdit[]): ObjectPlan {
  const [first] = edits;
  const { node, state } = first!;
  const names = new Set<string>();
  const fates: MemberFate[] = node.members!.map(() => undefined);
  const before = new Map<number, readonly MemberText[]>();
  for (const { drop, clear, add, anchor } of edits) {
    const added = add.filter(({ name }) => !names.has(name)).map((addition) => memberText(addition, state.language));
    for (const { name } of add) names.add(name);
    for (const index of clear) fates[index] = [cleared(node.members![index]!), ...(index === anchor ? added : [])];
    for (const index of drop) fates[index] = index === anchor ? added : [];
    if (drop.length + clear.length === 0 && added.length > 0) before.set(anchor, added);
  }
  return { node, fates, before };
}
