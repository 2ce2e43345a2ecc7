/** The two members that a lean bag does not have. */
export const MAP = 'partition_map';
const PROGRAM_FIELDS: readonly string[] = ['workflow_config', MAP];
export const MANIFEST = 'segment_manifest';
export const MANIFEST_PATH = 'segment_manifest_s3_path';
export const SEGMENT_CONFIG = 'segment_config';
export const SEGMENT_INDEX = 'segment_index';
export const SEGMENT_TO_RUN = 'segment_to_run';

/** Fields of a state, and of its parts, that say what a value is made of. */
export const TEMPLATES: readonly string[] = [
  'Parameters',
  'Arguments',
  'ItemSelector',
  'ResultSelector',
  'Result',
  'Output',
  'Assign',
  'BatchInput',
];

/** Fields of a state that hold further states. */
export const INNER_STATES: readonly string[] = ['ItemProcessor', 'Iterator', 'Branches'];

/** The names of an index, in the order in which readers look for it. */
export const INDEX_NAMES: readonly string[] = [SEGMENT_INDEX, 'segment_id', SEGMENT_TO_RUN];

/** How a bag or a payload spells its owner. */
export const OWNER_NAMES: readonly string[] = ['ownerId', 'owner_id'];

/** What holds a bag. */
export const BAG_NAMES: readonly string[] = ['state_data', 'bag', 'state_bag'];

export function isProgramField(name: string): boolean {
  return PROGRAM_FIELDS.includes(name);
}

/** A path to a program, which a lean bag has in the place of one. */
export function isProgramPath(name: string): boolean {
  return name === MANIFEST_PATH || PROGRAM_FIELDS.some((field) => name === `${field}_s3_path`);
}

const SEGMENTS = /segment|partition|chunk/i;

/** True for a name that says of what is in it that it is segments, or has some. */
export function namesSegments(name: string): boolean {
  return isProgramField(name) || SEGMENTS.test(name);
}
