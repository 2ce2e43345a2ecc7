import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fsBlobStore } from 'statebag-shim/fs';
import { resolveSegmentConfig } from 'statebag-shim';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

const LEAVING =
  '"edge_type":"hitp","condition":null,"is_loop_exit":null,"is_back_edge":false,"router_func":null,"mapping":null,' +
  '"metadata":{"label":null,"style":null,"animated":1.50,"edgeType":null,"loopType":null}';

/** Each config, and the text of the segments that the legacy partitioner cuts it into. Numbers keep their spelling. */
const WORKFLOWS = [
  {
    title: 'with a human pause that is asked for by the number 1.0',
    config: '{"nodes":[{"id":"check"},{"id":"approve","hitp":1.0}],"edges":[{"source":"check","target":"approve"}]}',
    segments: [
      '{"id":0,"nodes":[{"id":"check"},{"id":"approve","hitp":1.0}],"edges":[{"source":"check","target":"approve"}],' +
        '"outgoing_edges":[],"type":"hitp","node_ids":["check","approve"],"next_mode":"end","default_next":null}',
    ],
  },
  {
    title: 'with a declared branch that an edge of its own leaves',
    config:
      '{"nodes":[{"id":"g","type":"parallel_group","label":null,"branches":[{"id":null,"nodes":[{"id":2.0}],"edges":' +
      '[{"source":2,"target":"sign","type":"hitp","animated":1.50,"data":{"isLoopExit":null}}]}]},{"id":"sign"}],' +
      '"edges":[{"source":"g","target":"sign"}]}',
    segments: [
      '{"id":1,"type":"parallel_group","branches":[{"branch_id":null,"partition_map":[{"id":0,"nodes":[{"id":2.0}],' +
        '"edges":[{"source":2,"target":"sign","type":"hitp","animated":1.50,"data":{"isLoopExit":null}}],' +
        `"outgoing_edges":[{"source_node":2,"target_node":"sign",${LEAVING}}],"type":"normal","node_ids":[2.0],` +
        '"next_mode":"implicit_aggregator","default_next":null,"parent_aggregator":2}],"has_end":false,' +
        '"target_node":2.0}],"node_ids":["g"],"branch_count":1,"resource_policy":{},"label":null,' +
        '"next_mode":"default","default_next":2}',
      '{"id":2,"type":"aggregator","nodes":[],"edges":[],"node_ids":[],"source_parallel_group":1,' +
        '"next_mode":"default","default_next":3}',
      '{"id":3,"nodes":[{"id":"sign"}],"edges":[],"outgoing_edges":[],"type":"normal","node_ids":["sign"],' +
        '"next_mode":"end","default_next":null}',
    ],
  },
];

/** A bag with this config, and neither a map nor a manifest. */
function bagWith(config: string): string {
  return smallBag({ workflow_config: 'CONFIG', partition_map: undefined }).replace('"CONFIG"', config);
}

async function segmentsFrom(count: number): Promise<string[]> {
  const texts: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const { out } = await statebag(scratch.dir, ['segment', 'bag.json', '--index', String(index), '--store', 'store']);
    texts.push(out.trimEnd());
  }
  return texts;
}

describe.each(WORKFLOWS)('a bag without a map whose config is a workflow $title', ({ config, segments }) => {
  it('is cut by segment as by the legacy partitioner', async () => {
    writeFileSync(join(scratch.dir, 'bag.json'), bagWith(config));
    expect(await segmentsFrom(segments.length)).toEqual(segments);
  });

  it('gets a manifest with the same segments from migrate', async () => {
    writeFileSync(join(scratch.dir, 'bag.json'), bagWith(config));
    const { code } = await statebag(scratch.dir, ['migrate', 'bag.json', '--store', 'store', '--apply', '--quiet']);
    expect(code).toBe(0);
    const lean = JSON.parse(readFileSync(join(scratch.dir, 'bag.json'), 'utf8')) as Record<string, unknown>;
    expect(lean).not.toHaveProperty('workflow_config');
    expect(await segmentsFrom(segments.length)).toEqual(segments);
  });

  it('is resolved to the same segments by the library', async () => {
    const store = fsBlobStore({ root: join(scratch.dir, 'store'), bucket: 'local' });
    for (const [index, segment] of segments.entries()) {
      const event: unknown = JSON.parse(bagWith(config));
      const { segmentConfig } = await resolveSegmentConfig(event, store, { index });
      expect(segmentConfig).toEqual(JSON.parse(segment));
    }
  });
});
