import { describe, expect, it } from 'vitest';
import { Places } from '../../src/bag/places.js';
import type { BagIds, StoreReach } from '../../src/bag/places.js';

const SHA = '5'.repeat(64);
const OLIVE: BagIds = { ownerId: 'olive', workflowId: 'press', executionId: 'olive#auto#press#0011' };

function judge(key: string, reach: Partial<StoreReach> = {}, ids: BagIds = OLIVE, bucket?: string): string {
  try {
    new Places({ bucket: 'local', ...reach }).assertAllowed({ bucket, key }, ids);
    return 'allowed';
  } catch (error) {
    return (error as { readonly code: string }).code;
  }
}

const FOREIGN = 'POINTER_FOREIGN_OWNER';
const REFUSED = 'POINTER_NOT_ALLOWED';

describe('a bag of the owner olive, in a store without a prefix,', () => {
  it.each([
    // The default layout.
    [`workflow-configs/olive/press/${SHA}/config.json`, 'allowed'],
    [`workflow-partitions/olive/other/${SHA}/partition_map.json`, 'allowed'],
    [`workflow-manifests/olive/press/${SHA}/segment_manifest.json`, 'allowed'],
    [`state-members/olive/press/${SHA}/nodes.json`, 'allowed'],
    [`workflow-configs/mallory/press/${SHA}/config.json`, FOREIGN],
    [`state-members/mallory/press/${SHA}/nodes.json`, FOREIGN],
    [`workflow-configs/_/press/${SHA}/config.json`, FOREIGN],
    [`workflow-configs/olive/press/${SHA}/other.json`, REFUSED],
    [`workflow-configs/olive/press/${'A'.repeat(64)}/config.json`, REFUSED],
    [`bags/workflow-configs/olive/press/${SHA}/config.json`, REFUSED],
    // Legacy layouts.
    ['workflows/press/executions/olive#auto#press#0011/workflow_config_1767225600250.json', 'allowed'],
    ['workflows/press/executions/olive#auto#press#0011/partition_map_1767225600250.json', 'allowed'],
    ['workflows/press/executions/olive#auto#press#0011/workflow_config_seg2_1767225600250.json', 'allowed'],
    ['workflows/press/executions/olive#auto#press#0011/partition_map_seg12_1767225600250.json', 'allowed'],
    ['workflows/press/executions/olive#auto#press#0012/partition_map_1767225600250.json', REFUSED],
    ['workflows/press/executions/mallory#auto#press#0011/partition_map_1767225600250.json', FOREIGN],
    ['workflows/other/executions/olive#auto#press#0011/partition_map_1767225600250.json', REFUSED],
    ['workflows/press/executions/olive#auto#press#0011/partition_map_now.json', REFUSED],
    ['workflows/press/executions/olive#auto#press#0011/input_1767225600250.json', REFUSED],
    ['workflow-states/olive/press/workflow_config_1767225600.json', 'allowed'],
    ['workflow-states/mallory/press/workflow_config_1767225600.json', FOREIGN],
    ['workflow-states/olive/other/workflow_config_1767225600.json', REFUSED],
    ['workflow-states/olive/press/segments/3/branches/1767225600250/all_branches.json', 'allowed'],
    ['workflow-states/mallory/press/segments/3/branches/1767225600250/all_branches.json', FOREIGN],
    ['workflow-states/olive/press/segments/x/branches/1767225600250/all_branches.json', REFUSED],
    ['workflow-states/olive/press/segments/3/output.json', REFUSED],
    ['workflow-states/olive/press/current_state_1.json', REFUSED],
    ['distributed-chunks/olive/press/olive#auto#press#0011/chunks.json', 'allowed'],
    ['distributed-chunks/olive/press/another/chunks.json', REFUSED],
    ['distributed-chunks/mallory/press/olive#auto#press#0011/chunks.json', FOREIGN],
    ['workflow-manifests/olive/press/segment_manifest.json', 'allowed'],
    ['workflow-partitions/olive/press/partition_map.json', 'allowed'],
    ['workflow-configs/olive/press/config.json', 'allowed'],
    ['workflow-manifests/mallory/press/segment_manifest.json', FOREIGN],
    ['workflow-manifests/olive/other/segment_manifest.json', REFUSED],
    ['manifests/7c1f.json', 'allowed'],
    ['manifests/7c1f/x.json', REFUSED],
    // Everything else.
    ['workflow-configs/press/0123456789abcdef.json', REFUSED],
    [`state-blocks/${SHA}.json`, REFUSED],
    [`merkle-blocks/press/ab/${SHA}.json`, REFUSED],
    ['workflow-state/olive#auto#press#0011/state_documents_20260101_080000.json', REFUSED],
    ['snapshots/olive#auto#press#0011/1.json', REFUSED],
    ['paused/mallory/doc.json', REFUSED],
    ['anything.json', REFUSED],
    // Keys that name another place than they seem to.
    [`workflow-configs/olive/press/${SHA}/../config.json`, REFUSED],
    [`workflow-configs/olive//${SHA}/config.json`, REFUSED],
    [`/workflow-configs/olive/press/${SHA}/config.json`, REFUSED],
    [`./workflow-configs/olive/press/${SHA}/config.json`, REFUSED],
    [`workflow-configs/../press/${SHA}/config.json`, REFUSED],
    ['manifests/..', REFUSED],
    ['manifests/7c1f.json/', REFUSED],
    ['', REFUSED],
  ])('has for the key "%s" the verdict %s', (key, verdict) => {
    expect(judge(key)).toBe(verdict);
  });
});

