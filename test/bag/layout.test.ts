import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, createStateBagShim, resolveSegmentConfig, StateBagError } from 'statebag-shim';
import type { BlobStore, Layout } from 'statebag-shim';
import { memoryBlobStore } from 'statebag-shim/memory';
import { BUCKET, STORE, makePlace } from './place.js';

const CONFIG = { nodes: [{ id: 'a' }] };
const MAP = [{ id: 0, nodes: [{ id: 'a' }], type: 'normal' }];
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const SHA = sha256(JSON.stringify(MAP));

const HOSTILE = [
  ...[
    '../../x',
    '..',
    '.',
    '/',
    'a/b',
    '/etc/passwd',
    '\\..\\x',
    'a\0b',
    '_',
    '__',
    '~',
    '~ud800',
    '%',
    '%2F',
    '%5F',
    '%2E',
    '%2e%2e',
  ],
  ...[
    ' ',
    '\n',
    '\u202e',
    'é',
    'e\u0301',
    '한국',
    '😀',
    '\ud800',
    '\udc00',
    'a\ud800b',
    '#',
    '?',
    'olive#auto',
    'x'.repeat(500),
    `${'x'.repeat(499)}y`,
  ],
  ...[
    'é'.repeat(200),
    'CON',
    'con',
    'a:b',
    '*',
    '{sha256}',
    '$&',
    '{ownerId}',
    '_/x',
    'workflow-states',
    'workflow-manifests/olive',
  ],
];

const anyId = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 }).map((units) => String.fromCharCode(...units)),
);

type Kind = 'config' | 'map' | 'manifest';

/** The keys under which a shim writes the blobs of a bag. */
async function keysFor(
  ownerId: string | undefined,
  workflowId: string | undefined,
  { layout, store = memoryBlobStore({ bucket: BUCKET }) }: { layout?: Partial<Layout>; store?: BlobStore } = {},
): Promise<Record<Kind, string>> {
  const shim = createStateBagShim({ store, mode: 'rewrite', budget: false, ...(layout && { layout }) });
  const bag = { ownerId, workflowId, total_segments: 1, workflow_config: CONFIG, partition_map: MAP };
  const written = (await shim.write(bag)) as Readonly<Record<string, string>>;
  const key = (name: string) => written[name]!.slice(`s3://${BUCKET}/`.length);
  return {
    config: key('workflow_config_s3_path'),
    map: key('partition_map_s3_path'),
    manifest: key('segment_manifest_s3_path'),
  };
}

/** Whether a bag of this owner may read a key; nothing is stored there, so that what is allowed is not found. */
async function mayRead(key: string, ownerId: string | undefined, layout?: Partial<Layout>): Promise<boolean> {
  const event = { ownerId, workflowId: 'press', total_segments: 1, partition_map: { bucket: BUCKET, key } };
  try {
    await resolveSegmentConfig(event, memoryBlobStore({ bucket: BUCKET }), layout === undefined ? {} : { layout });
    throw new Error('nothing is stored');
  } catch (error) {
    if (!(error instanceof StateBagError)) throw error;
    expect(['POINTER_DANGLING', 'POINTER_FOREIGN_OWNER']).toContain(error.code);
    return error.code === 'POINTER_DANGLING';
  }
}

async function mayReadEach(key: string, owners: readonly (string | undefined)[], layout?: Partial<Layout>) {
  return Promise.all(owners.map((owner) => mayRead(key, owner, layout)));
}

