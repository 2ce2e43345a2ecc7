import { createHash } from 'node:crypto';
import { BUCKET } from '../bag/place.js';

/**
 * One event, and the segment that it runs: for implementations in other languages. Everything is text, as in the other
 * vectors. The answers are written by hand: the shim, the command and the example are compared with them.
 */
export interface EventVector {
  /** A sentence. */
  readonly name: string;
  readonly bucket: string;
  /** By key. */
  readonly blobs: Readonly<Record<string, string>>;
  readonly event: string;
  readonly answer: EventAnswer;
}

/** The text of the program, or the code of the error. */
type EventAnswer = { readonly program: string } | { readonly code: string };

const FIRST = '{"id":0,"type":"normal","nodes":[{"id":"a","rate":1.0,"label":"caf\\u00e9"}]}';
const SECOND = '{"id":7,"type":"llm","nodes":[{"id":"b"}]}';
const OTHER = '{"id":4,"type":"normal","nodes":[{"id":"another workflow"}]}';
const ADDED = '{"id":0,"type":"normal","nodes":[{"id":"a"}],"added_by_statebag_shim":true}';

const MAP = `[${FIRST},${SECOND}]`;
const MANIFEST = formatManifest([FIRST, SECOND]);

function formatManifest(programs: readonly string[]): string {
  const entries = programs.map((program, index) => {
    const { type } = JSON.parse(program) as { readonly type: string };
    return `{"segment_id":${index},"segment_type":"${type}","segment_config":${program},"dependencies":[],"execution_order":${index},"type":"${type}"}`;
  });
  return `[${entries.join(',')}]`;
}

/** The content address of a text, below an owner as a key spells it. */
function key(kind: 'manifests' | 'partitions', owner: string, text: string): string {
  const sha256 = createHash('sha256').update(text).digest('hex');
  const file = kind === 'manifests' ? 'segment_manifest' : 'partition_map';
  return `workflow-${kind}/${owner}/press/${sha256}/${file}.json`;
}

const MANIFEST_KEY = key('manifests', 'olive', MANIFEST);
const MAP_KEY = key('partitions', 'olive', MAP);
const BLOBS = { [MANIFEST_KEY]: MANIFEST, [MAP_KEY]: MAP };

const uri = (at: string, bucket = BUCKET) => `s3://${bucket}/${at}`;
const MANIFEST_PATH = `"segment_manifest_s3_path":"${uri(MANIFEST_KEY)}"`;
const MAP_PATH = `"partition_map_s3_path":"${uri(MAP_KEY)}"`;

/** A bag of one owner and workflow. `members` are JSON text without braces. */
const bag = (members: string, owner = '"olive"') =>
  `{"ownerId":${owner},"workflowId":"press","state_bag_version":2,"current_state":{"n":1.0},${members}}`;

const LEAN = bag(`"segment_to_run":1,${MANIFEST_PATH}`);

const vector = (
  name: string,
  event: string,
  answer: EventAnswer,
  blobs: EventVector['blobs'] = BLOBS,
): EventVector => ({
  name,
  bucket: BUCKET,
  blobs,
  event,
  answer,
});

const runs = (name: string, event: string, program: string, blobs?: EventVector['blobs']) =>
  vector(name, event, { program }, blobs);

const fails = (name: string, event: string, code: string, blobs?: EventVector['blobs']) =>
  vector(name, event, { code }, blobs);

const s3Pointer = (checksum: string) =>
  `{"__s3_pointer__":true,"bucket":"${BUCKET}","key":"${MAP_KEY}","size_bytes":${Buffer.byteLength(MAP)},"checksum":"${checksum}","field_name":"partition_map","created_at":1767225600}`;

const MAP_MD5 = createHash('md5').update(MAP).digest('hex').slice(0, 8);

const NUMERIC = key('manifests', '7', MANIFEST);
const ENCODED = key('manifests', 'owner%231', MANIFEST);

