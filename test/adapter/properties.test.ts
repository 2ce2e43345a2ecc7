import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fatBag, makeConfig, makeMap, restOf, without } from './bags.js';
import type { Json } from './bags.js';
import { testShim, testStore } from './shims.js';

const memberName = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('__proto__', 'input', 'notes', 'constructor', 'toString'),
);
const reserved = new Set([
  ...Object.keys(fatBag()),
  'segment_config',
  'segment_index',
  'segment_id',
  'manifest_s3_path',
  'state_bag_version',
  'Payload',
  'state_data',
  'bag',
  'segment_manifest',
  'manifest_id',
  'branch_config',
  'branch_id',
  'branch_index',
  'execution_mode',
]);

/** A bag with any further members, as JSON carries them. */
const anyBag = fc
  .record({
    nodes: fc.integer({ min: 3, max: 12 }),
    extra: fc.array(fc.tuple(memberName, fc.jsonValue({ maxDepth: 3 })), { maxLength: 5 }),
    state: fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 5 }),
    bulk: fc.integer({ min: 0, max: 3_000 }),
  })
  .map(({ nodes, extra, state, bulk }) => {
    const config = makeConfig(nodes);
    const map = makeMap(config);
    const further = extra.filter(([name]) => !reserved.has(name));
    const bag = {
      ...Object.fromEntries(further),
      ...fatBag({ workflow_config: config, partition_map: map, total_segments: map.length, segment_to_run: 0 }),
      current_state: { ...state, bulk: 'b'.repeat(bulk) },
    };
    return JSON.parse(JSON.stringify(bag)) as Json;
  });

const envelope = fc.constantFrom<(bag: Json) => Json>(
  (bag) => bag,
  (state_data) => ({ state_data }),
  (bag) => ({ state_data: { bag, next_action: 'CONTINUE' } }),
  (bag) => ({ bag }),
);

test('wrapping identity keeps everything but the members that were offloaded', async () => {
  await fc.assert(
    fc.asyncProperty(anyBag, envelope, fc.constantFrom('lean', 'fat'), async (bag, wrap, speaks) => {
      const { shim } = testShim({ speaks });
      const event = wrap(bag);
      const text = JSON.stringify(event);
      const result = (await shim.wrap((got) => ({ ...got }))(event)) as Json;
      expect(JSON.stringify(event)).toBe(text);
      expect(shim.read(result).envelope).toEqual(shim.read(event).envelope);
      expect(shim.read(result).generation).toBe('lean');
      expect(JSON.stringify(restOf(shim.read(result).bag as Json))).toBe(JSON.stringify(restOf(bag)));
      const hydrated = shim.read(await shim.read(result).hydrated()).bag as Json;
      expect(hydrated.workflow_config).toEqual(bag.workflow_config);
      expect(hydrated.partition_map).toEqual(bag.partition_map);
    }),
    { numRuns: 60 },
  );
});

interface Step {
  readonly speaks: 'lean' | 'fat';
  readonly write: [string, unknown];
  readonly merge: boolean;
  readonly heal: boolean;
}

const steps = fc.array(
  fc.record({
    speaks: fc.constantFrom<Step['speaks']>('lean', 'fat'),
    write: fc.tuple(
      fc.constantFrom('total', 'rows', 'text', 'bulk'),
      fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant('w'.repeat(2_500))),
    ),
    merge: fc.boolean(),
    heal: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

/**
 * What every runner does, shimmed or not: run the segment, write to the state, sometimes lose the manifest as a merge
 * does.
 */
function advance(bag: Json, program: unknown, step: Step, runs: unknown[]): Json {
  runs.push(structuredClone(program));
  const [name, value] = step.write;
  const map = bag.partition_map as Json[] | undefined;
  const healed =
    step.heal && step.speaks === 'fat' && map
      ? { partition_map: map.map((entry) => ({ ...entry, branches: [] })) }
      : {};
  return {
    ...bag,
    ...healed,
    current_state: { ...(bag.current_state as Json), [name]: value },
    segment_to_run: ((bag.segment_to_run as number) + 1) % (bag.total_segments as number),
    ...(step.merge ? { segment_manifest_s3_path: null } : {}),
  };
}

test('alternating lean and fat-speaking runners end where runners without a shim end', async () => {
  await fc.assert(
    fc.asyncProperty(anyBag, steps, async (bag, plan) => {
      const store = testStore();
      const options = {
        budget: {
          limitBytes: 4_000 + Buffer.byteLength(JSON.stringify(restOf(without(bag, 'current_state')))),
          headroomBytes: 0,
        },
      };
      const shims = { lean: testShim(options, store).shim, fat: testShim({ ...options, speaks: 'fat' }, store).shim };
      const [expectedRuns, runs]: [unknown[], unknown[]] = [[], []];
      let [plain, shimmed] = [structuredCloneJson(bag), structuredCloneJson(bag)];
      for (const step of plan) {
        plain = structuredCloneJson(
          advance(plain, (plain.partition_map as Json[])[plain.segment_to_run as number], step, expectedRuns),
        );
        const handler = shims[step.speaks].wrap<Json, Json>((event) =>
          advance(event, without(event.segment_config, 'added_by_statebag_shim'), step, runs),
        );
        shimmed = structuredCloneJson(await handler(shimmed));
        expect(Buffer.byteLength(JSON.stringify(shimmed))).toBeLessThanOrEqual(options.budget.limitBytes);
      }
      expect(runs).toEqual(expectedRuns);
      const final = (await shims.lean.read(shimmed).hydrated()) as Json;
      expect(restOf(final)).toEqual(restOf(plain));
      expect(final.partition_map).toEqual(plain.partition_map);
      expect(final.workflow_config).toEqual(plain.workflow_config);
    }),
    { numRuns: 60 },
  );
});

/** What passes from one Lambda to the next. */
function structuredCloneJson(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
