import { spliceMembers } from '../../json/index.js';
import type { MemberEdit, NewMember, Splice } from '../../json/index.js';
import type { AslMember, AslNode } from '../read/node.js';
import { blockSplices } from './block-splices.js';
import { cleared, jsonOf, memberText } from './new-members.js';
import type { MemberText } from './new-members.js';
import type { ObjectEdit } from '../check/discovery.js';

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

/** The splices of a plan; undefined when the object is written so that nothing can be taken out of it in place. */
export function objectSplices(bytes: Uint8Array, plan: ObjectPlan): readonly Splice[] | undefined {
  if (plan.node.isBlock) return blockSplices(bytes, plan);
  const edits = plan.node.members!.map((member, index) =>
    memberEdit(bytes, member, plan.fates[index], plan.before.get(index) ?? []),
  );
  return spliceMembers(bytes, plan.node, edits, []);
}

function memberEdit(
  bytes: Uint8Array,
  { name, value }: AslMember,
  fate: MemberFate,
  before: readonly MemberText[],
): MemberEdit {
  if (fate) return fate.length === 0 ? { kind: 'remove' } : { kind: 'replace', members: fate.map(newMember) };
  if (before.length === 0) return { kind: 'keep' };
  return {
    kind: 'replace',
    members: [...before.map(newMember), { name, json: bytes.subarray(value.start, value.end) }],
  };
}

function newMember(member: MemberText): NewMember {
  return { name: member.name, json: Buffer.from(jsonOf(member)) };
}
