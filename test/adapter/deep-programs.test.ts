import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ADAPTER_NAMES, useAdapters } from './adapters.js';
import type { Adapter } from './adapters.js';
import { fatBag, makeConfig, without } from './bags.js';
import type { Json } from './bags.js';
import { observed } from './observed.js';
import { putObject, testShim } from './shims.js';

const open = useAdapters();

/** A program with so many objects in one another, spelled with blanks or without. */
function programText(levels: number, blank = ''): string {
  return `{"id":0,"type":"normal","nodes":[],"value":${`{${blank}"a":`.repeat(levels)}1${'}'.repeat(levels)}}`;
}

/** A bag with the same deep program in a map and in a manifest at its content address, in two spellings. */
async function deepEvent(adapter: Adapter, levels: number): Promise<Json> {
  const manifest = `[{"segment_id":0,"segment_config":${programText(levels)}}]`;
  const digest = createHash('sha256').update(manifest).digest('hex');
  const key = `workflow-manifests/acme/invoices/${digest}/segment_manifest.json`;
  return {
    ...without(fatBag({ segment_to_run: 0, total_segments: 1 }), 'workflow_config', 'partition_map'),
    partition_map_s3_path: await putObject(
      adapter,
      'workflow-partitions/acme/invoices/partition_map.json',
      `[${programText(levels, ' ')}]`,
    ),
    segment_manifest_s3_path: await putObject(adapter, key, manifest),
  };
}

test.each(ADAPTER_NAMES)('shadow over %s compares programs of 2,000 nested objects to their ends', async (name) => {
  const adapter = await open(name, { mode: 'shadow' });
  const event = await deepEvent(adapter, 1_990);
  const messages = await observed('shadow-mismatch', async () => {
    expect(await adapter.invoke(event, () => ({ done: true }))).toEqual({ done: true });
  });
  expect(messages).toEqual([]);
});

test.each(ADAPTER_NAMES)(
  'shadow over %s fails no execution when programs are nested too deep to compare',
  async (name) => {
    const adapter = await open(name, { mode: 'shadow' });
    const event = await deepEvent(adapter, 3_000);
    let differences: readonly (string | undefined)[] = [];
    const reads = await observed('read', async () => {
      const messages = await observed('shadow-mismatch', async () => {
        expect(await adapter.invoke(event, () => ({ done: true }))).toEqual({ done: true });
      });
      differences = messages.map(({ difference }) => difference);
    });
    // Objects of the handler are copies, and none is made of such a program. Bytes are compared down to 2,000 levels.
    const isBytes = name === 'bytes';
    expect(reads).toMatchObject([{ shadow: isBytes ? 'different' : 'failed' }]);
    expect(differences).toEqual(isBytes ? [`/value${'/a'.repeat(2_000)}`] : []);
  },
);

test('a config is compared with the stored one to its end, or to where the stored one ends, when it is deep', async () => {
  const config = (levels: number): Json => ({
    ...makeConfig(),
    value: JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`) as unknown,
  });
  const { shim, calls } = testShim();
  const write = (levels: number) => shim.write(fatBag({ workflow_config: config(levels) })) as Promise<Json>;
  const { workflow_config_s3_path: path } = await write(1_990);
  const before = calls.length;
  expect((await write(1_990)).workflow_config_s3_path).toBe(path);
  expect(calls).toHaveLength(before);
  const messages = await observed('fail-open', () => write(3_000));
  expect(messages).toMatchObject([{ code: 'JSON_TOO_DEEP' }]);
});
