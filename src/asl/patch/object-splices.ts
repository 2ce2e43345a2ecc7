import { spliceMembers } from '../../json/index.js';
import type { MemberEdit, NewMember, Splice } from '../../json/index.js';
import type { AslMember } from '../read/node.js';
import { blockSplices } from './block-splices.js';
import { jsonOf } from './new-members.js';
import type { MemberText } from './new-members.js';
import type { MemberFate, ObjectPlan } from './object-plan.js';

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