const INDEX: readonly EventVector[] = [
  runs('segment_to_run is the position in the manifest, not the id of a segment', LEAN, SECOND),
  runs('an event without an index runs the first segment', bag(MANIFEST_PATH), FIRST),
  runs('segment_id counts before segment_to_run', bag(`"segment_to_run":0,"segment_id":1,${MANIFEST_PATH}`), SECOND),
  runs('segment_index counts before segment_id', bag(`"segment_id":1,"segment_index":0,${MANIFEST_PATH}`), FIRST),
  runs(
    'a segment_id that is null is not an index',
    bag(`"segment_id":null,"segment_to_run":1,${MANIFEST_PATH}`),
    SECOND,
  ),
  runs('the index next to a wrapped bag counts before that in it', `{"segment_id":0,"bag":${LEAN}}`, FIRST),
  runs('an index may be spelled 1.0', bag(`"segment_to_run":1.0,${MANIFEST_PATH}`), SECOND),
  runs('an index may be digits in a string', bag(`"segment_to_run":"1",${MANIFEST_PATH}`), SECOND),
  fails('an index is not a fraction', bag(`"segment_to_run":0.5,${MANIFEST_PATH}`), 'SEGMENT_INDEX_INVALID'),
  fails(
    'an index behind the last segment is an error',
    bag(`"segment_to_run":2,${MANIFEST_PATH}`),
    'SEGMENT_OUT_OF_RANGE',
  ),
];

const WRAPPED: readonly EventVector[] = [
  runs('the bag is in state_data', `{"state_data":${LEAN},"next_action":"CONTINUE"}`, SECOND),
  runs('the bag is in bag', `{"bag":${LEAN},"next_action":"CONTINUE"}`, SECOND),
  runs(
    'the bag is in Payload, state_data and bag',
    `{"StatusCode":200,"Payload":{"state_data":{"bag":${LEAN}}}}`,
    SECOND,
  ),
  runs('the bag is JSON text in a string', `{"state_data":${JSON.stringify(LEAN)}}`, SECOND),
  runs(
    'a member called bag of a whole bag is user data',
    bag(`"segment_to_run":1,${MANIFEST_PATH},"bag":${bag(`"segment_to_run":0,${MANIFEST_PATH}`)}`),
    SECOND,
  ),
  runs(
    'a branch has its own map next to the bag',
    `{"branch_id":"b0","segment_index":0,"partition_map":[${OTHER}],"state_data":${LEAN}}`,
    OTHER,
  ),
  fails(
    'a branch without its own map does not run the map of its parent',
    `{"branch_id":"b0","bag":${LEAN}}`,
    'BRANCH_NOT_FOUND',
  ),
];

const PASSED: readonly EventVector[] = [
  runs(
    'a program that the caller passed counts before the bag',
    `{"segment_config":${OTHER},"state_data":${LEAN}}`,
    OTHER,
  ),
  runs(
    'a program in the bag itself counts before its paths',
    bag(`"segment_to_run":1,"segment_config":${OTHER},${MANIFEST_PATH}`),
    OTHER,
  ),
  runs(
    'a copy of a program that the shim added is not a source',
    bag(`"segment_to_run":1,"segment_config":${ADDED},${MANIFEST_PATH}`),
    SECOND,
  ),
  runs('a copy next to the bag is not a source either', `{"segment_config":${ADDED},"bag":${LEAN}}`, SECOND),
  fails('a copy in the map is an error', bag(`"segment_to_run":0,"partition_map":[${ADDED}]`), 'SEGMENT_IS_COPY'),
  fails(
    'a program and an index that release 0.1.0 left in a bag are an error',
    bag(`"segment_config":${FIRST},"segment_index":0,"segment_to_run":1,${MANIFEST_PATH}`),
    'SEGMENT_CONTRADICTORY',
  ),
];

