import { offloadRules } from '../../../schemas/generated/offload-rules.js';

export type OffloadedMember = (typeof offloadRules)[number]['member'];

/** How one member of a bag leaves it, as the lean schema says in `x-offload` and `x-max-inline-bytes`. */
export interface OffloadRule {
  readonly member: OffloadedMember;
  /** Name of the member that holds the `s3://` URI. */
  readonly pointer: (typeof offloadRules)[number]['pointer'];
  /** First segment of the blob's key. */
  readonly folder: string;
  /** Last segment of the blob's key. */
  readonly file: string;
  /** The `usage` to state in the blob's metadata; null for none. */
  readonly usage: 'reference_only' | null;
  /** Bytes of JSON that may stay in the bag; 0 when the member may not be there at all. */
  readonly maxInlineBytes: number;
}

/** The members that are offloaded: the configuration, the map, and the manifest that is made from the map. */
export const OFFLOADED_MEMBERS: readonly OffloadRule[] = offloadRules;

type Annotated = (typeof offloadRules)[number];

type PathMembers = { readonly [Rule in Annotated as Rule['member']]: Rule['pointer'] };

/** The member that holds the path of an offloaded one. */
export const PATH_MEMBERS = Object.fromEntries(
  offloadRules.map(({ member, pointer }) => [member, pointer]),
) as PathMembers;

export function offloadRuleOf(member: OffloadedMember): OffloadRule {
  return OFFLOADED_MEMBERS.find((rule) => rule.member === member)!;
}
