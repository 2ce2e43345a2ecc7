import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ask } from './ask.js';
import { BAG, BAG_WITH_MAP, CONFIG, entry, LIST, MAP, rows, x, y } from './resolve-table.js';
import type { Row } from './resolve-table.js';

describe('a manifest', () => {
  const path = 's3://local/workflow-manifests/olive/press/segment_manifest.json';
  const at = (document: unknown) => ({ 'local/workflow-manifests/olive/press/segment_manifest.json': document });
  const bag = { ...BAG, segment_manifest_s3_path: path, segment_to_run: 1 };
  const elsewhere = { ...bag, segment_manifest_s3_path: 's3://elsewhere/manifest.json' };
  const backed = { ...bag, partition_map_s3_path: 's3://local/p.json' };
  const backing = { 'local/p.json': [x, y] };
  const envelope = { manifest_id: 'm', version: 1, segments: LIST };
  rows([
    ['is a list', bag, 'manifest 1 b', at(LIST)],
    ['is an envelope', bag, 'manifest 1 b', at({ version: 1, segments: LIST })],
    [
      'may be an envelope that left out a segment too large: the id of the entry decides',
      { ...bag, segment_to_run: 2 },
      'manifest 2 c',
      at({ ...envelope, segments: [LIST[0], LIST[2]] }),
    ],
    [
      'of that kind has no program for the segment it left out',
      bag,
      'SEGMENT_OUT_OF_RANGE',
      at({ ...envelope, segments: [LIST[0], LIST[2]] }),
    ],
    ['may be a dict with the keys of a list', bag, 'manifest 1 b', at({ 0: LIST[0], 1: LIST[1] })],
    ['may have entries without segment_config', bag, 'manifest 1 b', at(MAP)],
    ['loses its nulls', bag, 'manifest 1 b', at([null, LIST[0], LIST[1]])],
    ['does not have every index', { ...bag, segment_to_run: 3 }, 'SEGMENT_OUT_OF_RANGE', at(LIST)],
    ['that holds a failure is refused', bag, 'SEGMENT_INVALID', at([LIST[0], entry({ type: 'error' }, 1)])],
    ['yields to a path to a map where both may have changed', backed, 'map-path 1 y', { ...at(LIST), ...backing }],
    [
      'that is a mark without segments yields',
      backed,
      'map-path 1 y',
      { ...at({ manifest_id: 'm', committed: true }), ...backing },
    ],
    ['that may not be read yields to the inline config', { ...elsewhere, workflow_config: CONFIG }, 'config 1 1'],
    [
      'that may not be read does not yield to a config that another run may have overwritten',
      { ...elsewhere, workflow_config_s3_path: 's3://local/workflow-configs/olive/press/config.json' },
      'POINTER_NOT_ALLOWED',
      { 'local/workflow-configs/olive/press/config.json': CONFIG },
    ],
    [
      'that may not be read yields to a manifest of the newest era, whose key is never written again',
      { ...elsewhere, manifest_s3_path: 's3://local/manifests/7c1f.json' },
      'manifest 1 b',
      { 'local/manifests/7c1f.json': LIST },
    ],
    [
      'that a Map state overwrote yields',
      backed,
      'map-path 1 y',
      { ...at({ DestinationBucket: 'b', MapRunArn: 'arn', ResultFiles: {} }), ...backing },
    ],
    [
      'that became a list of other objects yields',
      backed,
      'map-path 1 y',
      {
        ...at([
          { Key: 'a', Size: 1 },
          { Key: 'b', Size: 2 },
        ]),
        ...backing,
      },
    ],
    ['that became a list of numbers yields', backed, 'map-path 1 y', { ...at([1, 2]), ...backing }],
    ['that became text yields', backed, 'map-path 1 y', { ...at('"gone"'), ...backing }],
    ['that is empty yields', backed, 'map-path 1 y', { ...at([]), ...backing }],
    ...[[], [null], {}, { segments: [] }, { segments: [null] }].map((empty): Row => [
      `without a segment, as ${JSON.stringify(empty)}, yields to a config that is read after it`,
      { ...bag, workflow_config_s3_path: 's3://local/c.json' },
      'config 1 1',
      { ...at(empty), 'local/c.json': CONFIG },
    ]),
    ['that was never written yields', backed, 'map-path 1 y', backing],
    ['that is torn yields', backed, 'map-path 1 y', { ...at('{'), ...backing }],
    ['with a null path yields', { ...backed, segment_manifest_s3_path: null }, 'map-path 1 y', backing],
    ['with an empty path yields', { ...backed, segment_manifest_s3_path: '' }, 'map-path 1 y', backing],
    ['that was never written, with nothing else, is a dead pointer', bag, 'POINTER_DANGLING'],
    ['that is another document, with nothing else, is nothing', bag, 'SEGMENT_NOT_FOUND', at({ x: 1 })],
    [
      'of a foreign owner is refused',
      { ...bag, segment_manifest_s3_path: 's3://local/workflow-manifests/mallory/press/segment_manifest.json' },
      'POINTER_FOREIGN_OWNER',
    ],
    ['may be named manifest_s3_path', { ...BAG, manifest_s3_path: path, segment_to_run: 1 }, 'manifest 1 b', at(LIST)],
    [
      'may be named beside the bag',
      { manifest_s3_path: path, segment_index: 2, segment_id: 2, state_data: BAG },
      'manifest 2 c',
      at(LIST),
    ],
    [
      'that is inline and whole is asked before the config',
      { ...BAG, segment_manifest: LIST, workflow_config: CONFIG, segment_to_run: 2 },
      'manifest 2 c',
    ],
    [
      'that is inline and whole is asked before a path to a key that may have changed',
      { ...backed, segment_manifest: LIST },
      'manifest 1 b',
      backing,
    ],
    [
      'yields to the inline config, which cannot have changed',
      { ...bag, workflow_config: CONFIG },
      'config 1 1',
      at(LIST),
    ],
    [
      'counts when the inline config cannot be cut',
      { ...bag, workflow_config: { nodes: [{ id: 'p' }], edges: [{ source: 'p', target: 'p' }] } },
      'manifest 1 b',
      at(LIST),
    ],
    [
      'that is an inline list of pointers holds no program',
      { ...BAG, segment_manifest: [{ segment_index: 0, manifest_s3_path: path }], workflow_config: CONFIG },
      'config 0 0',
      at(LIST),
    ],
  ]);

  it('at a content address with other bytes stops everything', async () => {
    const sha256 = createHash('sha256').update('[]').digest('hex');
    const key = `workflow-manifests/olive/press/${sha256}/segment_manifest.json`;
    const answer = await ask(
      { ...BAG_WITH_MAP, partition_map: null, segment_manifest_s3_path: `s3://local/${key}`, workflow_config: CONFIG },
      { [`local/${key}`]: LIST },
    );
    expect(answer).toMatchObject({ library: 'DIGEST_MISMATCH', command: 'DIGEST_MISMATCH' });
  });
});