describe('a store with a prefix', () => {
  const reach = { prefix: 'bags/' };

  it.each([
    [`bags/workflow-configs/olive/press/${SHA}/config.json`, 'allowed'],
    ['bags/workflow-configs/olive/press/config.json', 'allowed'],
    ['bags/workflow-configs/olive/other/config.json', REFUSED],
    [`bags/workflow-configs/mallory/press/${SHA}/config.json`, FOREIGN],
    [`workflow-configs/olive/press/${SHA}/config.json`, REFUSED],
    [`bags-of-others/workflow-configs/olive/press/${SHA}/config.json`, REFUSED],
    ['workflow-configs/olive/press/config.json', 'allowed'],
    ['manifests/7c1f.json', 'allowed'],
    ['bags/manifests/7c1f.json', REFUSED],
    ['bags/workflow-states/olive/press/workflow_config_1.json', REFUSED],
    ['other-app/acme/payroll.json', REFUSED],
  ])('has for the key "%s" the verdict %s', (key, verdict) => {
    expect(judge(key, reach)).toBe(verdict);
  });
});

describe('a configured layout', () => {
  const layout = {
    config: 'cfg/{ownerId}/{workflowId}/{sha256}/c.json',
    map: 'maps/{workflowId}/{ownerId}/{sha256}.json',
  };

  it.each([
    [`cfg/olive/press/${SHA}/c.json`, 'allowed'],
    [`cfg/mallory/press/${SHA}/c.json`, FOREIGN],
    [`maps/press/olive/${SHA}.json`, 'allowed'],
    [`maps/olive/mallory/${SHA}.json`, FOREIGN],
    [`maps/press/olive/${'x'.repeat(64)}.json`, REFUSED],
    // Blobs of an older setting, and of one without a digest.
    [`workflow-configs/olive/press/${SHA}/config.json`, 'allowed'],
    [`workflow-configs/mallory/press/${SHA}/config.json`, FOREIGN],
    ['cfg/olive/press/c.json', 'allowed'],
    ['cfg/olive/other/c.json', REFUSED],
    ['cfg/mallory/press/c.json', FOREIGN],
  ])('has for the key "%s" the verdict %s', (key, verdict) => {
    expect(judge(key, { layout })).toBe(verdict);
  });
});

