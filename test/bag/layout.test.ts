import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectDigest } from '../../src/content-address.js';
import { DEFAULT_LAYOUT, encodeId, formatKey, isKeyOfOwner, parseLayout } from '../../src/bag/layout.js';
import type { BlobKind } from '../../src/bag/layout.js';
import { ConfigError } from 'statebag-shim';
import { objectPath } from '../../src/store/fs-path.js';

const SHA = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const KINDS: readonly BlobKind[] = ['config', 'map', 'manifest'];

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

function keyFor(ownerId: string | undefined, workflowId: string | undefined, kind: BlobKind = 'map'): string {
  return formatKey(DEFAULT_LAYOUT, kind, { ownerId, workflowId, sha256: SHA });
}

describe('a key of the default layout', () => {
  it('is as the contract spells it', () => {
    expect(KINDS.map((kind) => keyFor('olive', 'press', kind))).toEqual([
      `workflow-configs/olive/press/${SHA}/config.json`,
      `workflow-partitions/olive/press/${SHA}/partition_map.json`,
      `workflow-manifests/olive/press/${SHA}/segment_manifest.json`,
    ]);
    expect(keyFor(undefined, '')).toBe(`workflow-partitions/_/_/${SHA}/partition_map.json`);
  });

  it.each(HOSTILE.map((id) => [JSON.stringify(id).slice(0, 30), id]))(
    'stays in its folder, readable and short, for %s',
    (_, id) => {
      for (const key of [keyFor(id, 'press'), keyFor('olive', id)]) {
        expect(key).toMatch(/^workflow-partitions\/[\w.~%-]+\/[\w.~%-]+\/[0-9a-f]{64}\/partition_map\.json$/);
        expect(key.split('/').some((part) => part === '.' || part === '..')).toBe(false);
        expect(key.length).toBeLessThan(500);
        expect(objectPath('/store', { bucket: 'local', key })).toBe(`/store/local/${key}`);
      }
      expect(isKeyOfOwner(keyFor(id, 'press'), id)).toBe(true);
      expect(isKeyOfOwner(keyFor('olive', id), 'olive')).toBe(true);
    },
  );

  it('is the same for no two pairs of ids', () => {
    fc.assert(
      fc.property(fc.tuple(anyId, anyId), fc.tuple(anyId, anyId), (one, other) => {
        const isSame = one[0] === other[0] && one[1] === other[1];
        expect(keyFor(...one) === keyFor(...other)).toBe(isSame);
      }),
      { numRuns: 1000 },
    );
    expect(new Set(HOSTILE.map((id) => encodeId(id))).size).toBe(HOSTILE.length);
  });

  it("is its own owner's and nobody else's", () => {
    fc.assert(
      fc.property(anyId, anyId, anyId, fc.constantFrom(...KINDS), (owner, other, workflow, kind) => {
        const key = keyFor(owner, workflow, kind);
        expect(isKeyOfOwner(key, owner)).toBe(true);
        // An owner who is called like a folder cannot be told from the prefix of a store.
        if (owner !== 'workflow-states') expect(isKeyOfOwner(key, other)).toBe(encodeId(other) === encodeId(owner));
      }),
      { numRuns: 1000 },
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

  it.each(OLIVE)('is olive in %s', (key) => {
    expect(
      ['olive', 'mallory', undefined, 'oliv', 'olive#auto', 'press'].map((owner) => isKeyOfOwner(key, owner)),
    ).toEqual([true, false, false, false, key.includes('olive#auto#'), false]);
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
    '',
  ])('is nobody in "%s"', (key) => {
    expect([isKeyOfOwner(key, 'olive'), isKeyOfOwner(key, undefined)]).toEqual([true, true]);
  });

  it('is not who merely bears an encoded name', () => {
    expect(isKeyOfOwner(keyFor('a/b', 'press'), 'a%2Fb')).toBe(false);
    expect(isKeyOfOwner('workflow-states/a%2Fb/press/x.json', 'a%2Fb')).toBe(true);
    expect(isKeyOfOwner('workflow-states/a/b/press/x.json', 'a/b')).toBe(true);
  });

  it('ends at a slash in a folder and at a # in an execution', () => {
    expect(isKeyOfOwner('workflow-states/olive#x/press/a/b.json', 'olive')).toBe(false);
    expect(isKeyOfOwner('workflow-states/olive#x/press/a/b.json', 'olive#x')).toBe(true);
    expect(isKeyOfOwner('workflows/press/executions/olive/x#y/b.json', 'olive')).toBe(false);
    expect(isKeyOfOwner('workflow-states/a/b/press/x.json', 'a/b')).toBe(true);
  });
});

describe('a layout', () => {
  it('is completed by the default', () => {
    const layout = parseLayout({ config: 'cfg/{ownerId}/{workflowId}/{sha256}/config.json' });
    expect(layout).toEqual({ ...DEFAULT_LAYOUT, config: 'cfg/{ownerId}/{workflowId}/{sha256}/config.json' });
    expect(formatKey(layout, 'config', { ownerId: '$&', workflowId: '{sha256}', sha256: SHA })).toBe(
      `cfg/%24%26/%7Bsha256%7D/${SHA}/config.json`,
    );
  });

  it.each([
    '{ownerId}/{workflowId}/{sha256}',
    'x/{sha256}/{workflowId}/{ownerId}.json',
    'x/{ownerId}/y/{workflowId}/{sha256}.v1.json',
  ])('may be %s', (config) => {
    const layout = parseLayout({ config });
    const key = formatKey(layout, 'config', { ownerId: 'olive', workflowId: 'press', sha256: SHA });
    expect(detectDigest(key)).toBe(SHA);
    for (const prefix of ['', 'bags/']) {
      expect(['olive', 'press', undefined].map((owner) => isKeyOfOwner(prefix + key, owner, layout))).toEqual([
        true,
        false,
        false,
      ]);
    }
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
    expect(() => parseLayout({ config })).toThrow(
      expect.objectContaining({ name: 'ConfigError', code: 'LAYOUT_INVALID' }),
    );
  });

  it.each(['blob', 'toString'])('with a kind nobody writes is refused: %s', (kind) => {
    expect(() => parseLayout({ [kind]: 'x/{ownerId}/{workflowId}' })).toThrow(ConfigError);
  });
});
