import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const IDS = { ownerId: 'olive', workflowId: 'press', segment_to_run: 0, loop_counter: 0, current_state: {} };
const SEGMENT = { id: 0, type: 'normal', nodes: [{ id: 'a' }] };
const MANIFEST = 'workflow-manifests/olive/press/segment_manifest.json';
const MANIFEST_URI = `s3://local/${MANIFEST}`;
const FOREIGN = 's3://local/workflow-manifests/mallory/press/segment_manifest.json';
const GONE = 's3://local/workflow-partitions/olive/press/partition_map.json';

const put = (key: string, content: unknown) => {
  const path = join(scratch.dir, 'store/local', key);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(content));
};

/** `code place` of each issue that is about a pointer. */
async function judge(bag: object): Promise<readonly string[]> {
  put(MANIFEST, [{ segment_id: 0, segment_config: SEGMENT }]);
  const args = ['validate', '-', '--json', '--schema', 'auto', '--store', 'store'];
  const { code, out } = await statebag(scratch.dir, args, { stdin: JSON.stringify({ ...IDS, ...bag }) });
  const { documents } = JSON.parse(out) as { documents: [{ issues: readonly { rule: string; pointer: string }[] }] };
  const found = documents[0].issues.flatMap(({ rule, pointer }) =>
    /^[A-Z_]+$/.test(rule) ? `${rule} ${pointer}` : [],
  );
  if (found.length > 0) expect(code).toBe(1);
  return found;
}

const pointerTo = (key: string) => ({ __s3_pointer__: true, bucket: 'local', key, checksum: '' });
const listed = (path: string) => [{ segment_index: 0, segment_id: 0, manifest_s3_path: path, total_segments: 1 }];

describe('validate with a store', () => {
  it.each([
    ['manifest_s3_path', { manifest_s3_path: GONE }, 'POINTER_DANGLING /manifest_s3_path'],
    [
      'an inline list',
      { segment_manifest: listed(FOREIGN) },
      'POINTER_FOREIGN_OWNER /segment_manifest/0/manifest_s3_path',
    ],
    [
      'an entry of an inline map',
      { partition_map: [SEGMENT, { id: 1, segment_config: pointerTo('elsewhere.json') }] },
      'POINTER_NOT_ALLOWED /partition_map/1/segment_config',
    ],
    [
      'an entry of an inline dict map',
      { partition_map: { 0: { id: 0, segment_config: pointerTo('elsewhere.json') } } },
      'POINTER_NOT_ALLOWED /partition_map/0/segment_config',
    ],
  ])('follows the pointer in %s', async (_, members, issue) => {
    expect(await judge({ segment_manifest_s3_path: MANIFEST_URI, ...members })).toEqual([issue]);
  });

  it('follows the pointer in an entry of a stored map, and reports it at the path of the map', async () => {
    put('workflow-partitions/olive/press/partition_map.json', [{ id: 0, segment_config: pointerTo('elsewhere.json') }]);
    expect(await judge({ partition_map_s3_path: GONE })).toEqual(['POINTER_NOT_ALLOWED /partition_map_s3_path']);
  });

  it('reports a place once that many entries of a list lead to', async () => {
    const list = [...listed(FOREIGN), ...listed(FOREIGN), ...listed(FOREIGN)];
    expect(await judge({ segment_manifest: list })).toEqual([
      'POINTER_FOREIGN_OWNER /segment_manifest/0/manifest_s3_path',
    ]);
  });

  it('finds no issue if every pointer leads to an object of the owner', async () => {
    const members = { segment_manifest_s3_path: MANIFEST_URI, manifest_s3_path: MANIFEST_URI };
    expect(await judge({ ...members, segment_manifest: listed(MANIFEST_URI) })).toEqual([]);
  });
});
