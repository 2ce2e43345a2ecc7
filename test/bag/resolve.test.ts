import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ask, askBoth } from './ask.js';
import { recordingBlobs } from './recording-blobs.js';

const seg = (id: string) => ({ id, nodes: [{ id: `n-${id}` }], type: 'normal' });
const [a, b, c, x, y] = ['a', 'b', 'c', 'x', 'y'].map(seg);
const MAP = [a, b, c];
const BAG = { ownerId: 'olive', workflowId: 'press', loop_counter: 0, total_segments: 3 };
const withMap = { ...BAG, partition_map: MAP };
/** Cut by the partitioner: ids are numbers from 0. */
const CONFIG = { nodes: [{ id: 'p' }, { id: 'q', type: 'llm_chat' }], edges: [{ source: 'p', target: 'q' }] };
const entry = (program: unknown, index: number) => ({ segment_id: index, segment_config: program, execution_order: index, dependencies: [], type: 'normal' });
const LIST = MAP.map(entry);

type Row = readonly [title: string, event: unknown, said: string, objects?: Readonly<Record<string, unknown>>];

function rows(list: readonly Row[]): void {
  it.each(list.map(([title, ...row]) => [title, row] as const))('%s', async (_, [event, said, objects = {}]) => {
    expect((await ask(event, objects)).said).toBe(said);
  });
}

function md5(value: unknown): string {
  return createHash('md5').update(JSON.stringify(value)).digest('hex');
}

describe('the index', () => {
  rows([
    ['segment_index is asked before segment_id and segment_to_run', { ...withMap, segment_index: 2, segment_id: 1, segment_to_run: 0 }, 'inline-map 2 c'],
    ['segment_id is asked before segment_to_run, also when it is 0', { ...withMap, segment_id: 0, segment_to_run: 2 }, 'inline-map 0 a'],
    ['segment_to_run is asked last', { ...withMap, segment_to_run: 1 }, 'inline-map 1 b'],
    ['without any it is 0', withMap, 'inline-map 0 a'],
    ['null is as good as absent', { ...withMap, segment_index: null, segment_id: null, segment_to_run: 1 }, 'inline-map 1 b'],
    ['all null is 0', { ...withMap, segment_to_run: null }, 'inline-map 0 a'],
    ['digits in text count', { ...withMap, segment_to_run: '1' }, 'inline-map 1 b'],
    ['empty text is no index', { ...withMap, segment_to_run: '' }, 'SEGMENT_INDEX_INVALID'],
    ['words are no index', { ...withMap, segment_to_run: 'two' }, 'SEGMENT_INDEX_INVALID'],
    ['half a segment is no index', { ...withMap, segment_to_run: 1.5 }, 'SEGMENT_INDEX_INVALID'],
    ['a negative number counts from nowhere', { ...withMap, segment_to_run: -1 }, 'SEGMENT_INDEX_INVALID'],
    ['true is no index', { ...withMap, segment_to_run: true }, 'SEGMENT_INDEX_INVALID'],
    ['a list is no index', { ...withMap, segment_to_run: [1] }, 'SEGMENT_INDEX_INVALID'],
    ['the length is out of range', { ...withMap, segment_to_run: 3 }, 'SEGMENT_OUT_OF_RANGE'],
    ['a huge number is out of range', { ...withMap, segment_to_run: 2 ** 52 }, 'SEGMENT_OUT_OF_RANGE'],
    ['the id of a segment is not its index', { ...BAG, partition_map: [{ ...x, id: 1 }, { ...y, id: 0 }], segment_to_run: 0 }, 'inline-map 0 1'],
    ['beside the bag it outranks the one in the bag', { segment_to_run: 2, state_data: { ...withMap, segment_to_run: 0 } }, 'inline-map 2 c'],
    ['beside the bag it may be null, and the one in the bag counts', { segment_to_run: null, state_data: { ...withMap, segment_to_run: 1 } }, 'inline-map 1 b'],
    [
      'beside the bag it counts although the call names its owner and workflow',
      { ownerId: 'olive', workflowId: 'press', idempotency_key: 'k', segment_to_run: 2, state_data: { ...withMap, segment_to_run: 0 } },
      'inline-map 2 c',
    ],
  ]);

  it.each([
    ['1.0', 'inline-map 1 b'],
    ['1e0', 'inline-map 1 b'],
    ['-0', 'inline-map 0 a'],
    ['1e400', 'SEGMENT_INDEX_INVALID'],
    ['9007199254740993', 'SEGMENT_INDEX_INVALID'],
  ])('is read as a number however it is spelled: %s', async (spelling, said) => {
    const text = JSON.stringify({ ...withMap, segment_to_run: 'HERE' }).replace('"HERE"', spelling);
    expect((await askBoth(text, await recordingBlobs())).said).toBe(said);
  });
});

