import { describe, expect, it } from 'vitest';
import { readDocument } from '../../src/bag/value.js';
import { PointerError } from 'statebag-shim';
import { applyOldRules } from '../../src/replay/old-rules.js';

const segment = (id: number, more: object = {}) => ({ id, type: 'normal', nodes: [{ id: `n${id}` }], ...more });
const MAP = [segment(10), segment(11), segment(12)];
const CONFIG = {
  nodes: [
    { id: 'a', type: 'operator' },
    { id: 'b', type: 'llm_chat' },
    { id: 'c', type: 'operator' },
  ],
  edges: [
    { source: 'a', target: 'b' },
    { source: 'b', target: 'c' },
  ],
};
const bag = (members: object) => ({ ownerId: 'o', workflowId: 'w', workflow_config: CONFIG, ...members });

const OBJECTS: Readonly<Record<string, string>> = {
  'b/map.json': JSON.stringify(MAP),
  'b/nulls.json': JSON.stringify([null, ...MAP]),
  'b/program.json': JSON.stringify(segment(77)),
  'b/broken.json': '[{"id":',
};
const pointer = (key: string, more: object = {}) => ({ __s3_pointer__: true, bucket: 'b', key, ...more });

/** The id of the program, or what the old runner does instead. */
async function ask(event: unknown): Promise<string> {
  const root = readDocument(Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)));
  const answer = await applyOldRules(root, ({ target }) => {
    const text = OBJECTS[`${target?.bucket ?? ''}/${target?.key ?? ''}`];
    return text === undefined
      ? Promise.reject(new PointerError('POINTER_DANGLING', 'gone'))
      : Promise.resolve().then(() => root.parse(Buffer.from(text)));
  });
  if (answer.kind === 'segment') {
    const { id } = JSON.parse(Buffer.from(answer.segment.bytes()).toString()) as { readonly id: number };
    return `${id} ${answer.source}`;
  }
  return answer.kind === 'forbidden' ? answer.code : `${answer.kind}: ${answer.reason}`;
}

