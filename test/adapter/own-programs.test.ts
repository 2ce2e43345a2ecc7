import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ADAPTER_NAMES, adaptedBy, useAdapters } from './adapters.js';
import type { Adapter } from './adapters.js';
import { fatBag, makeConfig, makeMap, without } from './bags.js';
import type { Json } from './bags.js';

/*
 * Programs that a handler makes or chooses itself: another config, a part of its segment, a mended segment. They run
 * as they do without the shim, whatever the shim has put into the event.
 */

const adapterOf = useAdapters();

const directories: string[] = [];
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'statebag-own-programs-'));
  directories.push(directory);
  return directory;
}

const SPOKEN = ['lean', 'fat', 'bridge'] as const;

const CONFIG = JSON.parse(JSON.stringify(makeConfig(3)).replaceAll('node_', 'other_')) as Json;
const FIRST = makeMap(CONFIG)[0]!;
const START = without(fatBag({ segment_to_run: 0 }), 'segment_manifest_s3_path');
const WITHOUT_MAP = without(START, 'partition_map');

/** How a handler puts a config of its own into an answer, and where the next event is found in it. */
const REPLACED: Readonly<Record<string, readonly [answer: (bag: Json) => Json, pick: (answer: Json) => unknown]>> = {
  'a bag with its own config and a map of null': [
    (bag) => ({ bag: { ...bag, workflow_config: CONFIG, partition_map: null } }),
    (answer) => answer,
  ],
  'a bag of the members that it knows, with its own config': [
    ({ ownerId, workflowId, loop_counter, current_state }) => ({
      bag: { ownerId, workflowId, loop_counter, current_state, segment_to_run: 0, workflow_config: CONFIG },
    }),
    (answer) => answer,
  ],
  'a bag with its own config and without the map that it got': [
    ({ partition_map: _map, partition_map_s3_path: _path, ...bag }) => ({ bag: { ...bag, workflow_config: CONFIG } }),
    (answer) => answer,
  ],
  'a child with its own config and a map of null': [
    (bag) => ({ child: { ...bag, workflowId: 'child', workflow_config: CONFIG, partition_map: null } }),
    (answer) => answer.child,
  ],
};

/** The program that the next handler gets. */
async function programOf({ invoke }: Adapter, event: unknown): Promise<unknown> {
  let program: Json = {};
  await invoke(event, (handed) => {
    program = handed.segment_config as Json;
    return {};
  });
  return without(program, 'added_by_statebag_shim');
}