describe('an inline map', () => {
  rows([
    ['loses its nulls, and what is behind them moves up', { ...BAG, partition_map: [null, a, null, b], segment_to_run: 1 }, 'inline-map 1 b'],
    ['of nothing but nulls yields to the next source', { ...BAG, partition_map: [null], workflow_config: CONFIG }, 'config 0 0'],
    ['may be a dict, read by key', { ...BAG, partition_map: { 1: b, 0: a }, segment_to_run: 1 }, 'inline-map 1 b'],
    ['may be a dict with other keys too', { ...BAG, partition_map: { 0: a, note: 'x' }, segment_to_run: 0 }, 'inline-map 0 a'],
    ['that is a dict without the key is out of range', { ...BAG, partition_map: { 0: a }, segment_to_run: 1, workflow_config: CONFIG }, 'SEGMENT_OUT_OF_RANGE'],
    ['that is a dict keeps its nulls', { ...BAG, partition_map: { 0: null, 1: b }, segment_to_run: 0 }, 'SEGMENT_INVALID'],
    ['may be a JSON string', { ...BAG, partition_map: JSON.stringify(MAP), segment_to_run: 2 }, 'inline-map 2 c'],
    ['of nested entries gives what they hold', { ...BAG, partition_map: [entry(a, 0), b], segment_to_run: 0 }, 'inline-map 0 a'],
    ['outranks a manifest', { ...withMap, segment_manifest_s3_path: 's3://local/m.json' }, 'inline-map 0 a', { 'local/m.json': [entry(x, 0)] }],
    ['outranks a path to a map', { ...withMap, partition_map_s3_path: 's3://local/p.json' }, 'inline-map 0 a', { 'local/p.json': [x] }],
    ['outranks the config', { ...withMap, workflow_config: CONFIG, segment_to_run: 2 }, 'inline-map 2 c'],
    ['that is null yields', { ...BAG, partition_map: null, workflow_config: CONFIG, segment_to_run: 1 }, 'config 1 1'],
    ['that is empty text yields', { ...BAG, partition_map: '', workflow_config: CONFIG }, 'config 0 0'],
    ['that is an empty list yields', { ...BAG, partition_map: [], workflow_config: CONFIG }, 'config 0 0'],
    ['that is an empty dict yields', { ...BAG, partition_map: {}, workflow_config: CONFIG }, 'config 0 0'],
    ['of user data yields', { ...BAG, partition_map: [{ partition_id: 0, items: [1] }], workflow_config: CONFIG }, 'config 0 0'],
    ['that is a number is refused', { ...BAG, partition_map: 3, workflow_config: CONFIG }, 'MAP_INVALID'],
    ['that is a boolean is refused', { ...BAG, partition_map: true, workflow_config: CONFIG }, 'MAP_INVALID'],
    ['that is plain text is refused', { ...BAG, partition_map: 'none', workflow_config: CONFIG }, 'MAP_INVALID'],
  ]);
});