describe('another bucket', () => {
  const CONFIG = `workflow-configs/olive/press/${SHA}/config.json`;

  it.each([
    ['that is not allowed is refused', 'old', CONFIG, {}, REFUSED],
    ['that is allowed has the same layouts', 'old', CONFIG, { allowBuckets: ['old'] }, 'allowed'],
    ['that is allowed has legacy layouts', 'old', 'manifests/1.json', { allowBuckets: ['old'] }, 'allowed'],
    ['that is allowed has nothing else', 'old', 'paused/doc.json', { allowBuckets: ['old'] }, REFUSED],
    [
      'that is allowed keeps the owner check',
      'old',
      `workflow-configs/mallory/press/${SHA}/config.json`,
      { allowBuckets: ['old'] },
      FOREIGN,
    ],
    [
      'may have the prefix of the store',
      'old',
      `bags/${CONFIG}`,
      { prefix: 'bags/', allowBuckets: ['old'] },
      'allowed',
    ],
    ['may have no prefix', 'old', CONFIG, { prefix: 'bags/', allowBuckets: ['old'] }, 'allowed'],
    ['with an allowed prefix has only that', 'old', CONFIG, { allowPrefixes: ['s3://old/archive/'] }, REFUSED],
    ['with an allowed prefix has that', 'old', 'archive/x.json', { allowPrefixes: ['s3://old/archive/'] }, 'allowed'],
  ])('%s', (_, bucket, key, reach, verdict) => {
    expect(judge(key, reach, OLIVE, bucket)).toBe(verdict);
  });
});

describe('an allowed prefix', () => {
  const reach = { prefix: 'bags/', allowPrefixes: ['archive/', 's3://local/more/of/'] };

  it.each([
    ['archive/x.json', 'allowed'],
    ['archive/deep/er/x.json', 'allowed'],
    ['more/of/x.json', 'allowed'],
    ['archives/x.json', REFUSED],
    ['archive', REFUSED],
    ['archive/../paused/x.json', REFUSED],
    ['archive//x.json', REFUSED],
    // A key in a known layout still names its owner.
    [`archive/2025/workflow-configs/mallory/press/${SHA}/config.json`, FOREIGN],
    [`archive/2025/workflow-configs/olive/press/${SHA}/config.json`, 'allowed'],
    ['archive/workflow-manifests/mallory/press/segment_manifest.json', FOREIGN],
    ['archive/workflow-states/mallory/press/workflow_config_1.json', FOREIGN],
    ['archive/workflows/press/executions/mallory#auto#press#0011/partition_map_1.json', FOREIGN],
    ['archive/workflows/press/executions/olive#auto#other#0011/partition_map_1.json', 'allowed'],
    // The prefix stands for the executions in it.
    ['archive/workflows/press/executions/another/partition_map_1.json', 'allowed'],
    ['archive/workflow-states/olive/other/workflow_config_1.json', 'allowed'],
  ])('has for the key "%s" the verdict %s', (key, verdict) => {
    expect(judge(key, reach)).toBe(verdict);
  });

  it('may be a whole bucket, where known layouts keep their owners', () => {
    const whole = { allowPrefixes: ['s3://local/'] };
    expect([judge('anything.json', whole), judge(`workflow-configs/mallory/w/${SHA}/config.json`, whole)]).toEqual([
      'allowed',
      FOREIGN,
    ]);
  });

  it('inside a known layout opens no other owner', () => {
    const inside = { allowPrefixes: ['workflow-configs/mallory/'] };
    expect(judge(`workflow-configs/mallory/press/${SHA}/config.json`, inside)).toBe(FOREIGN);
  });

  it.each(['archive', '', '/', 's3://', 's3:///x/', 's3://b', 'a//', '../', 'a/./b/', 'https://b/x/'])(
    'is refused when it is "%s"',
    (text) => {
      expect(() => new Places({ bucket: 'local', allowPrefixes: [text] })).toThrow(
        expect.objectContaining({ name: 'ConfigError', code: 'PREFIX_INVALID' }),
      );
    },
  );
});

