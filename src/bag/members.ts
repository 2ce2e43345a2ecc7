import { offloadRules } from '../../schemas/generated/offload-rules.js';
import { isObject, isSameValue } from './value.js';
import type { Value } from './value.js';

export type OffloadedMember = (typeof offloadRules)[number]['member'];

/** How one member of a bag leaves it, as the lean schema says in `x-offload` and `x-max-inline-bytes`. */
interface OffloadRule {
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
const PATH_MEMBERS = Object.fromEntries(offloadRules.map(({ member, pointer }) => [member, pointer])) as PathMembers;

export function findOffloadRule(member: OffloadedMember): OffloadRule {
  return OFFLOADED_MEMBERS.find((rule) => rule.member === member)!;
}

/** Names in a bag that the shim knows. Everything else is user data and passes unchanged. */
export const CONFIG = 'workflow_config';
export const MAP = 'partition_map';
export const MANIFEST = 'segment_manifest';
export const CONFIG_PATH = PATH_MEMBERS[CONFIG];
export const MAP_PATH = PATH_MEMBERS[MAP];
export const MANIFEST_PATH = PATH_MEMBERS[MANIFEST];
/** Another name of `segment_manifest_s3_path`: an argument of a call, which merges left in bags. */
export const MANIFEST_ALIAS = 'manifest_s3_path';
export const VERSION = 'state_bag_version';

/**
 * Left behind by the initialiser in every bag; a later merge takes them for news and answers STARTED for ever. No
 * `down` brings them back: no reader wants them, and a byte-exact undo comes from the journal.
 */
export const INIT_MARKERS = ['_is_init', '_status'] as const;

/** Members that carry a segment's program or lead to it. */
export const PROGRAM_MEMBERS = [CONFIG, MAP, MANIFEST, CONFIG_PATH, MAP_PATH, MANIFEST_PATH, VERSION] as const;

/** Members that only the call of a segment or branch has, never a bag that a merge left behind. */
export const CALL_MEMBERS = ['segment_config', 'branch_config', 'branch_id', 'branch_index', 'execution_mode'] as const;

/** Names of the segment index in a call or bag, the one that wins first. */
export const INDEX_MEMBERS = ['segment_index', 'segment_id', 'segment_to_run'] as const;

/** Control-plane members that every era puts into its bags. */
export const CONTROL_MEMBERS = [
  'ownerId',
  'workflowId',
  'idempotency_key',
  'segment_to_run',
  'total_segments',
  'loop_counter',
  'current_state',
  'state_history',
] as const;

/** Bytes of UTF-8 that Step Functions takes as the input or output of a state. */
export const PAYLOAD_LIMIT = 262_144;

/** Bytes below the limit that are kept free by default: the next step adds to what it was given. */
export const PAYLOAD_HEADROOM = 8_192;

/**
 * The member that marks a `segment_config` which the shim added to an event. Handlers copy their event into answers,
 * rows and other events; what they copied is the program of an earlier segment, and must never be run again. The
 * member's presence counts, not its value. Its name has no leading `__`, because old code strips such names.
 */
export const ADDED_MARK = 'added_by_statebag_shim';

/** True for a program that the shim added to an event, wherever it is found. */
export function isAddedProgram(value: Value | undefined): boolean {
  return isObject(value) && value.member(ADDED_MARK) !== undefined;
}

/**
 * True for a level of an event whose `segment_config` is one that the shim added: itself, as JSON text, or in a list or
 * entry.
 */
export function hasAddedProgram(level: Value): boolean {
  const value = level.member('segment_config');
  if (value === undefined) return false;
  const opened = value.embedded() ?? value;
  return [opened, opened.member('segment_config'), ...opened.items()].some((program) => isAddedProgram(program));
}

/** True for a `branch_config` that is a copy of a program which the shim added. */
export function isAddedBranch(level: Value): boolean {
  return isAddedProgram(level.member('branch_config'));
}

/**
 * True when a value is a segment's program as a parser passes it on: without unknown members, with default values, or
 * with converted ones. Its id and the ids of its nodes and branches decide, as far as the parser left them. A program
 * that has neither must hold every member that is passed on.
 */
export function isSameSegment(value: Value | undefined, program: Value): boolean {
  if (!isObject(value) || isOtherId(value, program)) return false;
  const lists = pairLists(value, program);
  if (lists.some(({ ids, own }) => ids.length !== own.length || ids.some((id, at) => isOtherText(id, own[at]))))
    return false;
  if (lists.some(({ ids }) => ids.length > 0 && ids.every((id) => id !== undefined))) return true;
  if (program.member('id') !== undefined) return value.member('id') !== undefined;
  const names = value.names();
  return names.length > 0 && names.every((name) => isSameOnceConverted(value.member(name), program.member(name)));
}

/** True for a program with some nodes or branches of another one and none besides. */
export function isPartOfSegment(value: Value, program: Value): boolean {
  const lists = pairLists(value, program);
  const isWithin = lists.every(({ ids, own }) =>
    ids.every((id) => own.some((other) => isSameOnceConverted(id, other))),
  );
  return isWithin && lists.some(({ ids, own }) => ids.length > 0 && ids.length < own.length);
}

/** The ids of the nodes and branches that both programs list. */
function pairLists(value: Value, program: Value) {
  return ['nodes', 'branches'].flatMap((name) => {
    const [list, own] = [value.member(name), program.member(name)];
    if (list?.kind() !== 'array' || own?.kind() !== 'array') return [];
    return [{ ids: list.items().map(idOfItem), own: own.items().map(idOfItem) }];
  });
}

function idOfItem(item: Value): Value | undefined {
  return item.member('id') ?? item.member('branch_id');
}

function isOtherId(value: Value, program: Value): boolean {
  return isOtherText(value.member('id'), program.member('id'));
}

/** True when both are there and differ. */
function isOtherText(one: Value | undefined, other: Value | undefined): boolean {
  return one !== undefined && other !== undefined && !isSameOnceConverted(one, other);
}

/** The same value, or one that a parser made a number or text of. */
function isSameOnceConverted(one: Value | undefined, other: Value | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return isSameValue(one, other) || formatId(one) === formatId(other);
}

/** A number and its digits in a string are one id. */
function formatId(value: Value): string {
  return value.text() ?? new TextDecoder().decode(value.bytes());
}
