import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ADAPTER_NAMES, useAdapters } from './adapters.js';
import type { Adapter, AdapterOptions } from './adapters.js';
import { fatBag } from './bags.js';
import type { Json } from './bags.js';
import { putObject } from './shims.js';

const open = useAdapters();

const LAYOUTS: readonly (readonly [string, AdapterOptions])[] = [
  ['the default layout', {}],
  [
    'a layout of its own',
    {
      layout: {
        config: 'c/{ownerId}/{workflowId}/{sha256}.json',
        map: 'p/{ownerId}/{workflowId}/{sha256}.json',
        manifest: 'm/{ownerId}/{workflowId}/{sha256}.json',
      },
    },
  ],
];

const cases = ADAPTER_NAMES.flatMap((name) => LAYOUTS.map(([title, options]) => [name, title, options] as const));

test.each(cases)(
  'over %s, in %s, a lean bag keeps its manifest when a step puts the path of another document there',
  async (name, _, options) => {
    const adapter = await open(name, options);
    const made = (await adapter.invoke(fatBag(), (event) => event)) as Json;
    const lean = {
      ...made,
      segment_manifest_s3_path: await storeEnvelope(adapter, String(made.segment_manifest_s3_path)),
    };
    const other = { segment_manifest_s3_path: 's3://bags/results/manifest.json' };
    expect(await adapter.invoke(lean, (event) => ({ ...event, ...other }))).toEqual(lean);
  },
);

/** The same manifest in the other form, at its own content address: a manifest made again of the map is at another. */
async function storeEnvelope(adapter: Adapter, path: string): Promise<string> {
  const key = path.slice('s3://bags/'.length);
  const { bytes } = await adapter.objects.get({ bucket: 'bags', key });
  const segments = JSON.parse(Buffer.from(bytes).toString()) as unknown[];
  const text = JSON.stringify({ version: 1, total_segments: segments.length, segments });
  const digest = createHash('sha256').update(text).digest('hex');
  return putObject(adapter, key.replace(/[0-9a-f]{64}/, digest), text);
}