describe('an entry', () => {
  const one = (program: unknown) => ({ ...BAG, partition_map: [program], workflow_config: CONFIG });
  rows([
    ['that is text is refused', one('a'), 'SEGMENT_INVALID'],
    ['that is a list is refused', one([a]), 'SEGMENT_INVALID'],
    ['that is empty is refused', one({}), 'SEGMENT_INVALID'],
    ['of the type error, the mark of a failed resolution, is refused', one({ id: 'a', type: 'error', error: 'x' }), 'SEGMENT_INVALID'],
    ['with a program of that type is refused', one({ segment_config: { type: 'error' } }), 'SEGMENT_INVALID'],
    ['with a null program is refused', one({ segment_config: null }), 'SEGMENT_INVALID'],
    ['with an empty program is refused', one({ segment_config: {} }), 'SEGMENT_INVALID'],
    ['with text for a program is refused', one({ segment_config: 'a' }), 'SEGMENT_INVALID'],
    ['with a program behind a pointer is followed', one({ segment_config: { bucket: 'local', key: 's.json' } }), 'inline-map 0 x', { 'local/s.json': x }],
    ['with a program behind a pointer to a failure is refused', one({ segment_config: 's3://local/s.json' }), 'SEGMENT_INVALID', { 'local/s.json': { type: 'error' } }],
    ['that is a pointer to a manifest is no program', one({ segment_index: 0, segment_id: 0, manifest_s3_path: 's3://local/m.json' }), 'SEGMENT_INVALID'],
    ['that is a pointer to branches is no program', one({ branch_index: 0, branches_s3_path: 's3://local/m.json' }), 'SEGMENT_INVALID'],
    ['that was compressed away is no program', one({ type: 'compressed', size: 4 }), 'SEGMENT_INVALID'],
    ['of a parallel group is a program with its branches', one({ id: 'g', type: 'parallel_group', branches: [{ partition_map: [x] }] }), 'inline-map 0 g'],
  ]);
});

describe('a pointer under the name of the map', () => {
  const at = 'workflows/press/executions/olive#auto#press#0011/partition_map_1.json';
  const store = { [`local/${at}`]: MAP };
  const p1 = (more: object = {}) => ({ __s3_pointer__: true, bucket: 'local', key: at, ...more });
  const via = (partition_map: unknown, more: object = {}) => ({ ...BAG, partition_map, segment_to_run: 1, ...more });
  rows([
    ['is followed, with a checksum of 8 digits', via(p1({ checksum: md5(MAP).slice(0, 8) })), 'map-pointer 1 b', store],
    ['is followed, with a whole MD5 in capitals', via(p1({ checksum: md5(MAP).toUpperCase() })), 'map-pointer 1 b', store],
    ['is followed without a checksum', via(p1({ checksum: '' })), 'map-pointer 1 b', store],
    ['is followed with the mark 1', via(p1({ __s3_pointer__: 1 })), 'map-pointer 1 b', store],
    ['stops at a wrong checksum, whatever else the bag holds', via(p1({ checksum: '00000000' }), { workflow_config: CONFIG }), 'CHECKSUM_MISMATCH', store],
    ['may be a URI', via(`s3://local/${at}`), 'map-pointer 1 b', store],
    ['may be bucket and key', via({ Bucket: 'local', Key: at }), 'map-pointer 1 b', store],
    ['may be the mark of the state manager', via({ __s3_offloaded: true, __s3_path: `s3://local/${at}`, __original_size_kb: 1.5 }), 'map-pointer 1 b', store],
    ['may be a reference of the state data manager', via({ type: 's3_reference', s3_path: `s3://local/${at}`, size_kb: 1 }), 'map-pointer 1 b', store],
    ['may lead to a dict', via(p1()), 'map-pointer 1 b', { [`local/${at}`]: { 0: a, 1: b } }],
    ['that leads to an empty map yields', via(p1(), { workflow_config: CONFIG }), 'config 1 1', { [`local/${at}`]: [] }],
    ['that leads to a number is refused', via(p1(), { workflow_config: CONFIG }), 'MAP_INVALID', { [`local/${at}`]: '7' }],
    ['that leads to a pointer is refused', via({ bucket: 'local', key: 'hop' }, { workflow_config: CONFIG }), 'POINTER_CHAIN', { 'local/hop': p1(), ...store }],
    ['that leads to itself is refused', via({ bucket: 'local', key: 'hop' }), 'POINTER_CHAIN', { 'local/hop': { bucket: 'local', key: 'hop' } }],
    ['into a foreign bucket is refused', via('s3://elsewhere/p.json', { workflow_config: CONFIG }), 'BUCKET_NOT_ALLOWED', { 'elsewhere/p.json': MAP }],
    [
      'below a foreign owner is refused',
      via(p1({ key: 'workflows/press/executions/mallory#auto#press#0011/p.json' }), { workflow_config: CONFIG }),
      'POINTER_FOREIGN_OWNER',
      { 'local/workflows/press/executions/mallory#auto#press#0011/p.json': MAP },
    ],
    ['that leads nowhere yields to the inline config', via(p1(), { workflow_config: CONFIG }), 'config 1 1'],
    ['that leads to torn text yields to the inline config', via(p1(), { workflow_config: CONFIG }), 'config 1 1', { [`local/${at}`]: '[{' }],
    ['that names no bucket yields to the inline config', via({ __s3_pointer__: true, key: at }, { workflow_config: CONFIG }), 'config 1 1', store],
    [
      'that leads nowhere does not yield to what another run may have overwritten',
      via(p1(), { segment_manifest_s3_path: 's3://local/workflow-manifests/olive/press/segment_manifest.json' }),
      'POINTER_DANGLING',
      { 'local/workflow-manifests/olive/press/segment_manifest.json': LIST },
    ],
    ['that leads nowhere, with nothing else, says so', via(p1()), 'POINTER_DANGLING'],
    ['without its mark is a dict without the key', via({ __s3_pointer__: false, bucket: 'local', key: at }, { workflow_config: CONFIG }), 'SEGMENT_OUT_OF_RANGE', store],
  ]);
});

