import { describe, expect, it } from 'vitest';
import { ask, askBoth } from './ask.js';
import { makePlace } from './place.js';
import { a, BAG, BAG_WITH_MAP, CONFIG, MAP, rows, x, y } from './resolve-table.js';

describe('a program in the event', () => {
  rows([
    ['is taken before anything else', { ...BAG_WITH_MAP, segment_config: x, segment_id: 2 }, 'event 2 x'],
    [
      'is taken beside a bag',
      { segment_config: x, segment_id: 2, execution_order: 2, execution_mode: 'MAP_REDUCE', state_data: BAG_WITH_MAP },
      'event 2 x',
    ],
    [
      'is taken although the call carries a whole bag of its own',
      { ...BAG_WITH_MAP, segment_to_run: 4, segment_config: x, state_data: { ...BAG_WITH_MAP, segment_to_run: 0 } },
      'event 4 x',
    ],
    [
      'is taken with the slice of a map and the index of the whole',
      { ...BAG, segment_config: x, segment_to_run: 7, partition_map: [x, y] },
      'event 7 x',
    ],
    ['needs no index that can be read', { ...BAG, segment_config: x, segment_to_run: 'soon' }, 'event - x'],
    ['that is null yields', { ...BAG_WITH_MAP, segment_config: null }, 'inline-map 0 a'],
    ['that is empty yields', { ...BAG_WITH_MAP, segment_config: {} }, 'inline-map 0 a'],
    ['that is a failure is refused', { ...BAG_WITH_MAP, segment_config: { type: 'error' } }, 'SEGMENT_INVALID'],
    [
      'that is a pointer is refused',
      { ...BAG_WITH_MAP, segment_config: { __s3_pointer__: true, bucket: 'local', key: 'x' } },
      'SEGMENT_INVALID',
    ],
    [
      "in the bag of a branch is not the branch's",
      { state_data: { ...BAG_WITH_MAP, segment_config: x }, segment_to_run: 0, partition_map: [y], branch_id: 'B0' },
      'branch-map 0 y',
    ],
    [
      'is found under a wrapper that says nothing',
      { Payload: { ...BAG, segment_config: x, segment_id: 1 } },
      'event 1 x',
    ],
    [
      'is missing from a slice: the index of the whole is out of range',
      { ...BAG, segment_to_run: 7, partition_map: [x, y], workflow_config: CONFIG },
      'SEGMENT_OUT_OF_RANGE',
    ],
  ]);
});

describe('the call of a branch', () => {
  const branch = { branch_id: 'B0', partition_map: [x, y] };
  const parent = { ...BAG_WITH_MAP, segment_to_run: 2 };
  const stored = {
    branch_index: 1,
    branch_id: 'B1',
    branches_s3_path: 's3://local/all.json',
    total_branches: 2,
    segment_count: 2,
  };
  rows([
    [
      'runs its own map beside the bag of its parent',
      { state_data: parent, segment_to_run: 1, partition_map: [x, y], branch_id: 'branch_0' },
      'branch-map 1 y',
    ],
    [
      'runs its own map under the wrapper bag too',
      { bag: parent, segment_to_run: 1, partition_map: [x, y], branch_id: 'branch_0' },
      'branch-map 1 y',
    ],
    [
      'starts at 0, wherever its parent is',
      { state_data: parent, branch_config: branch, branch_index: 0 },
      'branch-map 0 x',
    ],
    [
      'is out of range in its own map, however long the map of its parent is',
      { state_data: parent, segment_to_run: 2, partition_map: [x, y], branch_id: 'B0' },
      'SEGMENT_OUT_OF_RANGE',
    ],
    ['may be flat, as January had it', { ...BAG_WITH_MAP, branch_config: branch, segment_to_run: 1 }, 'branch-map 1 y'],
    [
      'may name its owner, its workflow and its key',
      { ...BAG, idempotency_key: 'k', segment_to_run: 0, partition_map: [x], branch_id: 'B0', state_data: parent },
      'branch-map 0 x',
    ],
    [
      'may point to its map',
      { state_data: parent, segment_to_run: 0, partition_map: { bucket: 'local', key: 'm' }, branch_id: 'B0' },
      'branch-map 0 x',
      { 'local/m': [x] },
    ],
    [
      'may point to its map in branch_config',
      { state_data: parent, branch_config: { partition_map: 's3://local/m' } },
      'branch-map 0 x',
      { 'local/m': [x] },
    ],
    [
      'may point to its branch_config',
      { state_data: parent, branch_config: 's3://local/m' },
      'branch-map 0 x',
      { 'local/m': branch },
    ],
    [
      'may point to the stored list of branches',
      { state_data: parent, branch_config: stored, branch_index: 1 },
      'branch-map 0 y',
      { 'local/all.json': [branch, { partition_map: [y] }] },
    ],
    [
      'is refused when that list does not hold it',
      { state_data: parent, branch_config: stored },
      'BRANCH_NOT_FOUND',
      { 'local/all.json': [branch] },
    ],
    ['is refused when that list is gone', { state_data: parent, branch_config: stored }, 'POINTER_DANGLING'],
    [
      'is refused when its pointer names no list',
      { state_data: parent, branch_config: { ...stored, branches_s3_path: '' } },
      'POINTER_INVALID',
    ],
    [
      'is refused when its pointer lost its path',
      { state_data: parent, branch_config: { branch_index: 1, branch_id: 'B1', total_branches: 2 } },
      'BRANCH_NOT_FOUND',
    ],
    [
      'is refused when its map is empty',
      { state_data: parent, segment_to_run: 0, partition_map: [], branch_id: 'B0' },
      'BRANCH_NOT_FOUND',
    ],
    [
      'is refused when its map is of a wrong kind',
      { state_data: parent, segment_to_run: 0, partition_map: 4, branch_id: 'B0' },
      'MAP_INVALID',
    ],
    [
      'that is flat and whose branch_config says nothing is the bag',
      { ...BAG_WITH_MAP, branch_config: {}, segment_to_run: 1 },
      'inline-map 1 b',
    ],
    [
      'is none when nothing says so: then a map beside the bag is data',
      { state_data: parent, partition_map: [x] },
      'inline-map 2 c',
    ],
    [
      'is none for user data of that name',
      { state_data: parent, segment_to_run: 1, partition_map: [{ partition_id: 1, items: [] }] },
      'inline-map 1 b',
    ],
    [
      'finds the bag of its parent nested by a merge, and still runs its own',
      { state_data: { ...parent, state_data: parent }, segment_to_run: 1, partition_map: [x, y], branch_id: 'B0' },
      'branch-map 1 y',
    ],
  ]);
});