describe('a key of the default layout', () => {
  it('is as the contract spells it', async () => {
    const program = '{"id":0,"nodes":[{"id":"a"}],"type":"normal"}';
    const manifest = `[{"segment_id":0,"segment_type":"normal","segment_config":${program},"dependencies":[],"execution_order":0,"type":"normal"}]`;
    expect(await keysFor('olive', 'press')).toEqual({
      config: `workflow-configs/olive/press/${sha256('{"nodes":[{"id":"a"}]}')}/config.json`,
      map: `workflow-partitions/olive/press/${SHA}/partition_map.json`,
      manifest: `workflow-manifests/olive/press/${sha256(manifest)}/segment_manifest.json`,
    });
    expect((await keysFor(undefined, '')).map).toBe(`workflow-partitions/_/_/${SHA}/partition_map.json`);
  });

  it.each(HOSTILE.map((id) => [JSON.stringify(id).slice(0, 30), id]))(
    'stays in its folder, readable and short, for %s',
    async (_, id) => {
      for (const [owner, workflow] of [[id, 'press'] as const, ['olive', id] as const]) {
        const { map: key } = await keysFor(owner, workflow);
        expect(key).toMatch(/^workflow-partitions\/[\w.~%-]+\/[\w.~%-]+\/[0-9a-f]{64}\/partition_map\.json$/);
        expect(key.split('/').some((part) => part === '.' || part === '..')).toBe(false);
        expect(key.length).toBeLessThan(500);
        expect(await mayRead(key, owner)).toBe(true);
      }
    },
  );

  it('is the path of a file in a directory', async () => {
    const { dir, store } = makePlace();
    for (const id of HOSTILE.filter((one) => one.length < 20)) {
      const { map: key } = await keysFor(id, id, { store });
      expect([key, existsSync(join(dir, STORE, BUCKET, key))]).toEqual([key, true]);
    }
  });

  it('is the same for no two pairs of ids', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(anyId, anyId), fc.tuple(anyId, anyId), async (one, other) => {
        const isSame = one[0] === other[0] && one[1] === other[1];
        expect((await keysFor(...one)).map === (await keysFor(...other)).map).toBe(isSame);
      }),
      { numRuns: 200 },
    );
    const keys = await Promise.all(HOSTILE.map(async (id) => (await keysFor(id, 'press')).map));
    expect(new Set(keys).size).toBe(HOSTILE.length);
  });

  it("is its own owner's and nobody else's", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyId,
        anyId,
        anyId,
        fc.constantFrom<Kind>('config', 'map', 'manifest'),
        async (owner, other, workflow, kind) => {
          const key = (await keysFor(owner, workflow))[kind];
          expect(await mayRead(key, owner)).toBe(true);
          // An owner who is called like a folder cannot be told from the prefix of a store.
          if (owner !== 'workflow-states') expect(await mayRead(key, other)).toBe(other === owner);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the owner a legacy key names', () => {
  const OLIVE = [
    'workflows/press/executions/olive#auto#press#0011/workflow_config_1767225600250.json',
    'workflows/press/executions/olive#manual#0011/partition_map_seg2_1767225600250.json',
    'workflow-manifests/olive/press/segment_manifest.json',
    'workflow-partitions/olive/press/partition_map.json',
    'workflow-configs/olive/press/config.json',
    'workflow-states/olive/press/workflow_config_1767225600.json',
    'workflow-states/olive/press/segments/3/output.json',
    'workflow-states/olive/press/segments/3/2/output.json',
    'workflow-states/olive/press/segments/3/branches/1767225600250/all_branches.json',
    'workflow-states/olive/press/execution-inputs/7c1f.json',
    'workflow-state/olive#auto#press#0011/state_documents_20260101_080000.json',
    'snapshots/olive#auto#press#0011/1.json',
    'final-states/olive#auto#press#0011/final-state.json',
    'distributed-chunks/olive/press/run-1/chunks.json',
    'distributed-states/olive/press/run-1/latest_state.json',
    'some/prefix/workflow-states/olive/press/workflow_config_1.json',
    'some/prefix/workflows/press/executions/olive#auto#press#0011/input_1.json',
    // The store's prefix and a workflow may be called like a folder.
    `workflow-states/shim/workflow-configs/olive/press/${SHA}/config.json`,
    'workflows/executions/executions/olive#auto#x#0011/input_1.json',
    'workflow-states/olive/workflow-configs/segments/3/output.json',
  ];

  it.each(OLIVE)('is olive in %s', async (key) => {
    expect(await mayReadEach(key, ['olive', 'mallory', undefined, 'oliv', 'olive#auto', 'press'])).toEqual([
      true,
      false,
      false,
      false,
      key.includes('olive#auto#'),
      false,
    ]);
  });

  it.each([
    'workflow-configs/press/0123456789abcdef.json',
    'workflow-state/unknown/state_documents_20260101_080000.json',
    'workflows/press/config.json',
    'workflows/press/executions/run-7/input_1.json',
    'state-blocks/0123.json',
    'manifests/7c1f.json',
    'merkle-blocks/press/ab/abcd.json',
    'snapshots/run-7/1.json',
    'anything.json',
    'workflow-states',
  ])('is nobody in "%s"', async (key) => {
    expect(await mayReadEach(key, ['olive', undefined])).toEqual([true, true]);
  });

  it('is not who merely bears an encoded name', async () => {
    expect(await mayRead((await keysFor('a/b', 'press')).map, 'a%2Fb')).toBe(false);
    expect(await mayRead('workflow-states/a%2Fb/press/x.json', 'a%2Fb')).toBe(true);
    expect(await mayRead('workflow-states/a/b/press/x.json', 'a/b')).toBe(true);
  });

  it('ends at a slash in a folder and at a # in an execution', async () => {
    expect(await mayRead('workflow-states/olive#x/press/a/b.json', 'olive')).toBe(false);
    expect(await mayRead('workflow-states/olive#x/press/a/b.json', 'olive#x')).toBe(true);
    expect(await mayRead('workflows/press/executions/olive/x#y/b.json', 'olive')).toBe(false);
    expect(await mayRead('workflow-states/a/b/press/x.json', 'a/b')).toBe(true);
  });
});