describe('a manifest', () => {
  const path = 's3://local/workflow-manifests/olive/press/segment_manifest.json';
  const at = (document: unknown) => ({ 'local/workflow-manifests/olive/press/segment_manifest.json': document });
  const bag = { ...BAG, segment_manifest_s3_path: path, segment_to_run: 1 };
  const backed = { ...bag, partition_map_s3_path: 's3://local/p.json' };
  const backing = { 'local/p.json': [x, y] };
  const envelope = { manifest_id: 'm', version: 1, segments: LIST };
  rows([
    ['is a list', bag, 'manifest 1 b', at(LIST)],
    ['is an envelope', bag, 'manifest 1 b', at({ version: 1, segments: LIST })],
    ['may be an envelope that left out a segment too large: the id of the entry decides', { ...bag, segment_to_run: 2 }, 'manifest 2 c', at({ ...envelope, segments: [LIST[0], LIST[2]] })],
    ['of that kind has no program for the segment it left out', bag, 'SEGMENT_OUT_OF_RANGE', at({ ...envelope, segments: [LIST[0], LIST[2]] })],
    ['may be a dict with the keys of a list', bag, 'manifest 1 b', at({ 0: LIST[0], 1: LIST[1] })],
    ['may have entries without segment_config', bag, 'manifest 1 b', at(MAP)],
    ['loses its nulls', bag, 'manifest 1 b', at([null, LIST[0], LIST[1]])],
    ['does not have every index', { ...bag, segment_to_run: 3 }, 'SEGMENT_OUT_OF_RANGE', at(LIST)],
    ['that holds a failure is refused', bag, 'SEGMENT_INVALID', at([LIST[0], entry({ type: 'error' }, 1)])],
    ['outranks a path to a map', backed, 'manifest 1 b', { ...at(LIST), ...backing }],
    ['that is a mark without segments yields', backed, 'map-path 1 y', { ...at({ manifest_id: 'm', committed: true }), ...backing }],
    ['that a Map state overwrote yields', backed, 'map-path 1 y', { ...at({ DestinationBucket: 'b', MapRunArn: 'arn', ResultFiles: {} }), ...backing }],
    ['that became a list of other objects yields', backed, 'map-path 1 y', { ...at([{ Key: 'a', Size: 1 }, { Key: 'b', Size: 2 }]), ...backing }],
    ['that became a list of numbers yields', backed, 'map-path 1 y', { ...at([1, 2]), ...backing }],
    ['that became text yields', backed, 'map-path 1 y', { ...at('"gone"'), ...backing }],
    ['that is empty yields', backed, 'map-path 1 y', { ...at([]), ...backing }],
    ['that was never written yields', backed, 'map-path 1 y', backing],
    ['that is torn yields', backed, 'map-path 1 y', { ...at('{'), ...backing }],
    ['with a null path yields', { ...backed, segment_manifest_s3_path: null }, 'map-path 1 y', backing],
    ['with an empty path yields', { ...backed, segment_manifest_s3_path: '' }, 'map-path 1 y', backing],
    ['that was never written, with nothing else, is a dead pointer', bag, 'POINTER_DANGLING'],
    ['that is another document, with nothing else, is nothing', bag, 'SEGMENT_NOT_FOUND', at({ x: 1 })],
    ['of a foreign owner is refused', { ...backed, segment_manifest_s3_path: 's3://local/workflow-manifests/mallory/press/segment_manifest.json' }, 'POINTER_FOREIGN_OWNER', backing],
    ['may be named manifest_s3_path', { ...BAG, manifest_s3_path: path, segment_to_run: 1 }, 'manifest 1 b', at(LIST)],
    ['may be named beside the bag', { manifest_s3_path: path, segment_index: 2, segment_id: 2, state_data: BAG }, 'manifest 2 c', at(LIST)],
    ['that is inline and whole is asked before the config', { ...BAG, segment_manifest: LIST, workflow_config: CONFIG, segment_to_run: 2 }, 'manifest 2 c'],
    ['that is inline and whole is asked after the paths', { ...backed, segment_manifest: LIST }, 'map-path 1 y', backing],
    ['that is an inline list of pointers holds no program', { ...BAG, segment_manifest: [{ segment_index: 0, manifest_s3_path: path }], workflow_config: CONFIG }, 'config 0 0', at(LIST)],
  ]);

  it('at a content address with other bytes stops everything', async () => {
    const sha256 = createHash('sha256').update('[]').digest('hex');
    const key = `workflow-manifests/olive/press/${sha256}/segment_manifest.json`;
    const { said } = await ask({ ...withMap, partition_map: null, segment_manifest_s3_path: `s3://local/${key}`, workflow_config: CONFIG }, { [`local/${key}`]: LIST });
    expect(said).toBe('DIGEST_MISMATCH');
  });
});