describe('the old rules', () => {
  it.each<readonly [what: string, event: unknown, answer: string]>([
    ['a list is asked by position', bag({ partition_map: MAP, segment_to_run: 1 }), '11 map'],
    ['an index that is null is 0', bag({ partition_map: MAP, segment_to_run: null }), '10 map'],
    ['segment_id goes before segment_to_run', bag({ partition_map: MAP, segment_to_run: 1, segment_id: 2 }), '12 map'],
    ['true is 1', bag({ partition_map: MAP, segment_to_run: true }), '11 map'],
    ['a dict is asked by text', bag({ partition_map: { '1': MAP[1] }, segment_to_run: '1' }), '11 map'],
    ['a dict is asked by the text of a number', bag({ partition_map: { '1': MAP[1] }, segment_to_run: 1 }), '11 map'],
    ['a nested entry is its segment_config', bag({ partition_map: [{ segment_config: segment(5) }] }), '5 map'],
    ['an inline list loses its nulls', bag({ partition_map: [null, ...MAP], segment_to_run: 1 }), '11 map'],
    ['a list behind a pointer too', bag({ partition_map: pointer('nulls.json'), segment_to_run: 1 }), '11 map'],
    [
      'a list behind a path keeps them',
      bag({ partition_map_s3_path: 's3://b/nulls.json', segment_to_run: 1 }),
      '10 map-path',
    ],
    ['a map goes before a path', bag({ partition_map: MAP, partition_map_s3_path: 's3://b/nulls.json' }), '10 map'],
    [
      'a nested pointer in a dict is followed',
      bag({ partition_map: { '0': { segment_config: pointer('program.json') } } }),
      '77 map',
    ],
    ['without a map the config is cut', bag({ segment_to_run: 1 }), '1 config'],
    ['an empty map is no map', bag({ partition_map: [], segment_to_run: 2 }), '2 config'],
    [
      'without a config the map decides',
      bag({ workflow_config: null, partition_map: MAP, segment_to_run: 2 }),
      '12 map',
    ],
    [
      'state_data is the event',
      { state_data: bag({ partition_map: MAP, segment_to_run: 2 }), segment_to_run: 0 },
      '12 map',
    ],
    [
      'the arguments of a branch are dropped',
      {
        state_data: bag({ partition_map: MAP, segment_to_run: 2 }),
        segment_to_run: 0,
        partition_map: [segment(50)],
        branch_id: 'b',
      },
      '12 map',
    ],
    [
      'the inner bag has the map, the outer one the index',
      { state_data: { ...bag({ segment_to_run: 1 }), state_data: bag({ partition_map: MAP, segment_to_run: 2 }) } },
      '11 map',
    ],
    [
      'the map of a branch counts without one of the bag',
      bag({ branch_config: { partition_map: [segment(50)] } }),
      '50 branch-map',
    ],
    [
      'the map of the bag goes before that of a branch',
      bag({ partition_map: MAP, branch_config: { partition_map: [segment(50)] } }),
      '10 map',
    ],
    [
      'a passed program counts in the mode MAP_REDUCE',
      bag({ partition_map: MAP, segment_config: segment(9), execution_mode: 'MAP_REDUCE' }),
      '9 event',
    ],
    [
      'a passed program does not count without a mode',
      bag({ partition_map: MAP, segment_config: segment(9) }),
      '10 map',
    ],
    [
      'a manifest is never asked',
      bag({ segment_manifest_s3_path: 's3://b/nulls.json', segment_to_run: 0 }),
      '0 config',
    ],
  ])('give the segment where %s', async (_, event, answer) => {
    expect(await ask(event)).toBe(answer);
  });

  it.each<readonly [what: string, event: unknown]>([
    ['an index beyond the map', bag({ partition_map: MAP, segment_to_run: 7 })],
    ['a negative index', bag({ partition_map: MAP, segment_to_run: -1 })],
    ['a dict without the key', bag({ partition_map: { '0': MAP[0] }, segment_to_run: 1 })],
    [
      'a fraction as the key of a dict',
      '{"workflow_config":{"nodes":[]},"partition_map":{"1":{"id":1}},"segment_to_run":1.0}',
    ],
    ['a map that is text', bag({ partition_map: JSON.stringify(MAP) })],
    [
      'a map that is a reference of another dialect',
      bag({ partition_map: { __s3_offloaded: true, __s3_path: 's3://b/map.json' } }),
    ],
    ['a config without nodes and without a map', { workflow_config: { __s3_offloaded: true } }],
    ['an index beyond the segments of the config', bag({ segment_to_run: 9 })],
  ])('name the whole config as the program of %s', async (_, event) => {
    expect(await ask(event)).toBe('OLD_RUNS_WHOLE_CONFIG');
  });

  it('name a pointer that is run as the program when it is an item of a list', async () => {
    expect(await ask(bag({ partition_map: [pointer('program.json')] }))).toBe('OLD_RUNS_POINTER');
  });

  it.each<readonly [what: string, event: unknown, reason: string]>([
    ['the event is a list', [], 'the event is array'],
    ['state_data is text', { state_data: '{}' }, 'state_data is string'],
    ['state_data is empty', { state_data: {}, ...bag({}) }, 'the hydrated event has no member'],
    ['the bag is one level too deep', { state_data: { bag: bag({ partition_map: MAP }) } }, 'workflow_config is None'],
    ['only paths are there', { workflow_config_s3_path: 's3://b/c.json' }, 'workflow_config is None'],
    ['a text asks a list', bag({ partition_map: MAP, segment_to_run: '1' }), 'the segment index is not a number'],
    [
      'a fraction asks a list',
      '{"workflow_config":{"nodes":[]},"partition_map":[{"id":1},{"id":2}],"segment_to_run":1.0}',
      'a list has no position 1.0',
    ],
    ['the program is null', bag({ partition_map: [{ segment_config: null }] }), 'segment_config is not an object'],
    ['the program is empty', bag({ partition_map: [{ segment_config: {} }] }), 'segment_config is empty'],
    [
      'the program says so',
      bag({ partition_map: [{ type: 'error', error: 'x' }] }),
      'segment_config has the type error',
    ],
    [
      'a null behind a path is asked for',
      bag({ partition_map_s3_path: 's3://b/nulls.json' }),
      'segment_config is null',
    ],
    [
      'the config has a cycle',
      { workflow_config: { ...CONFIG, edges: [...CONFIG.edges, { source: 'c', target: 'a' }] } },
      'there is no map and no manifest, and workflow_config cannot be cut into segments: ',
    ],
  ])('give the error of the old runner when %s', async (_, event, reason) => {
    expect(await ask(event)).toMatch(`failed: ${reason}`);
  });

  it.each(['ABCDEF01', '0123456789abcdef0123456789abcdef', 'abc'])(
    'give an error for a pointer whose checksum is not 8 lower-case hex digits: %s',
    async (checksum) => {
      expect(await ask(bag({ partition_map: pointer('map.json', { checksum }) }))).toBe(
        `failed: the checksum "${checksum}" of a pointer is not 8 hex digits in lower case`,
      );
    },
  );

  it('give an error when an object behind a pointer is not JSON', async () => {
    expect(await ask(bag({ partition_map: pointer('broken.json') }))).toMatch(/^failed: /);
  });

  it('cut the config when the object at the path is not JSON, as the old runner did', async () => {
    expect(await ask(bag({ partition_map_s3_path: 's3://b/broken.json' }))).toBe('0 config');
  });

  it.each<readonly [what: string, event: unknown, reason: string]>([
    ['an aggregation', bag({ segment_type: 'aggregator' }), 'segment_type is aggregator'],
    [
      'a branch with a pause',
      bag({ branch_config: { nodes: [{ id: 'x', hitp: true }] } }),
      'branch_config asks for a child execution',
    ],
    [
      'a branch of 21 nodes',
      bag({ branch_config: { nodes: Array(21).fill({}) } }),
      'branch_config asks for a child execution',
    ],
  ])('run no segment for %s', async (_, event, reason) => {
    expect(await ask(event)).toBe(`none: ${reason}`);
  });

  it('give no answer when the store does not have what the old runner read', async () => {
    await expect(ask(bag({ partition_map: pointer('gone.json') }))).rejects.toMatchObject({ code: 'POINTER_DANGLING' });
    await expect(ask(bag({ partition_map_s3_path: 's3://b/gone.json' }))).rejects.toMatchObject({
      code: 'POINTER_DANGLING',
    });
  });
});
