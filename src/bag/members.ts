import { PATH_MEMBERS } from './validate/offload-rules.js';

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

/** Left behind by the initialiser in every bag; a later merge takes them for news and answers STARTED for ever. */
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