describe('a path to a map', () => {
  const bag = { ...BAG, partition_map_s3_path: 's3://local/p.json', segment_to_run: 1 };
  rows([
    ['is followed', bag, 'map-path 1 b', { 'local/p.json': MAP }],
    ['may be a bare key', { ...bag, partition_map_s3_path: 'p#1.json' }, 'map-path 1 b', { 'local/p#1.json': MAP }],
    ['may lead into another bucket only when that is allowed', { ...bag, partition_map_s3_path: 's3://other/p.json' }, 'BUCKET_NOT_ALLOWED', { 'other/p.json': MAP }],
    ['of another kind of address is no path', { ...bag, partition_map_s3_path: 'https://local/p.json' }, 'POINTER_INVALID'],
    ['that leads nowhere yields to the inline config', { ...bag, workflow_config: CONFIG }, 'config 1 1'],
    ['that leads nowhere does not yield to a config that may have changed', { ...bag, workflow_config_s3_path: 's3://local/c.json' }, 'POINTER_DANGLING', { 'local/c.json': CONFIG }],
    ['that is empty yields', { ...bag, partition_map_s3_path: '', workflow_config: CONFIG }, 'config 1 1'],
    ['beside an empty map counts', { ...bag, partition_map: [] }, 'map-path 1 b', { 'local/p.json': MAP }],
  ]);
});