describe('ids', () => {
  it.each([
    ['a missing owner is spelled _', `workflow-configs/_/press/${SHA}/config.json`, undefined, 'allowed'],
    ['a missing owner matches no legacy key', 'workflow-states/_/press/workflow_config_1.json', undefined, FOREIGN],
    ['are encoded in own layouts', `workflow-configs/a%2Fb/press/${SHA}/config.json`, 'a/b', 'allowed'],
    ['that look encoded are not decoded', `workflow-configs/a%2Fb/press/${SHA}/config.json`, 'a%2Fb', FOREIGN],
    ['are as spelled in legacy layouts', 'workflow-states/a%2Fb/press/workflow_config_1.json', 'a%2Fb', 'allowed'],
    ['with a slash are in no legacy layout', 'workflow-states/a/b/press/workflow_config_1.json', 'a/b', REFUSED],
    ['are compared whole', 'workflow-states/olive#x/press/workflow_config_1.json', 'olive', FOREIGN],
  ])('%s', (_, key, ownerId, verdict) => {
    expect(judge(key, {}, { ...OLIVE, ownerId })).toBe(verdict);
  });

  it('a bag without an execution reads no key of an execution', () => {
    const key = 'workflows/press/executions/undefined/workflow_config_1.json';
    expect(judge(key, {}, { ownerId: 'olive', workflowId: 'press' })).toBe(REFUSED);
  });
});

describe('detectAddress', () => {
  const places = new Places({
    bucket: 'local',
    prefix: 'bags/',
    layout: { map: 'maps/{ownerId}/{workflowId}/{sha256}.json' },
    allowPrefixes: ['archive/'],
  });

  it.each([
    [`bags/workflow-configs/olive/press/${SHA}/config.json`, SHA],
    [`bags/maps/olive/press/${SHA}.json`, SHA],
    [`archive/x/workflow-configs/olive/press/${SHA}/config.json`, SHA],
    // A place that is not read, so that nothing verifies the bytes.
    [`else/workflow-configs/olive/press/${SHA}/config.json`, undefined],
    [`workflow-configs/olive/press/${SHA}/config.json`, undefined],
    // 64 hex digits that are not a digest of the bytes.
    [`archive/${SHA}.json`, undefined],
    [`archive/${SHA}/config.json`, undefined],
    [`workflows/press/executions/${SHA}/workflow_config_1.json`, undefined],
    [`bags/workflow-configs/olive/${SHA}.json`, undefined],
  ])('gives for the key "%s" the digest %s', (key, digest) => {
    expect(places.detectAddress({ bucket: undefined, key })).toBe(digest);
  });
});

describe('a refusal', () => {
  const refuse = (key: string, bucket?: string): string => {
    try {
      new Places({ bucket: 'local' }).assertAllowed({ bucket, key }, OLIVE);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('names the option that would allow the place', () => {
    expect(refuse('x.json')).toContain('--allow-prefix');
    expect(refuse('x.json', 'old')).toContain('--allow-bucket');
    expect(refuse('workflows/press/executions/another/workflow_config_1.json')).toContain(
      'another workflow or execution',
    );
  });

  it('quotes at most the beginning of a key, on one line', () => {
    const message = refuse(`${'k'.repeat(300_000)}\n::stop-commands::x`);
    expect(message.length).toBeLessThan(500);
    const escaped = refuse('a\n\u001b[2J');
    expect([escaped.includes('\n'), escaped.includes('\u001b')]).toEqual([false, false]);
    expect(refuse('x.json', 'b'.repeat(10_000)).length).toBeLessThan(500);
  });
});
