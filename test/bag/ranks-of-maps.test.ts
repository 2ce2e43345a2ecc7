import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CONTROL } from './bag-text.js';
import { migrateOne } from './migrate.js';
import { BUCKET, makePlace } from './place.js';
import type { Place } from './place.js';
import { programs } from './programs.js';

const segment = (id: number, name: string) => ({ id, nodes: [{ id: name }], edges: [], type: 'normal' });
const FIRST = [segment(0, 'a'), segment(1, 'b')];
const OTHER = [segment(0, 'x'), segment(1, 'y')];
/** One segment with both nodes. */
const CONFIG = { nodes: [{ id: 'a' }, { id: 'b' }], edges: [] };

const objects: Record<string, unknown> = {};
function stored(value: unknown, key?: string): string {
  const text = JSON.stringify(value);
  const digest = createHash('sha256').update(text).digest('hex');
  const address =
    key ??
    `workflow-partitions/${CONTROL.ownerId as string}/${CONTROL.workflowId as string}/${digest}/partition_map.json`;
  objects[`${BUCKET}/${address}`] = text;
  return `s3://${BUCKET}/${address}`;
}
const verified = stored(FIRST);
const mutableSame = { __s3_offloaded: true, __s3_path: stored(FIRST, 'kept/same.json') };
const mutableOther = { __s3_offloaded: true, __s3_path: stored(OTHER, 'kept/other.json') };
const mutableEmpty = { __s3_offloaded: true, __s3_path: stored([], 'kept/empty.json') };
const config = stored(CONFIG, 'kept/config.json');

const bag = (members: object) => Buffer.from(JSON.stringify({ ...CONTROL, ...members }));
const read = (place: Place, document: Uint8Array) => programs(document, place);

describe('the map that a reader asks first', () => {
  it.each([
    ['a config in the bag', { workflow_config: CONFIG }],
    ['a config at a mutable key', { workflow_config: config }],
  ])('gives the manifest that migrate makes, and not %s, if no manifest is there', async (_, members) => {
    const place = makePlace(objects);
    const before = bag({ ...members, partition_map_s3_path: verified });
    const { outcome, bytes } = await migrateOne(place, before);
    expect(outcome).toBe('migrated');
    const said = await read(place, before);
    expect(said.slice(0, 2)).toEqual(FIRST.map((each) => JSON.stringify(each)));
    expect(await read(place, bytes)).toEqual(said);
  });

  it.each([
    ['lean', 'the map at its path', { partition_map_s3_path: verified }, mutableOther],
    ['bridge', 'the map at its path', { partition_map_s3_path: verified }, mutableOther],
    ['lean', 'the map at its path, and is empty', { partition_map_s3_path: verified }, mutableEmpty],
  ] as const)(
    'stays first: to %s, a map at a mutable key that differs from %s is quarantined',
    async (to, _, members, map) => {
      const place = makePlace(objects);
      const { outcome, code, bytes } = await migrateOne(place, bag({ partition_map: map, ...members }), to);
      expect([outcome, code]).toEqual(['quarantined', 'PROGRAM_MUTABLE']);
      expect(bytes).toEqual(bag({ partition_map: map, ...members }));
    },
  );

  it.each([
    ['lean', { partition_map_s3_path: verified }],
    ['bridge', { partition_map_s3_path: verified }],
  ] as const)('may be any of two that are the same: to %s, next to %j', async (to, members) => {
    const place = makePlace(objects);
    const before = bag({ partition_map: mutableSame, ...members });
    const { outcome, bytes } = await migrateOne(place, before, to);
    expect(outcome).toBe('migrated');
    expect(await read(place, bytes)).toEqual(await read(place, before));
  });
});