describe('a config', () => {
  rows([
    ['is cut as the partitioner cuts it', { ...BAG, workflow_config: CONFIG, segment_to_run: 1 }, 'config 1 1'],
    ['may be a JSON string', { ...BAG, workflow_config: JSON.stringify(CONFIG) }, 'config 0 0'],
    ['may be behind a pointer', { ...BAG, workflow_config: { bucket: 'local', key: 'c' } }, 'config 0 0', { 'local/c': CONFIG }],
    ['may be behind a path', { ...BAG, workflow_config_s3_path: 's3://local/c' }, 'config 0 0', { 'local/c': CONFIG }],
    ['that is empty yields to its path', { ...BAG, workflow_config: {}, workflow_config_s3_path: 's3://local/c' }, 'config 0 0', { 'local/c': CONFIG }],
    ['that is empty is nothing', { ...BAG, workflow_config: {} }, 'SEGMENT_NOT_FOUND'],
    ['that is null is nothing', { ...BAG, workflow_config: null }, 'SEGMENT_NOT_FOUND'],
    ['that is a number is refused', { ...BAG, workflow_config: 5 }, 'CONFIG_INVALID'],
    ['has only so many segments', { ...BAG, workflow_config: CONFIG, segment_to_run: 2 }, 'SEGMENT_OUT_OF_RANGE'],
    ['in a circle is refused', { ...BAG, workflow_config: { nodes: [{ id: 'p' }], edges: [{ source: 'p', target: 'p' }] } }, 'WORKFLOW_CYCLE'],
  ]);

  it('is left alone when the map gives the answer', async () => {
    const { said, reads } = await ask({ ...withMap, workflow_config: { bucket: 'local', key: 'c' }, workflow_config_s3_path: 's3://local/d' });
    expect([said, reads]).toEqual(['inline-map 0 a', []]);
  });
});

describe('a program in the event', () => {
  rows([
    ['is taken before anything else', { ...withMap, segment_config: x, segment_id: 2 }, 'event 2 x'],
    ['is taken beside a bag', { segment_config: x, segment_id: 2, execution_order: 2, execution_mode: 'MAP_REDUCE', state_data: withMap }, 'event 2 x'],
    ['is taken although the call carries a whole bag of its own', { ...withMap, segment_to_run: 4, segment_config: x, state_data: { ...withMap, segment_to_run: 0 } }, 'event 4 x'],
    ['is taken with the slice of a map and the index of the whole', { ...BAG, segment_config: x, segment_to_run: 7, partition_map: [x, y] }, 'event 7 x'],
    ['needs no index that can be read', { ...BAG, segment_config: x, segment_to_run: 'soon' }, 'event - x'],
    ['that is null yields', { ...withMap, segment_config: null }, 'inline-map 0 a'],
    ['that is empty yields', { ...withMap, segment_config: {} }, 'inline-map 0 a'],
    ['that is a failure is refused', { ...withMap, segment_config: { type: 'error' } }, 'SEGMENT_INVALID'],
    ['that is a pointer is refused', { ...withMap, segment_config: { __s3_pointer__: true, bucket: 'local', key: 'x' } }, 'SEGMENT_INVALID'],
    ['in the bag of a branch is not the branch\'s', { state_data: { ...withMap, segment_config: x }, segment_to_run: 0, partition_map: [y], branch_id: 'B0' }, 'branch-map 0 y'],
    ['is found under a wrapper that says nothing', { Payload: { ...BAG, segment_config: x, segment_id: 1 } }, 'event 1 x'],
    ['is missing from a slice: the index of the whole is out of range', { ...BAG, segment_to_run: 7, partition_map: [x, y], workflow_config: CONFIG }, 'SEGMENT_OUT_OF_RANGE'],
  ]);
});