describe('the place of the bag', () => {
  const bag = { ...BAG_WITH_MAP, segment_to_run: 1 };
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
    [
      "is the event beside somebody's data under the name of a wrapper",
      { ...bag, bag: { current_state: 'open' } },
      'inline-map 1 b',
    ],
    [
      'is the inner one when two disagree',
      { ...bag, segment_to_run: 2, state_data: { ...BAG_WITH_MAP, segment_to_run: 0 } },
      'inline-map 0 a',
    ],
    [
      'is the inner one of two nested by a merge, with its own index',
      { state_data: { ...BAG_WITH_MAP, segment_to_run: 0, state_data: bag } },
      'inline-map 1 b',
    ],
    [
      'is the outer one when the inner leads to no program',
      { state_data: { ...BAG_WITH_MAP, segment_to_run: 2, state_data: { ...BAG, segment_to_run: 1 } } },
      'inline-map 1 b',
    ],
  ]);

  it.each([[[]], [null], [3], ['text'], [true]])('is nowhere in an event that is no object: %j', async (event) => {
    expect(await ask(event)).toEqual({ library: 'EVENT_INVALID', command: 'EVENT_INVALID', reads: [] });
  });

  it('is nowhere in an object without a program', async () => {
    const said = 'SEGMENT_NOT_FOUND';
    expect(await ask({ x: 1 })).toEqual({ library: said, command: said, reads: [] });
  });
});

describe('user data', () => {
  const trap = { __s3_pointer__: true, bucket: 'local', key: 'trap' };
  const traps = {
    current_state: {
      workflow_config: CONFIG,
      partition_map: MAP,
      report: trap,
      state_data: { workflow_config: CONFIG },
    },
    input: { __s3_offloaded: true, __s3_path: 's3://local/trap' },
    state_s3_path: 's3://local/trap',
    previous_final_state_s3_path: 's3://local/trap',
    final_state: { type: 's3_reference', s3_path: 's3://local/trap' },
    result: { bucket: 'local', key: 'trap' },
    __hot_batch__: { __batch_pointer__: true, bucket: 'local', key: 'trap', field_names: ['partition_map'] },
  };

  it('is never taken for the program, and what looks like a pointer in it is never followed', async () => {
    const [none, first] = ['SEGMENT_NOT_FOUND', 'inline-map 0 a'];
    expect(await ask({ ...BAG, ...traps }, { 'local/trap': MAP })).toEqual({ library: none, command: none, reads: [] });
    expect(await ask({ ...BAG_WITH_MAP, ...traps }, { 'local/trap': MAP })).toEqual({
      library: first,
      command: first,
      reads: [],
    });
  });

  it('inside the program is handed over as it is', async () => {
    const program = { ...a, nodes: [trap], note: 's3://local/trap' };
    const place = makePlace({ 'local/trap': MAP });
    const { library, command } = await askBoth(JSON.stringify({ ...BAG, partition_map: [program] }), place);
    expect([library.program, command.program]).toEqual([program, program]);
    expect(place.reads).toEqual([]);
  });
});
