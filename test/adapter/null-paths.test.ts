import { describe, expect, test } from 'vitest';
import { ADAPTER_NAMES, useAdapters } from './adapters.js';
import { fatBag, without } from './bags.js';
import type { Json } from './bags.js';

const openAdapter = useAdapters();

/** How an event without a map says that it has no path to one. */
const NO_PATH: readonly (readonly [string, Json])[] = [
  ['absent', {}],
  ['null', { partition_map_s3_path: null }],
  ['empty', { partition_map_s3_path: '' }],
];

/** What a merge leaves of the manifest path, and of the path of the map. */
const LOST: readonly (readonly [string, Json])[] = [
  ['null', { segment_manifest_s3_path: null }],
  ['null, next to a path of the map that is null', { segment_manifest_s3_path: null, partition_map_s3_path: null }],
  ['absent', { segment_manifest_s3_path: undefined }],
  ['absent, with the path of the map', { segment_manifest_s3_path: undefined, partition_map_s3_path: undefined }],
  ['empty, next to a path of the map that is empty', { segment_manifest_s3_path: '', partition_map_s3_path: '' }],
  ['a number', { segment_manifest_s3_path: 7 }],
  ['a list', { segment_manifest_s3_path: [] }],
];

const CASES = ADAPTER_NAMES.flatMap((name) =>
  NO_PATH.flatMap(([path, event]) => LOST.map(([lost, change]) => [name, path, lost, event, change] as const)),
);

describe('the manifest path of a bag without a map', () => {
  test.each(CASES)(
    'is put back over %s when the path of the map is %s and the answer has it %s',
    async (name, _path, _lost, paths, change) => {
      const adapter = await openAdapter(name);
      const event = { ...without(fatBag(), 'partition_map', 'segment_manifest_s3_path'), ...paths };
      let given: Json = {};
      const answer = await adapter.invoke(event, (bag) => {
        given = bag;
        return { bag: { ...bag, ...change, segment_to_run: 2 } };
      });
      const { bag } = answer as { readonly bag: Json };
      expect(given.segment_manifest_s3_path).toMatch(
        /^s3:\/\/bags\/workflow-manifests\/acme\/invoices\/[0-9a-f]{64}\/segment_manifest\.json$/,
      );
      expect(bag.segment_manifest_s3_path).toBe(given.segment_manifest_s3_path);
      let ran: unknown;
      await adapter.invoke(bag, ({ segment_config }) => {
        ran = (segment_config as Json).id;
        return {};
      });
      expect(ran).toBe(2);
    },
  );
});
