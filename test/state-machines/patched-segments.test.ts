import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StateMachine } from 'aws-local-stepfunctions';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { describe, expect, it } from 'vitest';
import { buildLeanBag, createStateBagShim } from 'statebag-shim';
import { memoryBlobStore } from 'statebag-shim/memory';
import { machineText, taskWith } from '../asl/machines.js';
import { statebag, useScratch } from '../cli/terminal.js';
import { installWithResolvers } from '../e2e/state-machine/promise-with-resolvers.js';

type Json = Readonly<Record<string, unknown>>;

installWithResolvers();

const scratch = useScratch();
const store = memoryBlobStore({ bucket: 'local' });
const nodes = ['n0', 'n1', 'n2', 'n3'].map((id) => ({ id, type: 'operator', config: { code: `print("${id}")` } }));
const workflowConfig = { id: 'w', nodes, edges: [] };
const partitionMap = nodes.map((node, index) => ({
  segment_id: index,
  id: index,
  kind: index % 2 === 0 ? 'x' : 'y',
  type: 'normal',
  nodes: [node],
  edges: [],
  node_ids: [node.id],
}));
const beside = { overrides: { model: 'other' }, extra: [] };

/** The same workflow at its second segment, as the old initialiser made its bag and as the new one does. */
const fatBag: Json = {
  ownerId: 'o',
  workflowId: 'w',
  workflow_config: workflowConfig,
  partition_map: partitionMap,
  segment_to_run: 1,
  total_segments: 4,
};

async function leanBag(): Promise<Json> {
  const bag = await buildLeanBag({ ownerId: 'o', workflowId: 'w', workflowConfig, partitionMap }, store);
  return {
    ...bag,
    segment_to_run: 1,
    segment_manifest: partitionMap.map((segment_config, segment_id) => ({ segment_id, segment_config })),
  };
}

/** The nodes of every segment that a wrapped function runs, in order. */
async function segmentsRun(definition: unknown, bag: Json): Promise<readonly string[]> {
  const seen: string[] = [];
  const run = createStateBagShim({ store, mode: 'rewrite' }).wrap((event: { readonly segment_config?: unknown }) => {
    const { nodes: own = [] } = (event.segment_config ?? {}) as { readonly nodes?: readonly { readonly id: string }[] };
    seen.push(own.map(({ id }) => id).join());
    return Promise.resolve({ ok: true });
  });
  const invoke = async (parameters: unknown) =>
    ({ Payload: await run((parameters as { readonly Payload: never }).Payload) }) as never;
  const machine = new StateMachine(definition as StateMachineDefinition, { validationOptions: { noValidate: true } });
  await machine.run({ bag, ...beside } as never, { overrides: { taskResourceLocalHandlers: { Run: invoke } } }).result;
  return seen.sort();
}

/** The machine after `statebag asl patch`, and its exit code. */
async function patched(text: string): Promise<{ readonly code: number; readonly after: string }> {
  const path = join(scratch.dir, 'machine.asl.json');
  writeFileSync(path, text);
  const { code } = await statebag(scratch.dir, ['asl', 'patch', 'machine.asl.json', '--apply']);
  return { code, after: readFileSync(path, 'utf8') };
}

const OWN = {
  'ownerId.$': '$.bag.ownerId',
  'workflowId.$': '$.bag.workflowId',
  'segment_to_run.$': '$.bag.segment_to_run',
};
const MADE = { 'ownerId.$': '$.made.ownerId', 'segment_to_run.$': '$.made.segment_to_run' };
const each = (selector: Json, payload: Json): Json => ({
  Each: {
    Type: 'Map',
    ItemsPath: '$.bag.partition_map',
    ItemSelector: selector,
    ItemProcessor: { StartAt: 'Run', States: { Run: taskWith(payload) } },
    End: true,
  },
});

