import { createStateBagShim } from 'statebag-shim';
import { describe, expect, test } from 'vitest';
import { ADAPTER_NAMES, adaptedBy as adapted, useAdapters } from './adapters.js';
import type { Adapter } from './adapters.js';
import { asAdded, fatBag, makeConfig, programAt } from './bags.js';
import type { Json } from './bags.js';
import { testStore } from './shims.js';

const LIMIT_BYTES = 20_000;
const DOC = 'x'.repeat(30_000);

const adapterOf = useAdapters();

const adaptedBy = async (adapter: Adapter, event: unknown) => (await adapted(adapter, event)) as Json;

const identity = (event: Json): unknown => event;

/** A lean bag whose state was stored, as a step returned it. */
async function bagWithoutState(adapter: Adapter, state: Json = { doc: DOC }, more: Json = {}): Promise<Json> {
  const event = fatBag(more);
  return (await adapter.invoke(event, ({ ...bag }) => ({ ...bag, current_state: state }))) as Json;
}

/** Where in an event a bag may be. `BARE` has no bag of its own around it. */
const PLACES: Readonly<Record<string, (bag: Json) => Json>> = {
  'the root': (bag) => bag,
  'a list next to the bag': (bag) => ({ state_data: { bag: fatBag() }, branch_results: [{ bag }, 1] }),
  'a list in a list in the state of the bag': (bag) => fatBag({ current_state: { rows: [[bag]] } }),
  'the JSON text of a row': (bag) => ({ ...fatBag(), row: JSON.stringify({ context: bag }) }),
  'JSON text in JSON text': (bag) => ({ ...fatBag(), row: JSON.stringify(JSON.stringify({ context: bag })) }),
};

const BARE: Readonly<Record<string, (bag: Json) => Json>> = {
  'a row': (bag) => ({ row: { context: bag }, answer: 42 }),
  'the JSON text of a row without a bag around it': (bag) => ({ row: JSON.stringify({ context: bag }), answer: 42 }),
  'a list': (bag) => ({ branches: [{ result: bag }] }),
};

/** Every value of the name in an event, JSON text opened. */
function valuesOf(name: string, value: unknown): unknown[] {
  if (typeof value === 'string') {
    try {
      return valuesOf(name, JSON.parse(value));
    } catch {
      return [];
    }
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value as Json).flatMap(([member, inner]) => [
    ...(member === name ? [inner] : []),
    ...valuesOf(name, inner),
  ]);
}

