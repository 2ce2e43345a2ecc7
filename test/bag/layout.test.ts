import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, createStateBagShim, resolveSegmentConfig, StateBagError } from 'statebag-shim';
import type { BlobStore, Layout, StateBagShim } from 'statebag-shim';
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
async function mayRead(
  key: string,
  ownerId: string | undefined,
  layout?: Partial<Layout>,
  prefix = '',
): Promise<boolean> {
  const event = { ownerId, workflowId: 'press', total_segments: 1, partition_map: { bucket: BUCKET, key } };
  try {
    await resolveSegmentConfig(
      event,
      memoryBlobStore({ bucket: BUCKET, prefix }),
      layout === undefined ? {} : { layout },
    );
    throw new Error('nothing is stored');
  } catch (error) {
    if (!(error instanceof StateBagError)) throw error;
    expect(['POINTER_DANGLING', 'POINTER_FOREIGN_OWNER']).toContain(error.code);
    return error.code === 'POINTER_DANGLING';
  }
}

async function mayReadEach(
  key: string,
  owners: readonly (string | undefined)[],
  layout: Partial<Layout>,
  prefix: string,
) {
  return Promise.all(owners.map((owner) => mayRead(key, owner, layout, prefix)));
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
          expect(await mayRead(key, other)).toBe(other === owner);
        },
      ),
      { numRuns: 200 },
    );
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
    const generation = (shim: StateBagShim) =>
      shim.read({ ownerId: 'olive', partition_map_s3_path: `s3://${BUCKET}/${key}` }).generation;
    // A bag whose path leads to a content address is lean. A shim without the layout cannot tell that it is one.
    expect(generation(shimWith(layout))).toBe('lean');
    expect(generation(shimWith({}))).toBe('bridge');
    for (const prefix of ['', 'bags/'])
      expect(await mayReadEach(prefix + key, ['olive', 'press', undefined], layout, prefix)).toEqual([
        true,
        false,
        false,
      ]);
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
    [
      'whose keys the shim would take for those of another layout, for some owners',
      '{ownerId}/x/{workflowId}/{sha256}/config.json',
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