describe('a machine that the patch changes', () => {
  it.each<[string, Json]>([
    ['the map', { Run: taskWith({ 'partition_map.$': '$.bag.partition_map', ...OWN }) }],
    [
      'both fields',
      {
        Run: taskWith({
          'workflow_config.$': '$.bag.workflow_config',
          'partition_map.$': '$.bag.partition_map',
          ...OWN,
        }),
      },
    ],
    [
      'an index that it computes',
      {
        Run: taskWith({
          'partition_map.$': '$.bag.partition_map',
          'ownerId.$': '$.bag.ownerId',
          'segment_to_run.$': 'States.MathAdd($.bag.segment_to_run, 1)',
        }),
      },
    ],
    [
      'the segment that the bag leads to',
      {
        Run: taskWith({
          'segment_config.$': 'States.ArrayGetItem($.bag.partition_map, $.bag.segment_to_run)',
          'ownerId.$': '$.bag.ownerId',
        }),
      },
    ],
    [
      'what a Pass state made',
      {
        Make: {
          Type: 'Pass',
          Parameters: { 'partition_map.$': '$.bag.partition_map', ...OWN },
          ResultPath: '$.made',
          Next: 'Run',
        },
        Run: taskWith({ 'partition_map.$': '$.made.partition_map', ...MADE }),
      },
    ],
    [
      'each segment to its item',
      each(
        { 'segment_config.$': '$$.Map.Item.Value', 'workflow_config.$': '$.bag.workflow_config' },
        { 'segment_config.$': '$.segment_config' },
      ),
    ],
    [
      'each index to its item',
      each(
        {
          'partition_map.$': '$.bag.partition_map',
          'ownerId.$': '$.bag.ownerId',
          'segment_to_run.$': '$$.Map.Item.Index',
        },
        { 'partition_map.$': '$.partition_map', 'ownerId.$': '$.ownerId', 'segment_to_run.$': '$.segment_to_run' },
      ),
    ],
  ])('runs the segments with a lean bag that it ran with a fat one, when it passes %s', async (_, states) => {
    const text = machineText(states);
    const before = await segmentsRun(JSON.parse(text), fatBag);
    const { code, after } = await patched(text);
    expect([code, after === text]).toEqual([0, false]);
    expect(await segmentsRun(JSON.parse(after), await leanBag())).toEqual(before);
    expect(before.every((ids) => ids !== '')).toBe(true);
  });

  it('gives every item of a Map its own segment, though the selector names the config only', async () => {
    const { code, after } = await patched(
      machineText(
        each(
          { 'workflow_config.$': '$.bag.workflow_config', 'part.$': '$$.Map.Item.Value' },
          { 'workflow_config.$': '$.workflow_config', 'part.$': '$.part' },
        ),
      ),
    );
    expect(code).toBe(0);
    expect(await segmentsRun(JSON.parse(after), await leanBag())).toEqual(['n0', 'n1', 'n2', 'n3']);
  });
});

describe('a machine that computes its program', () => {
  it.each<[string, Json]>([
    [
      'the next segment',
      {
        Run: taskWith({
          'segment_config.$': 'States.ArrayGetItem($.bag.partition_map, States.MathAdd($.bag.segment_to_run, 1))',
          ...OWN,
        }),
      },
    ],
    ['the segment of a constant index', { Run: taskWith({ 'segment_config.$': '$.bag.partition_map[2]', ...OWN }) }],
    ['a slice of the map', { Run: taskWith({ 'partition_map.$': '$.bag.partition_map[1:3]', ...OWN }) }],
    ['a filtered map', { Run: taskWith({ 'partition_map.$': "$.bag.partition_map[?(@.kind=='y')]", ...OWN }) }],
    [
      'a merged config',
      {
        Run: taskWith({
          'workflow_config.$': 'States.JsonMerge($.bag.workflow_config, $.overrides, false)',
          'ownerId.$': '$.bag.ownerId',
          segment_to_run: 0,
        }),
      },
    ],
    [
      'a map that a Pass state copied into another object',
      {
        Make: { Type: 'Pass', InputPath: '$.bag.partition_map', ResultPath: '$.work.partition_map', Next: 'Run' },
        Run: taskWith({ 'partition_map.$': '$.work.partition_map', ...OWN }),
      },
    ],
    [
      'a slice that a Pass state made',
      {
        Make: {
          Type: 'Pass',
          Parameters: { 'partition_map.$': '$.bag.partition_map[1:3]', ...OWN },
          ResultPath: '$.made',
          Next: 'Run',
        },
        Run: taskWith({ 'partition_map.$': '$.made.partition_map', ...MADE }),
      },
    ],
  ])(
    'is left as it is, and with a lean bag it fails instead of another segment, when it passes %s',
    async (_, states) => {
      const text = machineText(states);
      const before = await segmentsRun(JSON.parse(text), fatBag);
      expect(before).toHaveLength(1);
      const { code, after } = await patched(text);
      expect([code, after]).toEqual([1, text]);
      await expect(segmentsRun(JSON.parse(after), await leanBag())).rejects.toThrow(
        /does not point to a value|did not return|Path expression/,
      );
    },
  );
});