describe('a layout', () => {
  const shimWith = (layout: Partial<Layout>) =>
    createStateBagShim({ store: memoryBlobStore({ bucket: BUCKET }), layout });

  it('is completed by the default', async () => {
    const layout = { config: 'cfg/{ownerId}/{workflowId}/{sha256}/config.json' };
    const digest = sha256(JSON.stringify(CONFIG));
    expect(await keysFor('$&', '{sha256}', { layout })).toMatchObject({
      config: `cfg/%24%26/%7Bsha256%7D/${digest}/config.json`,
      map: `workflow-partitions/%24%26/%7Bsha256%7D/${SHA}/partition_map.json`,
    });
  });

  it.each([
    '{ownerId}/{workflowId}/{sha256}',
    'x/{sha256}/{workflowId}/{ownerId}.json',
    'x/{ownerId}/y/{workflowId}/{sha256}.v1.json',
  ])('may be %s', async (map) => {
    const layout = { map };
    const { map: key } = await keysFor('olive', 'press', { layout });
    expect(key).toContain(SHA);
    const shim = createStateBagShim({ store: memoryBlobStore({ bucket: BUCKET }) });
    // A bag whose path leads to a content address is lean.
    expect(shim.read({ ownerId: 'olive', partition_map_s3_path: `s3://${BUCKET}/${key}` }).generation).toBe('lean');
    for (const prefix of ['', 'bags/'])
      expect(await mayReadEach(prefix + key, ['olive', 'press', undefined], layout)).toEqual([true, false, false]);
  });

  it.each([
    ['without an owner', 'x/{workflowId}/{sha256}'],
    ['without a workflow', 'x/{ownerId}/{sha256}'],
    ['without a digest', 'x/{ownerId}/{workflowId}/config.json'],
    ['with an unknown placeholder', 'x/{ownerId}/{workflowId}/{sha256}/{run}'],
    ['with an owner that is a part of a folder', 'x/o-{ownerId}/{workflowId}/{sha256}/c.json'],
    ['with two placeholders in one folder', 'x/{ownerId}-{workflowId}/{sha256}/c.json'],
    ['with a digest behind other text in the file name', 'x/{ownerId}/{workflowId}/c-{sha256}.json'],
    ['with an extension on a folder', 'x/{ownerId}.d/{workflowId}/{sha256}.json'],
    ['that is absolute', '/x/{ownerId}/{workflowId}/{sha256}'],
    ['that ends in a slash', 'x/{ownerId}/{workflowId}/{sha256}/'],
    ['with an empty part', 'x//{ownerId}/{workflowId}/{sha256}'],
    ['that climbs', 'x/../{ownerId}/{workflowId}/{sha256}'],
    ['with a blank', 'x y/{ownerId}/{workflowId}/{sha256}'],
    ['that is empty', ''],
    [
      "whose keys the shim would take for another owner's",
      'workflow-configs/{workflowId}/{ownerId}/{sha256}/config.json',
    ],
  ])('%s is refused', (_, config) => {
    expect(() => shimWith({ config })).toThrow(
      expect.objectContaining({ name: 'ConfigError', code: 'LAYOUT_INVALID' }),
    );
  });

  it.each(['blob', 'toString'])('with a kind nobody writes is refused: %s', (kind) => {
    expect(() => shimWith({ [kind]: 'x/{ownerId}/{workflowId}' })).toThrow(ConfigError);
  });
});