describe.each(ADAPTER_NAMES)('with the adapter of %s', (name) => {
  describe.each(SPOKEN)('to a handler that speaks %s', (speaks) => {
    const open = () => adapterOf(name, { speaks });
    const strip = ({ segment_config: _, ...bag }: Json) => bag;

    describe.each(['fat', 'lean'] as const)('from a %s event', (form) => {
      const eventOf = async (adapter: Adapter, bag: Json) => (form === 'fat' ? bag : adapter.invoke(bag, strip));

      test.each(Object.entries(REPLACED))('the next event runs %s', async (_answer, [answer, pick]) => {
        const adapter = await open();
        const answered = await adapter.invoke(await eventOf(adapter, START), (event) => answer(strip(event)));
        expect(await programOf(adapter, pick(answered as Json))).toEqual(FIRST);
      });

      test('a config that replaces another one next to no map is the next program', async () => {
        const adapter = await open();
        const event = await eventOf(adapter, WITHOUT_MAP);
        const answered = await adapter.invoke(event, (bag) => ({ bag: { ...strip(bag), workflow_config: CONFIG } }));
        expect(await programOf(adapter, answered)).toEqual(FIRST);
      });

      test('a map that replaces another one is the next program', async () => {
        const adapter = await open();
        const event = await eventOf(adapter, START);
        const answered = await adapter.invoke(event, (bag) => ({ bag: { ...strip(bag), partition_map: [FIRST] } }));
        expect(await programOf(adapter, answered)).toEqual(FIRST);
      });

      test('a map that stays next to another config is the next program', async () => {
        const adapter = await open();
        const event = await eventOf(adapter, START);
        const answered = await adapter.invoke(event, (bag) => ({ bag: { ...strip(bag), workflow_config: CONFIG } }));
        expect(await programOf(adapter, answered)).toEqual((START.partition_map as Json[])[0]);
      });
    });

    test.each([
      ['made anew', (segment: Json, node: unknown) => ({ id: segment.id, type: segment.type, nodes: [node] })],
      ['spread from the segment', (segment: Json, node: unknown) => ({ ...segment, nodes: [node] })],
      ['spread under an id of its own', (segment: Json, node: unknown) => ({ ...segment, id: 'part', nodes: [node] })],
    ])('items of a Map state run their own part of a segment, when it is %s', async (_name, part) => {
      const adapter = await open();
      const answered = (await adapter.invoke(START, ({ segment_config, ...bag }) => ({
        items: ((segment_config as Json).nodes as unknown[]).map((node) => ({
          state_data: bag,
          segment_config: part(segment_config as Json, node),
        })),
      }))) as { readonly items: readonly unknown[] };
      const programs: unknown[] = [];
      for (const item of answered.items) programs.push(await programOf(adapter, item));
      const nodes = ((START.partition_map as Json[])[0]!.nodes as unknown[]).map((node) => [node]);
      expect(nodes.length).toBeGreaterThan(1);
      expect(programs.map((program) => (program as Json).nodes)).toEqual(nodes);
    });

    test.each([
      ['made anew', (segment: Json, branch: unknown) => ({ id: segment.id, type: segment.type, branches: [branch] })],
      ['spread from the group', (segment: Json, branch: unknown) => ({ ...segment, branches: [branch] })],
    ])('items of a parallel group run their own branch, when it is %s', async (_name, part) => {
      const adapter = await open();
      const branches = ['x', 'y'].map((id) => ({ branch_id: id, partition_map: [{ id: 0, nodes: [{ id }] }] }));
      const group = { id: 0, type: 'parallel_group', branches };
      const event = { ...START, partition_map: [group, ...(START.partition_map as Json[]).slice(1)] };
      const answered = (await adapter.invoke(event, ({ segment_config, ...bag }) => ({
        items: branches.map((branch) => ({ state_data: bag, segment_config: part(segment_config as Json, branch) })),
      }))) as { readonly items: readonly unknown[] };
      const programs: unknown[] = [];
      for (const item of answered.items) programs.push(await programOf(adapter, item));
      expect(programs.map((program) => (program as Json).branches)).toEqual(branches.map((branch) => [branch]));
    });

    test('an event that was saved in a state runs its own segment later, whatever ran between', async () => {
      const adapter = await open();
      const first = (await adapter.invoke(START, ({ segment_config: _, ...bag }) => ({ bag, saved: _ }))) as Json;
      const saved = { ...(first.bag as Json), segment_config: first.saved };
      const child = { ...START, workflowId: 'child', partition_map: [FIRST], current_state: { saved } };
      const second = (await adapter.invoke(child, ({ segment_config: _, ...bag }) => bag)) as Json;
      const kept = (second.current_state as { readonly saved: Json }).saved;
      expect(await programOf(adapter, { ...kept, segment_to_run: 1 })).toEqual((START.partition_map as Json[])[1]);
    });

    test('a segment that was mended and put into the map runs as it is there', async () => {
      const adapter = await open();
      const map = START.partition_map as Json[];
      const answered = await adapter.invoke(START, ({ segment_config, ...bag }) => ({
        bag: { ...bag, partition_map: [{ ...(segment_config as Json), mended: true }, ...map.slice(1)] },
      }));
      expect(await programOf(adapter, answered)).toEqual({ ...map[0], mended: true });
    });
  });

  test('an untouched config with other blanks is no config of the handler, for a handler that speaks fat', async () => {
    const adapter = await adapterOf(name, { speaks: 'fat' }, 'blanks');
    const lean = (await adapter.invoke({ ...START, partition_map: [FIRST] }, (bag) => bag)) as Json;
    const path = lean.workflow_config_s3_path as string;
    const text = JSON.stringify(START.workflow_config, null, 1);
    const sha256 = createHash('sha256').update(text).digest('hex');
    const key = path.slice('s3://bags/'.length).replace(/[0-9a-f]{64}/, sha256);
    await adapter.objects.put({ bucket: 'bags', key }, Buffer.from(text));
    const event = { ...lean, workflow_config_s3_path: `s3://bags/${key}` };
    const answered = await adapter.invoke(event, ({ segment_config: _, ...bag }) => ({
      bag: { ...bag, partition_map: null },
    }));
    expect(await programOf(adapter, answered)).toEqual(FIRST);
  });

  test.each([{ light_config: { a: 1 } }, { state_s3_path: 's3://bags/states/output.json' }])(
    'a handler that speaks bridge gets the config of a lean bag with %j, which a row keeps',
    async (members) => {
      const directory = newDirectory();
      const runner = await adapterOf(name, { directory }, 'runner');
      const pause = await adapterOf(name, { directory, speaks: 'bridge', segment: false }, 'pause');
      const { bag } = (await runner.invoke({ bag: fatBag(members) }, (event) => event)) as { readonly bag: Json };
      const handed = (await adaptedBy(pause, { state_data: bag })) as { readonly state_data: Json };
      expect(handed.state_data).toMatchObject({ workflow_config: makeConfig(), partition_map: fatBag().partition_map });
    },
  );
});
