import { describe, expect, it } from 'vitest';
import { askBoth } from './ask.js';
import { makePlace } from './place.js';
import { a, b, BAG, BAG_WITH_MAP, CONFIG, entry, LIST, MAP, md5, rows, x, y } from './resolve-table.js';

describe('the index', () => {
  rows([
    [
      'segment_index is asked before segment_id and segment_to_run',
      { ...BAG_WITH_MAP, segment_index: 2, segment_id: 1, segment_to_run: 0 },
      'inline-map 2 c',
    ],
    [
      'segment_id is asked before segment_to_run, also when it is 0',
      { ...BAG_WITH_MAP, segment_id: 0, segment_to_run: 2 },
      'inline-map 0 a',
    ],
    ['segment_to_run is asked last', { ...BAG_WITH_MAP, segment_to_run: 1 }, 'inline-map 1 b'],
    ['without any it is 0', BAG_WITH_MAP, 'inline-map 0 a'],
    [
      'null is as good as absent',
      { ...BAG_WITH_MAP, segment_index: null, segment_id: null, segment_to_run: 1 },
      'inline-map 1 b',
    ],
    ['all null is 0', { ...BAG_WITH_MAP, segment_to_run: null }, 'inline-map 0 a'],
    ['digits in text count', { ...BAG_WITH_MAP, segment_to_run: '1' }, 'inline-map 1 b'],
    ['empty text is no index', { ...BAG_WITH_MAP, segment_to_run: '' }, 'SEGMENT_INDEX_INVALID'],
    ['words are no index', { ...BAG_WITH_MAP, segment_to_run: 'two' }, 'SEGMENT_INDEX_INVALID'],
    ['half a segment is no index', { ...BAG_WITH_MAP, segment_to_run: 1.5 }, 'SEGMENT_INDEX_INVALID'],
    ['a negative number counts from nowhere', { ...BAG_WITH_MAP, segment_to_run: -1 }, 'SEGMENT_INDEX_INVALID'],
    ['true is no index', { ...BAG_WITH_MAP, segment_to_run: true }, 'SEGMENT_INDEX_INVALID'],
    ['a list is no index', { ...BAG_WITH_MAP, segment_to_run: [1] }, 'SEGMENT_INDEX_INVALID'],
    ['the length is out of range', { ...BAG_WITH_MAP, segment_to_run: 3 }, 'SEGMENT_OUT_OF_RANGE'],
    ['a huge number is out of range', { ...BAG_WITH_MAP, segment_to_run: 2 ** 52 }, 'SEGMENT_OUT_OF_RANGE'],
    [
      'the id of a segment is not its index',
      {
        ...BAG,
        partition_map: [
          { ...x, id: 1 },
          { ...y, id: 0 },
        ],
        segment_to_run: 0,
      },
      'inline-map 0 1',
    ],
    [
      'beside the bag it outranks the one in the bag',
      { segment_to_run: 2, state_data: { ...BAG_WITH_MAP, segment_to_run: 0 } },
      'inline-map 2 c',
    ],
    [
      'beside the bag it may be null, and the one in the bag counts',
      { segment_to_run: null, state_data: { ...BAG_WITH_MAP, segment_to_run: 1 } },
      'inline-map 1 b',
    ],
    [
      'beside the bag it counts although the call names its owner and workflow',
      {
        ownerId: 'olive',
        workflowId: 'press',
        idempotency_key: 'k',
        segment_to_run: 2,
        state_data: { ...BAG_WITH_MAP, segment_to_run: 0 },
      },
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
    const text = JSON.stringify({ ...BAG_WITH_MAP, segment_to_run: 'HERE' }).replace('"HERE"', spelling);
    expect(await askBoth(text, makePlace())).toMatchObject({ library: { said }, command: { said } });
  });
});

describe('an inline map', () => {
  rows([
    [
      'loses its nulls, and what is behind them moves up',
      { ...BAG, partition_map: [null, a, null, b], segment_to_run: 1 },
      'inline-map 1 b',
    ],
    [
      'of nothing but nulls yields to the next source',
      { ...BAG, partition_map: [null], workflow_config: CONFIG },
      'config 0 0',
    ],
    ['may be a dict, read by key', { ...BAG, partition_map: { 1: b, 0: a }, segment_to_run: 1 }, 'inline-map 1 b'],
    [
      'may be a dict with other keys too',
      { ...BAG, partition_map: { 0: a, note: 'x' }, segment_to_run: 0 },
      'inline-map 0 a',
    ],
    [
      'that is a dict without the key is out of range',
      { ...BAG, partition_map: { 0: a }, segment_to_run: 1, workflow_config: CONFIG },
      'SEGMENT_OUT_OF_RANGE',
    ],
    [
      'that is a dict keeps its nulls',
      { ...BAG, partition_map: { 0: null, 1: b }, segment_to_run: 0 },
      'SEGMENT_INVALID',
    ],
    ['may be a JSON string', { ...BAG, partition_map: JSON.stringify(MAP), segment_to_run: 2 }, 'inline-map 2 c'],
    [
      'of nested entries gives what they hold',
      { ...BAG, partition_map: [entry(a, 0), b], segment_to_run: 0 },
      'inline-map 0 a',
    ],
    [
      'outranks a manifest',
      { ...BAG_WITH_MAP, segment_manifest_s3_path: 's3://local/m.json' },
      'inline-map 0 a',
      { 'local/m.json': [entry(x, 0)] },
    ],
    [
      'outranks a path to a map',
      { ...BAG_WITH_MAP, partition_map_s3_path: 's3://local/p.json' },
      'inline-map 0 a',
      { 'local/p.json': [x] },
    ],
    ['outranks the config', { ...BAG_WITH_MAP, workflow_config: CONFIG, segment_to_run: 2 }, 'inline-map 2 c'],
    ['that is null yields', { ...BAG, partition_map: null, workflow_config: CONFIG, segment_to_run: 1 }, 'config 1 1'],
    ['that is empty text yields', { ...BAG, partition_map: '', workflow_config: CONFIG }, 'config 0 0'],
    ['that is an empty list yields', { ...BAG, partition_map: [], workflow_config: CONFIG }, 'config 0 0'],
    ['that is an empty dict yields', { ...BAG, partition_map: {}, workflow_config: CONFIG }, 'config 0 0'],
    [
      'of user data yields',
      { ...BAG, partition_map: [{ partition_id: 0, items: [1] }], workflow_config: CONFIG },
      'config 0 0',
    ],
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
    [
      'of the type error, the mark of a failed resolution, is refused',
      one({ id: 'a', type: 'error', error: 'x' }),
      'SEGMENT_INVALID',
    ],
    ['with a program of that type is refused', one({ segment_config: { type: 'error' } }), 'SEGMENT_INVALID'],
    ['with a null program is refused', one({ segment_config: null }), 'SEGMENT_INVALID'],
    ['with an empty program is refused', one({ segment_config: {} }), 'SEGMENT_INVALID'],
    ['with text for a program is refused', one({ segment_config: 'a' }), 'SEGMENT_INVALID'],
    [
      'with a program behind a pointer is followed',
      one({ segment_config: { bucket: 'local', key: 's.json' } }),
      'inline-map 0 x',
      { 'local/s.json': x },
    ],
    [
      'with a program behind a pointer to a failure is refused',
      one({ segment_config: 's3://local/s.json' }),
      'SEGMENT_INVALID',
      { 'local/s.json': { type: 'error' } },
    ],
    [
      'that is a pointer to a manifest is no program',
      one({ segment_index: 0, segment_id: 0, manifest_s3_path: 's3://local/m.json' }),
      'SEGMENT_INVALID',
    ],
    [
      'that is a pointer to branches is no program',
      one({ branch_index: 0, branches_s3_path: 's3://local/m.json' }),
      'SEGMENT_INVALID',
    ],
    ['that was compressed away is no program', one({ type: 'compressed', size: 4 }), 'SEGMENT_INVALID'],
    [
      'of a parallel group is a program with its branches',
      one({ id: 'g', type: 'parallel_group', branches: [{ partition_map: [x] }] }),
      'inline-map 0 g',
    ],
  ]);
});

describe('a pointer under the name of the map', () => {
  const at = 'workflows/press/executions/olive#auto#press#0011/partition_map_1.json';
  const store = { [`local/${at}`]: MAP };
  const p1 = (more: object = {}) => ({ __s3_pointer__: true, bucket: 'local', key: at, ...more });
  const via = (partition_map: unknown, more: object = {}) => ({ ...BAG, partition_map, segment_to_run: 1, ...more });
  rows([
    ['is followed, with a checksum of 8 digits', via(p1({ checksum: md5(MAP).slice(0, 8) })), 'map-pointer 1 b', store],
    [
      'is followed, with a whole MD5 in capitals',
      via(p1({ checksum: md5(MAP).toUpperCase() })),
      'map-pointer 1 b',
      store,
    ],
    ['is followed without a checksum', via(p1({ checksum: '' })), 'map-pointer 1 b', store],
    ['is followed with the mark 1', via(p1({ __s3_pointer__: 1 })), 'map-pointer 1 b', store],
    [
      'stops at a wrong checksum, whatever else the bag holds',
      via(p1({ checksum: '00000000' }), { workflow_config: CONFIG }),
      'CHECKSUM_MISMATCH',
      store,
    ],
    ['may be a URI', via(`s3://local/${at}`), 'map-pointer 1 b', store],
    ['may be bucket and key', via({ Bucket: 'local', Key: at }), 'map-pointer 1 b', store],
    [
      'may be the mark of the state manager',
      via({ __s3_offloaded: true, __s3_path: `s3://local/${at}`, __original_size_kb: 1.5 }),
      'map-pointer 1 b',
      store,
    ],
    [
      'may be a reference of the state data manager',
      via({ type: 's3_reference', s3_path: `s3://local/${at}`, size_kb: 1 }),
      'map-pointer 1 b',
      store,
    ],
    ['may lead to a dict', via(p1()), 'map-pointer 1 b', { [`local/${at}`]: { 0: a, 1: b } }],
    [
      'that leads to an empty map yields',
      via(p1(), { workflow_config: CONFIG }),
      'config 1 1',
      { [`local/${at}`]: [] },
    ],
    ['that leads to a number is refused', via(p1()), 'MAP_INVALID', { [`local/${at}`]: '7' }],
    [
      'that leads to a pointer is refused',
      via({ bucket: 'local', key: 'hop' }),
      'POINTER_CHAIN',
      { 'local/hop': p1(), ...store },
    ],
    [
      'that leads to itself is refused',
      via({ bucket: 'local', key: 'hop' }),
      'POINTER_CHAIN',
      { 'local/hop': { bucket: 'local', key: 'hop' } },
    ],
    [
      'without a checksum yields to the inline config, which cannot have changed',
      via(p1(), { workflow_config: CONFIG }),
      'config 1 1',
      store,
    ],
    [
      'into a foreign bucket is refused',
      via('s3://elsewhere/p.json'),
      'POINTER_NOT_ALLOWED',
      { 'elsewhere/p.json': MAP },
    ],
    [
      'below a foreign owner is refused',
      via(p1({ key: 'workflows/press/executions/mallory#auto#press#0011/partition_map_1.json' })),
      'POINTER_FOREIGN_OWNER',
      { 'local/workflows/press/executions/mallory#auto#press#0011/partition_map_1.json': MAP },
    ],
    ['that leads nowhere yields to the inline config', via(p1(), { workflow_config: CONFIG }), 'config 1 1'],
    [
      'into a foreign bucket yields to the inline config',
      via('s3://elsewhere/p.json', { workflow_config: CONFIG }),
      'config 1 1',
      { 'elsewhere/p.json': MAP },
    ],
    [
      'into a foreign bucket does not yield to what another run may have overwritten',
      via('s3://elsewhere/p.json', {
        segment_manifest_s3_path: 's3://local/workflow-manifests/olive/press/gone/segment_manifest.json',
        workflow_config_s3_path: 's3://local/workflow-configs/olive/press/config.json',
      }),
      'POINTER_NOT_ALLOWED',
      { 'local/workflow-configs/olive/press/config.json': CONFIG },
    ],
    [
      'that leads to torn text yields to the inline config',
      via(p1(), { workflow_config: CONFIG }),
      'config 1 1',
      { [`local/${at}`]: '[{' },
    ],
    [
      'that names no bucket yields to the inline config',
      via({ __s3_pointer__: true, key: at }, { workflow_config: CONFIG }),
      'config 1 1',
      store,
    ],
    [
      'that leads nowhere does not yield to what another run may have overwritten',
      via(p1(), { segment_manifest_s3_path: 's3://local/workflow-manifests/olive/press/segment_manifest.json' }),
      'POINTER_DANGLING',
      { 'local/workflow-manifests/olive/press/segment_manifest.json': LIST },
    ],
    ['that leads nowhere, with nothing else, says so', via(p1()), 'POINTER_DANGLING'],
    [
      'without its mark is a dict without the key',
      via({ __s3_pointer__: false, bucket: 'local', key: at }, { workflow_config: CONFIG }),
      'SEGMENT_OUT_OF_RANGE',
      store,
    ],
  ]);
});
