import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();

// Spellings that a parser would change.
const SEGMENTS = ['{"id": 0, "type":"normal", "nodes":[1.0]}', '{"type":"llm","id":7,"nodes":[1e5,"\\u0041"]}'];
const bag = (members: object = {}) =>
  smallBag({ ...members, partition_map: 'MAP' }).replace('"MAP"', `[${SEGMENTS.join(', ')}]`);
const marked = (program: string) => `${program.slice(0, -1)},"added_by_statebag_shim":true}`;
const adapt = (stdin: string, ...args: readonly string[]) =>
  statebag(scratch.dir, ['adapt', ...(args.length > 0 ? args : ['--store', 'store'])], { stdin });

interface Adapted {
  readonly [member: string]: unknown;
  readonly state_data?: Adapted;
}

describe('adapt', () => {
  it('gives a runner its program with its own bytes, and the bag lean', async () => {
    const { code, out, err } = await adapt(bag({ segment_to_run: 1 }));
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain(`"segment_config":${marked(SEGMENTS[1]!)}`);
    const event = JSON.parse(out) as Adapted;
    expect(event).not.toHaveProperty('workflow_config');
    expect(event).not.toHaveProperty('partition_map');
    expect(event).toMatchObject({ state_bag_version: 2 });
    for (const name of ['segment_index', 'manifest_s3_path']) expect(event).not.toHaveProperty(name);
  });

  it('gives the same program again for the event it has made', async () => {
    const first = await adapt(bag({ segment_to_run: 1 }));
    const second = await adapt(JSON.stringify({ ...(JSON.parse(first.out) as Adapted), segment_config: null }));
    expect(second.out).toContain(`"segment_config":${marked(SEGMENTS[1]!)}`);
  });

  it('puts the program beside a wrapped bag, not into it', async () => {
    const { out } = await adapt(`{"state_data": ${bag({ segment_to_run: 0 })}, "next_action": "CONTINUE"}`);
    const event = JSON.parse(out) as Adapted;
    expect(Object.keys(event)).toEqual(['state_data', 'next_action', 'segment_config']);
    expect(event.state_data).not.toHaveProperty('segment_config');
  });

  it('keeps the map of a branch where it is and runs the branch', async () => {
    const { out } = await adapt(
      `{"state_data": ${bag()}, "segment_to_run": 0, "partition_map": [{"type":"normal","id":70}], "branch_id": "branch_0"}`,
    );
    const event = JSON.parse(out) as Adapted;
    expect(event).toMatchObject({
      segment_config: { type: 'normal', id: 70 },
      partition_map: [{ type: 'normal', id: 70 }],
    });
    expect(event).not.toHaveProperty('manifest_s3_path');
  });

  it('lets pass what is no bag', async () => {
    expect((await adapt('{"hello": 1.0}')).out).toBe('{"hello": 1.0}');
  });

  it('writes nothing in a dry run, and wants a store otherwise', async () => {
    expect((await adapt(bag(), '--dry-run')).code).toBe(0);
    expect(existsSync(join(scratch.dir, 'store'))).toBe(false);
    const { code, err } = await adapt(bag(), '--quiet-not-an-option');
    expect([code, err.includes('adapt')]).toEqual([2, true]);
    const missing = await statebag(scratch.dir, ['adapt'], { stdin: bag() });
    expect([missing.code, missing.err.includes('STORE_MISSING')]).toEqual([2, true]);
  });

  it('fails with the code of what is wrong, and says nothing else', async () => {
    const { code, out, err } = await adapt(bag({ segment_to_run: 9 }));
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('SEGMENT_OUT_OF_RANGE');
  });
});