describe('the call of a branch', () => {
  const branch = { branch_id: 'B0', partition_map: [x, y] };
  const parent = { ...withMap, segment_to_run: 2 };
  const stored = { branch_index: 1, branch_id: 'B1', branches_s3_path: 's3://local/all.json', total_branches: 2, segment_count: 2 };
  rows([
    ['runs its own map beside the bag of its parent', { state_data: parent, segment_to_run: 1, partition_map: [x, y], branch_id: 'branch_0' }, 'branch-map 1 y'],
    ['runs its own map under the wrapper bag too', { bag: parent, segment_to_run: 1, partition_map: [x, y], branch_id: 'branch_0' }, 'branch-map 1 y'],
    ['starts at 0, wherever its parent is', { state_data: parent, branch_config: branch, branch_index: 0 }, 'branch-map 0 x'],
    ['is out of range in its own map, however long the map of its parent is', { state_data: parent, segment_to_run: 2, partition_map: [x, y], branch_id: 'B0' }, 'SEGMENT_OUT_OF_RANGE'],
    ['may be flat, as January had it', { ...withMap, branch_config: branch, segment_to_run: 1 }, 'branch-map 1 y'],
    ['may name its owner, its workflow and its key', { ...BAG, idempotency_key: 'k', segment_to_run: 0, partition_map: [x], branch_id: 'B0', state_data: parent }, 'branch-map 0 x'],
    ['may point to its map', { state_data: parent, segment_to_run: 0, partition_map: { bucket: 'local', key: 'm' }, branch_id: 'B0' }, 'branch-map 0 x', { 'local/m': [x] }],
    ['may point to its map in branch_config', { state_data: parent, branch_config: { partition_map: 's3://local/m' } }, 'branch-map 0 x', { 'local/m': [x] }],
    ['may point to its branch_config', { state_data: parent, branch_config: 's3://local/m' }, 'branch-map 0 x', { 'local/m': branch }],
    ['may point to the stored list of branches', { state_data: parent, branch_config: stored, branch_index: 1 }, 'branch-map 0 y', { 'local/all.json': [branch, { partition_map: [y] }] }],
    ['is refused when that list does not hold it', { state_data: parent, branch_config: stored }, 'BRANCH_NOT_FOUND', { 'local/all.json': [branch] }],
    ['is refused when that list is gone', { state_data: parent, branch_config: stored }, 'POINTER_DANGLING'],
    ['is refused when its pointer names no list', { state_data: parent, branch_config: { ...stored, branches_s3_path: '' } }, 'POINTER_INVALID'],
    ['is refused when its pointer lost its path', { state_data: parent, branch_config: { branch_index: 1, branch_id: 'B1', total_branches: 2 } }, 'BRANCH_NOT_FOUND'],
    ['is refused when its map is empty', { state_data: parent, segment_to_run: 0, partition_map: [], branch_id: 'B0' }, 'BRANCH_NOT_FOUND'],
    ['is refused when its map is of a wrong kind', { state_data: parent, segment_to_run: 0, partition_map: 4, branch_id: 'B0' }, 'MAP_INVALID'],
    ['that is flat and whose branch_config says nothing is the bag', { ...withMap, branch_config: {}, segment_to_run: 1 }, 'inline-map 1 b'],
    ['is none when nothing says so: then a map beside the bag is data', { state_data: parent, partition_map: [x] }, 'inline-map 2 c'],
    ['is none for user data of that name', { state_data: parent, segment_to_run: 1, partition_map: [{ partition_id: 1, items: [] }] }, 'inline-map 1 b'],
    ['finds the bag of its parent nested by a merge, and still runs its own', { state_data: { ...parent, state_data: parent }, segment_to_run: 1, partition_map: [x, y], branch_id: 'B0' }, 'branch-map 1 y'],
  ]);
});