const OWNERS: readonly EventVector[] = [
  fails(
    'a manifest of another owner is not read',
    bag(`"segment_to_run":1,${MANIFEST_PATH}`, '"mallory"'),
    'POINTER_FOREIGN_OWNER',
  ),
  runs(
    'an inline map counts next to a manifest of another owner',
    bag(`"segment_to_run":0,${MANIFEST_PATH},"partition_map":[${OTHER}]`, '"mallory"'),
    OTHER,
  ),
  runs('an owner may be a number', bag(`"segment_manifest_s3_path":"${uri(NUMERIC)}"`, '7'), FIRST, {
    [NUMERIC]: MANIFEST,
  }),
  runs(
    'a key holds the owner percent-encoded',
    bag(`"segment_manifest_s3_path":"${uri(ENCODED)}"`, '"owner#1"'),
    FIRST,
    {
      [ENCODED]: MANIFEST,
    },
  ),
  runs(
    'owner_id is another spelling of ownerId',
    `{"owner_id":"olive","workflow_id":"press","segment_to_run":1,${MANIFEST_PATH}}`,
    SECOND,
  ),
  fails('levels of two owners are an error', `{"ownerId":"mallory","state_data":${LEAN}}`, 'OWNER_MISMATCH'),
  fails('an owner beyond 2^53 is an error', bag(MANIFEST_PATH, '9007199254740993'), 'ID_INVALID'),
  fails(
    'an object of another bucket is not read',
    bag(`"segment_manifest_s3_path":"${uri(MANIFEST_KEY, 'elsewhere')}"`),
    'POINTER_NOT_ALLOWED',
  ),
];

const SOURCES: readonly EventVector[] = [
  runs(
    'a manifest path of null, as merges leave it, passes on to the map path',
    bag(`"segment_to_run":1,"segment_manifest_s3_path":null,${MAP_PATH}`),
    SECOND,
  ),
  runs(
    'a manifest path of null passes on to the inline map',
    bag(`"segment_to_run":1,"segment_manifest_s3_path":null,"partition_map_s3_path":null,"partition_map":${MAP}`),
    SECOND,
  ),
  fails(
    'a bag with nothing but paths of null has no program',
    bag('"segment_manifest_s3_path":null,"partition_map_s3_path":null,"workflow_config_s3_path":null'),
    'SEGMENT_NOT_FOUND',
  ),
  ...['{}', '[]', '""', '[null]', 'null'].map((empty) =>
    runs(
      `an inline map that is ${empty} passes on`,
      bag(`"segment_to_run":1,"partition_map":${empty},${MANIFEST_PATH}`),
      SECOND,
    ),
  ),
  runs(
    'a dict map is read by its keys',
    bag(`"segment_to_run":1,"partition_map":{"1":${SECOND},"0":${FIRST}},"segment_manifest_s3_path":null`),
    SECOND,
  ),
  runs(
    'a map may be a pointer of the bridge form',
    bag(`"segment_to_run":1,"partition_map":${s3Pointer(MAP_MD5)}`),
    SECOND,
  ),
  fails(
    'a checksum must match',
    bag(`"segment_to_run":1,"partition_map":${s3Pointer('00000000')}`),
    'CHECKSUM_MISMATCH',
  ),
  runs(
    'a map may be offloaded by the legacy state manager',
    bag(
      `"segment_to_run":1,"partition_map":{"__s3_offloaded":true,"__s3_path":"${uri(MAP_KEY)}","__original_size_kb":50.5}`,
    ),
    SECOND,
  ),
  fails(
    'a pointer with members of other data is an error',
    bag(`"partition_map":{"__s3_offloaded":true,"__s3_path":"${uri(MAP_KEY)}","n":1}`),
    'POINTER_MIXED',
  ),
  fails('a manifest that is gone is an error', LEAN, 'POINTER_DANGLING', {}),
  runs(
    'a manifest that is gone passes on to the map path',
    bag(`"segment_to_run":1,${MANIFEST_PATH},${MAP_PATH}`),
    SECOND,
    {
      [MAP_KEY]: MAP,
    },
  ),
  fails('bytes that do not have the digest in their key are an error', LEAN, 'DIGEST_MISMATCH', {
    [MANIFEST_KEY]: formatManifest([SECOND, FIRST]),
  }),
];

/** Every event vector. */
export const EVENT_VECTORS: readonly EventVector[] = [...INDEX, ...WRAPPED, ...PASSED, ...OWNERS, ...SOURCES];

/** The file of all event vectors, byte for byte. */
export function formatEventVectors(vectors: readonly EventVector[]): string {
  return `${JSON.stringify(vectors, undefined, 2)}\n`;
}