describe('a path to a map', () => {
  const bag = { ...BAG, partition_map_s3_path: 's3://local/p.json', segment_to_run: 1 };
  rows([
    ['is followed', bag, 'map-path 1 b', { 'local/p.json': MAP }],
    ['may be a bare key', { ...bag, partition_map_s3_path: 'p#1.json' }, 'map-path 1 b', { 'local/p#1.json': MAP }],
    [
      'may lead into another bucket only when that is allowed',
      { ...bag, partition_map_s3_path: 's3://other/p.json' },
      'POINTER_NOT_ALLOWED',
      { 'other/p.json': MAP },
    ],
    [
      'of another kind of address is no path',
      { ...bag, partition_map_s3_path: 'https://local/p.json' },
      'POINTER_INVALID',
    ],
    ['that leads nowhere yields to the inline config', { ...bag, workflow_config: CONFIG }, 'config 1 1'],
    [
      'that leads nowhere does not yield to a config that may have changed',
      { ...bag, workflow_config_s3_path: 's3://local/c.json' },
      'POINTER_DANGLING',
      { 'local/c.json': CONFIG },
    ],
    ['that is empty yields', { ...bag, partition_map_s3_path: '', workflow_config: CONFIG }, 'config 1 1'],
    ['beside an empty map counts', { ...bag, partition_map: [] }, 'map-path 1 b', { 'local/p.json': MAP }],
  ]);
});

describe('a config', () => {
  rows([
    ['is cut as the partitioner cuts it', { ...BAG, workflow_config: CONFIG, segment_to_run: 1 }, 'config 1 1'],
    ['may be a JSON string', { ...BAG, workflow_config: JSON.stringify(CONFIG) }, 'config 0 0'],
    [
      'may be behind a pointer',
      { ...BAG, workflow_config: { bucket: 'local', key: 'c' } },
      'config 0 0',
      { 'local/c': CONFIG },
    ],
    ['may be behind a path', { ...BAG, workflow_config_s3_path: 's3://local/c' }, 'config 0 0', { 'local/c': CONFIG }],
    [
      'that is empty yields to its path',
      { ...BAG, workflow_config: {}, workflow_config_s3_path: 's3://local/c' },
      'config 0 0',
      { 'local/c': CONFIG },
    ],
    ['that is empty is nothing', { ...BAG, workflow_config: {} }, 'SEGMENT_NOT_FOUND'],
    ['that is null is nothing', { ...BAG, workflow_config: null }, 'SEGMENT_NOT_FOUND'],
    ['that is a number is refused', { ...BAG, workflow_config: 5 }, 'CONFIG_INVALID'],
    ['has only so many segments', { ...BAG, workflow_config: CONFIG, segment_to_run: 2 }, 'SEGMENT_OUT_OF_RANGE'],
    [
      'in a circle is refused',
      { ...BAG, workflow_config: { nodes: [{ id: 'p' }], edges: [{ source: 'p', target: 'p' }] } },
      'WORKFLOW_CYCLE',
    ],
  ]);

  it('is left alone when the map gives the answer', async () => {
    const answer = await ask({
      ...BAG_WITH_MAP,
      workflow_config: { bucket: 'local', key: 'c' },
      workflow_config_s3_path: 's3://local/d',
    });
    expect(answer).toEqual({ library: 'inline-map 0 a', command: 'inline-map 0 a', reads: [] });
  });
});

describe('the store', () => {
  it('is asked once for each place, in the order of the places', async () => {
    const event = {
      ...BAG,
      segment_manifest_s3_path: 's3://local/m',
      partition_map_s3_path: 's3://local/p',
      workflow_config_s3_path: 's3://local/c',
    };
    expect(await ask(event, { 'local/m': '{}', 'local/p': '[]', 'local/c': CONFIG })).toEqual({
      library: 'config 0 0',
      command: 'config 0 0',
      reads: ['local/p', 'local/m', 'local/c'],
    });
  });

  it('is asked once for a manifest however often the call names it', async () => {
    const event = {
      segment_index: 0,
      manifest_s3_path: 's3://local/m',
      state_data: { ...BAG, segment_manifest_s3_path: 's3://local/m', manifest_s3_path: 's3://local/m' },
    };
    const said = 'SEGMENT_NOT_FOUND';
    expect(await ask(event, { 'local/m': '{}' })).toEqual({ library: said, command: said, reads: ['local/m'] });
  });
});