describe.each(ADAPTER_NAMES)('with the adapter of %s', (name) => {
  const open = (speaks: 'lean' | 'fat' = 'lean') => adapterOf(name, { limitBytes: LIMIT_BYTES, speaks });

  test.each(Object.entries({ ...PLACES, ...BARE }))('a stored state comes back in %s', async (_place, arrange) => {
    const adapter = await open();
    const bag = await bagWithoutState(adapter);
    expect(bag.current_state).toMatchObject({ __s3_pointer__: true, field_name: 'current_state' });
    const handed = await adaptedBy(adapter, arrange(bag));
    expect(valuesOf('doc', handed)).toEqual([DOC]);
    expect(valuesOf('__s3_pointer__', handed)).toEqual([]);
  });

  test.each(Object.entries(PLACES))('an unchanged state goes back as its pointer from %s', async (_place, arrange) => {
    const adapter = await open();
    const bag = await bagWithoutState(adapter);
    const answer = await adapter.invoke(arrange(bag), identity);
    expect(valuesOf('doc', answer)).toEqual([]);
    const returned = valuesOf('current_state', answer).filter((state) =>
      JSON.stringify(state).includes('__s3_pointer__'),
    );
    expect(returned).toContainEqual(bag.current_state);
  });

  test('an unchanged state goes back as its pointer under another name', async () => {
    const adapter = await open();
    const bag = await bagWithoutState(adapter);
    const answer = await adapter.invoke(bag, ({ current_state, ...others }) => ({
      bag: others,
      history: [current_state],
    }));
    expect(answer).toMatchObject({ history: [bag.current_state] });
  });

  test('a merge of stored states keeps every answer', async () => {
    const adapter = await open();
    const results = [
      { bag: await bagWithoutState(adapter, { doc: DOC, left: 1 }) },
      { bag: await bagWithoutState(adapter, { doc: DOC, right: 2 }) },
    ];
    const event = { state_data: { bag: await bagWithoutState(adapter) }, branch_results: results };
    const merged = (await adapter.invoke(event, (got) => {
      const { bag } = got.state_data as { bag: Json };
      const states = (got.branch_results as { bag: Json }[]).map((result) => result.bag.current_state as Json);
      return { bag: { ...bag, current_state: Object.assign({}, bag.current_state, ...states) as Json } };
    })) as { bag: Json };
    expect(merged.bag.current_state).toMatchObject({ __s3_pointer__: true });
    expect((await adaptedBy(adapter, merged.bag)).current_state).toEqual({ doc: DOC, left: 1, right: 2 });
  });

  test('a resume over a row keeps the answer of the person', async () => {
    const adapter = await open();
    const row = { context: await bagWithoutState(adapter) };
    const resumed = (await adapter.invoke({ row, answer: 42 }, (got) => {
      const bag = (got.row as { context: Json }).context;
      return { bag: { ...bag, current_state: { ...(bag.current_state as Json), answer: got.answer } } };
    })) as { bag: Json };
    expect((await adaptedBy(adapter, resumed.bag)).current_state).toEqual({ doc: DOC, answer: 42 });
  });

  test('a state of another workflow of the same owner comes back', async () => {
    const adapter = await open();
    const child = await bagWithoutState(adapter, { doc: DOC }, { workflowId: 'child' });
    const handed = await adaptedBy(adapter, { ...fatBag(), child_state: child.current_state });
    expect(handed.child_state).toEqual({ doc: DOC });
  });

  test('a state of another owner stays a pointer', async () => {
    const adapter = await open();
    const other = await bagWithoutState(adapter, { doc: DOC }, { ownerId: 'other' });
    const handed = await adaptedBy(adapter, { ...fatBag(), copied: other.current_state });
    expect(handed.copied).toEqual(other.current_state);
    const nested = await adaptedBy(adapter, { ...fatBag(), results: [other] });
    expect(nested.results).toEqual([other]);
  });

  test('a state that goes to the bag of another owner goes as the value', async () => {
    const adapter = await open();
    const state = { doc: 'x'.repeat(15_000) };
    const bag = await bagWithoutState(adapter, state, { note: 'y'.repeat(8_000) });
    const answer = (await adapter.invoke(bag, ({ current_state }) => ({
      child: { ownerId: 'other', input: current_state },
      same: { ownerId: 'acme', input: current_state },
    }))) as Json;
    expect(answer.child).toEqual({ ownerId: 'other', input: state });
    expect(answer.same).toEqual({ ownerId: 'acme', input: bag.current_state });
  });

  test('the state of an answer without an owner comes back in the bag of its event', async () => {
    const adapter = await open();
    const answer = (await adapter.invoke(fatBag(), ({ loop_counter, segment_to_run }) => ({
      bag: { segment_to_run, loop_counter, state_history: [], current_state: { doc: DOC } },
    }))) as { readonly bag: Json };
    expect(answer.bag.current_state).toMatchObject({ __s3_pointer__: true });
    expect(valuesOf('doc', await adaptedBy(adapter, { ...fatBag(), ...answer.bag }))).toEqual([DOC]);
  });

  test('a state inside bags of two owners stays a pointer', async () => {
    const adapter = await open();
    const other = await bagWithoutState(adapter, { doc: DOC }, { ownerId: 'other' });
    const around = { ...fatBag(), results: [other] };
    expect(await adaptedBy(adapter, { rows: [around] })).toEqual({ rows: [around] });
  });

  describe('outside of every bag', () => {
    const REFUSED = { code: 'POINTER_FOREIGN_OWNER' };

    /** Two states as the branches of a parallel state answered them, each stored. */
    const storeStates = async (adapter: Adapter) => [
      (await bagWithoutState(adapter, { doc: DOC, left: 1 })).current_state as Json,
      (await bagWithoutState(adapter, { doc: DOC, right: 2 })).current_state as Json,
    ];

    const merge = (adapter: Adapter, event: Json) =>
      adapter.invoke(event, (got) => ({ merged: Object.assign({}, ...(got.states as readonly Json[])) as Json }));

    test.each([
      { ownerId: 'acme', workflowId: 'invoices' },
      { ownerId: 'acme' },
      { owner_id: 'acme', states_of: 'a parallel state' },
    ])('a merge of stored states next to the ids %j keeps every answer', async (ids) => {
      const adapter = await open();
      const answer = await merge(adapter, { ...ids, states: await storeStates(adapter) });
      expect(answer).toEqual({ merged: { doc: DOC, left: 1, right: 2 } });
    });

    test('a merge of stored states is refused when nothing names an owner', async () => {
      const adapter = await open();
      const states = await storeStates(adapter);
      await expect(merge(adapter, { states })).rejects.toMatchObject(REFUSED);
      await expect(merge(adapter, { workflowId: 'invoices', states })).rejects.toMatchObject(REFUSED);
    });

    test('the refusal names the place, the object, the reason and what to do', async () => {
      const adapter = await open();
      const [left] = await storeStates(adapter);
      await expect(adaptedBy(adapter, { row: { left } })).rejects.toMatchObject({
        message: expect.stringMatching(
          /"row\.left" in the event .*s3:\/\/bags\/state-members\/acme\/invoices\/[0-9a-f]{64}\/current_state\.json.* no .*owner.* Pass the ownerId of the bag next to the pointer, pass the whole bag, or set expectedOwner/,
        ) as string,
      });
    });

    test.each([
      ['another owner', { ownerId: 'other' }],
      ['two owners', { ownerId: 'acme', owner_id: 'other' }],
      ['an id that is not valid', { ownerId: 7.5 }],
    ])('a stored state next to %s is refused', async (_what, ids) => {
      const adapter = await open();
      const states = await storeStates(adapter);
      await expect(merge(adapter, { ...ids, states })).rejects.toMatchObject(REFUSED);
      await expect(merge(adapter, { ownerId: 'acme', states: [{ ...ids, states }] })).rejects.toMatchObject(REFUSED);
    });

    test('a state of a bag that lost its owner is refused, and comes back in a wrapper that names the owner', async () => {
      const adapter = await adapterOf(name, { limitBytes: LIMIT_BYTES, segment: false });
      const { ownerId, ...bag } = await bagWithoutState(adapter);
      await expect(adaptedBy(adapter, { state_data: bag })).rejects.toMatchObject(REFUSED);
      await expect(adaptedBy(adapter, { rows: [bag] })).rejects.toMatchObject(REFUSED);
      const handed = await adaptedBy(adapter, { ownerId, state_data: bag });
      expect(handed.state_data).toMatchObject({ current_state: { doc: DOC } });
      expect(valuesOf('doc', await adaptedBy(adapter, { ownerId, rows: [bag] }))).toEqual([DOC]);
    });

    test('a state of a bag that never named an owner comes back', async () => {
      const adapter = await adapterOf(name, { limitBytes: LIMIT_BYTES, segment: false });
      const bag = await bagWithoutState(adapter, { doc: DOC }, { ownerId: null });
      expect(bag.current_state).toMatchObject({ key: expect.stringMatching(/^state-members\/_\//) as string });
      expect(await adaptedBy(adapter, bag)).toMatchObject({ current_state: { doc: DOC } });
      expect(await adaptedBy(adapter, { states: [bag.current_state] })).toEqual({ states: [{ doc: DOC }] });
    });

    test.each<[string, (key: string) => Json]>([
      ['in another bucket', (key) => ({ bucket: 'elsewhere', key })],
      ['below another prefix', (key) => ({ key: `other/${key}` })],
      ['without a digest', (key) => ({ key: key.replace(/[0-9a-f]{64}/, 'latest') })],
    ])('a pointer to a key %s is data and passes', async (_what, move) => {
      const adapter = await open();
      const [left] = await storeStates(adapter);
      const event = { states: [{ ...left, ...move(left!.key as string) }] };
      expect(await adaptedBy(adapter, event)).toEqual(event);
    });
  });

  test('a pointer to a missing blob of the owner is an error', async () => {
    const adapter = await open();
    const bag = await bagWithoutState(adapter);
    const { key, ...pointer } = bag.current_state as { readonly key: string };
    const missing = { ...pointer, key: key.replace(/[0-9a-f]{64}/, '0'.repeat(64)) };
    await expect(adaptedBy(adapter, { ...bag, rows: [missing] })).rejects.toMatchObject({ code: 'POINTER_DANGLING' });
  });

  test('a bag in JSON text that is itself converted gets its stored state', async () => {
    const adapter = await open();
    const { current_state } = await bagWithoutState(adapter);
    const event = { state_data: JSON.stringify(fatBag({ current_state })) };
    const handed = await adaptedBy(adapter, event);
    const bag = JSON.parse(handed.state_data as string) as Json;
    expect(bag).toMatchObject({ state_bag_version: 2, current_state: { doc: DOC } });
    expect(bag).not.toHaveProperty('workflow_config');
  });

  test.each([1, 2])('a pointer that is the whole of a JSON text comes back as JSON text of depth %i', async (depth) => {
    const adapter = await open();
    const bag = await bagWithoutState(adapter);
    const toText = (value: unknown) => Array.from({ length: depth }).reduce((text) => JSON.stringify(text), value);
    const handed = await adaptedBy(adapter, { ...fatBag(), row: toText(bag.current_state) });
    expect(handed.row).toBe(toText({ doc: DOC }));
    const answer = (await adapter.invoke({ ...fatBag(), row: toText(bag.current_state) }, identity)) as Json;
    expect(answer.row).toBe(toText(bag.current_state));
  });

  test('a pointer in each of two equal JSON texts comes back', async () => {
    const adapter = await open();
    const text = JSON.stringify({ context: await bagWithoutState(adapter) });
    const handed = await adaptedBy(adapter, { ...fatBag(), rows: [text, text] });
    expect(valuesOf('doc', handed.rows)).toEqual([DOC, DOC]);
    expect(valuesOf('__s3_pointer__', handed)).toEqual([]);
  });

  test('a stored state inside a stored state comes back, and both go back as their pointers', async () => {
    const adapter = await open();
    const first = await bagWithoutState(adapter);
    const state = { text: 'y'.repeat(LIMIT_BYTES), history: [{ doc: DOC }] };
    const second = (await adapter.invoke(first, ({ current_state, ...bag }) => ({
      ...bag,
      current_state: { ...state, history: [current_state] },
    }))) as Json;
    expect(second.current_state).toMatchObject({ __s3_pointer__: true });
    expect((await adaptedBy(adapter, second)).current_state).toEqual(state);
    expect(await adapter.invoke(second, identity)).toMatchObject({ current_state: second.current_state });
    const third = (await adapter.invoke(second, ({ current_state, ...bag }) => ({
      ...bag,
      current_state: { history: (current_state as Json).history },
    }))) as Json;
    expect(third.current_state).toEqual({ history: [first.current_state] });
  });

  test('a state inside the JSON text of a stored state comes back', async () => {
    const adapter = await open();
    const first = await bagWithoutState(adapter);
    const text = 'y'.repeat(LIMIT_BYTES);
    const second = (await adapter.invoke(first, ({ current_state, ...bag }) => ({
      ...bag,
      current_state: { text, row: JSON.stringify({ current_state }) },
    }))) as Json;
    const handed = await adaptedBy(adapter, second);
    expect(handed.current_state).toEqual({ text, row: JSON.stringify({ current_state: { doc: DOC } }) });
  });

  test('a program that holds the stored state stays whole', async () => {
    const adapter = await open('fat');
    const current_state = { doc: DOC };
    const config = { ...makeConfig(), initial_state: current_state };
    const first = (await adapter.invoke(fatBag({ workflow_config: config, current_state }), identity)) as Json;
    expect(first.current_state).toMatchObject({ __s3_pointer__: true });
    const second = (await adapter.invoke(first, identity)) as Json;
    expect(second.workflow_config_s3_path).toBe(first.workflow_config_s3_path);
    expect((await adaptedBy(adapter, second)).workflow_config).toEqual(config);
  });

  test.each(['_status', '_is_init', 'segment_config'])(
    'a pointer in "%s", which leaves its bag, is left alone',
    async (member) => {
      const adapter = await open();
      const { current_state } = await bagWithoutState(adapter);
      const event = fatBag({ [member]: [current_state] });
      const handed = await adaptedBy(adapter, event);
      expect(handed.segment_config).toEqual(asAdded(programAt(fatBag(), 1)));
      expect(handed).not.toHaveProperty('_status');
      expect(valuesOf('__s3_pointer__', handed)).toEqual([]);
    },
  );

  test('a list of 200,000 numbers next to a pointer is walked', async () => {
    const adapter = await open();
    const bag = await bagWithoutState(adapter);
    const numbers = Array.from({ length: 200_000 }, () => 1);
    expect((await adaptedBy(adapter, { ...bag, numbers })).current_state).toEqual({ doc: DOC });
  });

  test('a handler that speaks fat gets the stored state', async () => {
    const adapter = await open('fat');
    const bag = await bagWithoutState(adapter);
    expect((await adaptedBy(adapter, { ...fatBag(), results: [bag] })).results).toMatchObject([
      { current_state: { doc: DOC } },
    ]);
  });
});

test('a changed state is stored again, and what a handler changes in place reaches no later event', async () => {
  const { store } = testStore();
  const shim = createStateBagShim({ store, mode: 'rewrite', budget: { limitBytes: LIMIT_BYTES, headroomBytes: 0 } });
  const first = (await shim.write(fatBag({ current_state: { doc: DOC } }))) as Json;
  const wrapped = shim.wrap<Json>((event) => {
    (event.current_state as Json).added = 1;
    return event;
  });
  const second = (await wrapped(first)) as Json;
  expect(second.current_state).not.toEqual(first.current_state);
  expect(((await shim.read(second).hydrated()) as Json).current_state).toEqual({ doc: DOC, added: 1 });
  expect(((await shim.read(first).hydrated()) as Json).current_state).toEqual({ doc: DOC });
});

test('an unchanged state goes back as its pointer from each place of an object that an answer holds twice', async () => {
  const { store } = testStore();
  const shim = createStateBagShim({ store, mode: 'rewrite', budget: { limitBytes: LIMIT_BYTES, headroomBytes: 0 } });
  const first = (await shim.write(fatBag({ current_state: { doc: DOC } }))) as Json;
  const answer = (await shim.wrap<Json>(({ current_state, ...bag }) => {
    const shared = { list: [current_state] };
    return { ...bag, one: shared, other: shared };
  })(first)) as Json;
  expect(answer).toMatchObject({ one: { list: [first.current_state] }, other: { list: [first.current_state] } });
});

test('an answer with circles in a value that prints itself goes back', async () => {
  const { store } = testStore();
  const shim = createStateBagShim({ store, mode: 'rewrite', budget: { limitBytes: LIMIT_BYTES, headroomBytes: 0 } });
  const first = (await shim.write(fatBag({ current_state: { doc: DOC } }))) as Json;
  const nodes = Array.from({ length: 40 }, (_, id): Json => ({ id }));
  for (const node of nodes) node.others = nodes;
  const graph = { nodes, toJSON: () => 'a graph' };
  const answer = await shim.wrap<Json>(({ ...bag }) => ({ ...bag, graph }))(first);
  expect(JSON.parse(JSON.stringify(answer))).toMatchObject({ graph: 'a graph', current_state: first.current_state });
});

test('an event with a value of 60,000 levels is read in time that grows with its size', async () => {
  const { shim } = { shim: createStateBagShim({ store: testStore().store, mode: 'rewrite' }) };
  const deep = JSON.parse(`${'['.repeat(60_000)}${']'.repeat(60_000)}`) as unknown;
  const start = performance.now();
  await shim.wrap<Json>(() => ({}))(fatBag({ deep }));
  expect(performance.now() - start).toBeLessThan(5_000);
});

test('400 pointers in one JSON text are read in less than three seconds', async () => {
  const { store } = testStore();
  const shim = createStateBagShim({ store, mode: 'rewrite', budget: { limitBytes: LIMIT_BYTES, headroomBytes: 0 } });
  const { current_state } = (await shim.write(fatBag({ current_state: { doc: DOC } }))) as Json;
  const text = JSON.stringify(Array.from({ length: 400 }, () => current_state));
  const start = performance.now();
  await shim.wrap<Json>(() => ({}))(fatBag({ text }));
  expect(performance.now() - start).toBeLessThan(3_000);
});

describe('the owner that the caller expects', () => {
  const budget = { limitBytes: LIMIT_BYTES, headroomBytes: 0 };

  /** What a handler of the store's shim gets when its caller expects an owner. */
  async function adaptExpecting(expected: string, arrange: (pointer: Json) => Json, ids: Json = {}): Promise<Json> {
    const { store } = testStore();
    const first = await createStateBagShim({ store, mode: 'rewrite', budget }).write(
      fatBag({ current_state: { doc: DOC }, ...ids }),
    );
    const shim = createStateBagShim({ store, mode: 'rewrite', expectedOwner: () => expected });
    return (await shim.read(arrange(first as Json), {}, { segment: false }).runnerEvent()) as Json;
  }

  const statesOnly = ({ current_state }: Json) => ({ states: [current_state] });
  const lostOwner = ({ ownerId: _, ...bag }: Json) => ({ state_data: bag });

  test('gets its stored state where nothing else names an owner', async () => {
    expect(await adaptExpecting('acme', statesOnly)).toEqual({ states: [{ doc: DOC }] });
    expect(await adaptExpecting('acme', lostOwner)).toMatchObject({ state_data: { current_state: { doc: DOC } } });
  });

  test('does not get the stored state of another owner', async () => {
    for (const arrange of [statesOnly, lostOwner, (bag: Json) => ({ ownerId: 'acme', ...statesOnly(bag) })])
      await expect(adaptExpecting('other', arrange)).rejects.toMatchObject({ code: 'POINTER_FOREIGN_OWNER' });
  });

  test('gets the stored state of a bag that never named an owner', async () => {
    const handed = await adaptExpecting('acme', (bag) => bag, { ownerId: null });
    expect(handed).toMatchObject({ current_state: { doc: DOC } });
  });
});