describe('the place of the bag', () => {
  const bag = { ...withMap, segment_to_run: 1 };
  rows([
    ['is the event', bag, 'inline-map 1 b'],
    ['is state_data', { state_data: bag }, 'inline-map 1 b'],
    ['is state_data.bag', { state_data: { bag, next_action: 'X' } }, 'inline-map 1 b'],
    ['is bag', { bag }, 'inline-map 1 b'],
    ['is Payload', { StatusCode: 200, Payload: { bag } }, 'inline-map 1 b'],
    ['is a JSON string', { Payload: JSON.stringify({ state_data: JSON.stringify(bag) }) }, 'inline-map 1 b'],
    ['is the event beside an empty state_data', { ...bag, state_data: {} }, 'inline-map 1 b'],
    ['is the event beside a null state_data', { ...bag, state_data: null }, 'inline-map 1 b'],
    ['is the event beside text that is no JSON', { ...bag, state_data: 'none', Payload: '{' }, 'inline-map 1 b'],
    ['is the event beside a list', { ...bag, state_data: [bag] }, 'inline-map 1 b'],
    ['is the event beside somebody\'s data under the name of a wrapper', { ...bag, bag: { current_state: 'open' } }, 'inline-map 1 b'],
    ['is the inner one when two disagree', { ...bag, segment_to_run: 2, state_data: { ...withMap, segment_to_run: 0 } }, 'inline-map 0 a'],
    ['is the inner one of two nested by a merge, with its own index', { state_data: { ...withMap, segment_to_run: 0, state_data: bag } }, 'inline-map 1 b'],
    ['is the outer one when the inner leads to no program', { state_data: { ...withMap, segment_to_run: 2, state_data: { ...BAG, segment_to_run: 1 } } }, 'inline-map 1 b'],
  ]);

  it.each([[[]], [null], [3], ['text'], [true]])('is nowhere in an event that is no object: %j', async (event) => {
    expect((await ask(event)).said).toBe('EVENT_INVALID');
  });

  it('is nowhere in an object without a program', async () => {
    expect((await ask({ x: 1 })).said).toBe('SEGMENT_NOT_FOUND');
  });
});

describe('user data', () => {
  const trap = { __s3_pointer__: true, bucket: 'local', key: 'trap' };
  const traps = {
    current_state: { workflow_config: CONFIG, partition_map: MAP, report: trap, state_data: { workflow_config: CONFIG } },
    input: { __s3_offloaded: true, __s3_path: 's3://local/trap' },
    state_s3_path: 's3://local/trap',
    previous_final_state_s3_path: 's3://local/trap',
    final_state: { type: 's3_reference', s3_path: 's3://local/trap' },
    result: { bucket: 'local', key: 'trap' },
    __hot_batch__: { __batch_pointer__: true, bucket: 'local', key: 'trap', field_names: ['partition_map'] },
  };

  it('is never taken for the program, and what looks like a pointer in it is never followed', async () => {
    expect(await ask({ ...BAG, ...traps }, { 'local/trap': MAP })).toEqual({ said: 'SEGMENT_NOT_FOUND', reads: [] });
    expect(await ask({ ...withMap, ...traps }, { 'local/trap': MAP })).toEqual({ said: 'inline-map 0 a', reads: [] });
  });

  it('inside the program is handed over as it is', async () => {
    const { reads } = await ask({ ...BAG, partition_map: [{ ...a, nodes: [trap], note: 's3://local/trap' }] }, { 'local/trap': MAP });
    expect(reads).toEqual([]);
  });
});

describe('the store', () => {
  it('is asked once for each place, in the order of the places', async () => {
    const event = { ...BAG, segment_manifest_s3_path: 's3://local/m', partition_map_s3_path: 's3://local/p', workflow_config_s3_path: 's3://local/c' };
    const { said, reads } = await ask(event, { 'local/m': '{}', 'local/p': '[]', 'local/c': CONFIG });
    expect([said, reads]).toEqual(['config 0 0', ['local/m', 'local/p', 'local/c']]);
  });

  it('is asked once for a manifest however often the call names it', async () => {
    const event = { segment_index: 0, manifest_s3_path: 's3://local/m', state_data: { ...BAG, segment_manifest_s3_path: 's3://local/m', manifest_s3_path: 's3://local/m' } };
    expect(await ask(event, { 'local/m': '{}' })).toEqual({ said: 'SEGMENT_NOT_FOUND', reads: ['local/m'] });
  });
});
