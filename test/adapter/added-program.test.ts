import { describe, expect, test } from 'vitest';
import { ProxiedFunction } from '../runtime-proxy/in-process.js';
import { ADAPTER_NAMES, useAdapters } from './adapters.js';
import { fatBag, makeConfig, makeMap, without } from './bags.js';
import type { Json } from './bags.js';

const adapterOf = useAdapters();

type Handler = (event: Json) => unknown;

const MAP = makeMap(makeConfig());
const START = without(fatBag({ segment_to_run: 0 }), 'segment_manifest_s3_path');

const next = (event: Json): Json => ({ ...event, segment_to_run: 1 });

/** Ways in which a handler answers with members of its event, and where the next event is found in the answer. */
const ARRANGEMENTS: Readonly<Record<string, readonly [answer: Handler, pick: (answer: Json) => unknown]>> = {
  'a copy at the root': [next, (answer) => answer],
  'a bag': [(event) => ({ bag: next(event) }), (answer) => answer],
  state_data: [(event) => ({ state_data: next(event) }), (answer) => answer],
  'a member that is no envelope': [(event) => ({ final_state: next(event) }), (answer) => answer.final_state],
  'a list': [(event) => [next(event)], (answer) => (answer as unknown as Json[])[0]],
  'bags in a list': [(event) => ({ results: [{ bag: next(event) }] }), (answer) => (answer.results as Json[])[0]],
  'a bag for each branch': [
    (event) => ({ branches: { left: next(event) } }),
    (answer) => (answer.branches as Json).left,
  ],
  'a JSON string': [
    (event) => ({ body: JSON.stringify({ bag: next(event) }) }),
    (answer) => JSON.parse(answer.body as string) as unknown,
  ],
  'a copy of itself under bag': [(event) => ({ ...next(event), bag: next(event) }), (answer) => answer],
  'a bag as a JSON string': [(event) => ({ bag: JSON.stringify(next(event)) }), (answer) => answer],
  'a result with toJSON': [(event) => ({ toJSON: () => ({ bag: next(event) }) }), (answer) => answer],
  'a bag with toJSON': [(event) => ({ bag: { toJSON: () => next(event) } }), (answer) => answer],
  'a program that the handler changed': [
    (event) => next({ ...event, segment_config: { ...(event.segment_config as Json), healed: true } }),
    (answer) => answer,
  ],
  'a program that a parser stripped of unknown members': [
    (event) => ({ bag: next({ ...event, segment_config: stripped(event.segment_config as Json) }) }),
    (answer) => answer,
  ],
  'a program that a parser filled in and converted': [
    (event) => ({
      bag: next({ ...event, segment_config: { ...stripped(event.segment_config as Json), id: '0', retries: 3 } }),
    }),
    (answer) => answer,
  ],
  'a program of which a parser left the nodes alone': [
    (event) => ({ bag: next({ ...event, segment_config: { nodes: (event.segment_config as Json).nodes } }) }),
    (answer) => answer,
  ],
  'a list of events whose parser stripped the program': [
    (event) => [next({ ...event, segment_config: stripped(event.segment_config as Json) })],
    (answer) => (answer as unknown as Json[])[0],
  ],
  'JSON text of a bag whose parser stripped the program': [
    (event) => JSON.stringify({ bag: next({ ...event, segment_config: stripped(event.segment_config as Json) }) }),
    (answer) => JSON.parse(answer as unknown as string) as unknown,
  ],
  'a program whose nodes the handler took out one by one': [
    (event) => ({ bag: next(emptied(event)) }),
    (answer) => answer,
  ],
  'a list of events whose nodes the handler took out': [
    (event) => [next(emptied(event))],
    (answer) => (answer as unknown as Json[])[0],
  ],
  'an event in a member that is named as a map': [
    (event) => ({ partition_map: [{ partition_id: 0, items: [next(event)] }] }),
    (answer) =>
      (answer as { readonly partition_map: readonly [{ readonly items: unknown[] }] }).partition_map[0].items[0],
  ],
  'a stripped program next to the bag': [
    (event) => ({
      segment_config: stripped(event.segment_config as Json),
      bag: next(without(event, 'segment_config')),
    }),
    (answer) => answer,
  ],
  'the program as branch_config': [
    (event) => ({ state_data: next(without(event, 'segment_config')), branch_config: event.segment_config }),
    (answer) => answer,
  ],
  'the program as JSON text': [
    (event) => ({
      state_data: next(without(event, 'segment_config')),
      segment_config: JSON.stringify(event.segment_config),
    }),
    (answer) => answer,
  ],
  'the program in a list': [
    (event) => ({ state_data: next(without(event, 'segment_config')), segment_config: [event.segment_config] }),
    (answer) => answer,
  ],
  'the program as an entry': [
    (event) => ({
      state_data: next(without(event, 'segment_config')),
      segment_config: { segment_config: event.segment_config },
    }),
    (answer) => answer,
  ],
  'the program in a wrapper next to the bag': [
    (event) => ({ segment_config: event.segment_config, bag: next(without(event, 'segment_config')) }),
    (answer) => answer,
  ],
  'a newer bag merged into the event': [
    (event) => ({
      state_data: {
        ...event,
        state_data: { ...without(next(event), 'segment_config', 'workflow_config', 'partition_map') },
      },
    }),
    (answer) => answer,
  ],
  'a newer bag with the program, merged into the event': [
    (event) => ({ state_data: { ...event, state_data: next(event) } }),
    (answer) => answer,
  ],
  'the event kept as user data': [(event) => ({ ...next(event), current_state: { last: event } }), (answer) => answer],
};

/** As a handler that works off its nodes leaves its event. */
function emptied(event: Json): Json {
  const program = event.segment_config as { readonly nodes: readonly unknown[] };
  return { ...event, segment_config: { ...program, nodes: program.nodes.slice(0, 1) } };
}

/** As a schema parser without `.loose()` does it. */
function stripped({ id, type, nodes, edges }: Json): Json {
  return { id, type, nodes, edges };
}

describe.each(ADAPTER_NAMES)('with the adapter of %s', (adapter) => {
  describe.each([
    ['rewrite', 'lean'],
    ['rewrite', 'fat'],
    ['shadow', 'lean'],
  ] as const)('in the mode %s, to a handler that speaks %s', (mode, speaks) => {
    test.each(Object.entries(ARRANGEMENTS))(
      'the next event runs its own segment when the handler answers with %s',
      async (_name, [answer, pick]) => {
        const { invoke } = await adapterOf(adapter, { mode, speaks });
        let first: unknown;
        const answered = await invoke(START, (event) => {
          first = event.segment_config;
          return answer(event);
        });
        expect(first).toEqual({ ...MAP[0], added_by_statebag_shim: true });
        let second: unknown;
        await invoke(pick(answered as Json), (event) => {
          second = event.segment_config;
          return {};
        });
        expect(second).toEqual({ ...MAP[1], added_by_statebag_shim: true });
      },
    );

    test('a row that the handler writes from its event is resumed at its own segment', async () => {
      const { invoke } = await adapterOf(adapter, { mode, speaks });
      let row = '';
      await invoke(START, (event) => {
        row = JSON.stringify({ taskToken: 't', context: next(event) });
        return { bag: event, next_action: 'PAUSED' };
      });
      let resumed: unknown;
      await invoke((JSON.parse(row) as Json).context, (event) => {
        resumed = event.segment_config;
        return {};
      });
      expect(resumed).toEqual({ ...MAP[1], added_by_statebag_shim: true });
    });
  });

  const invokeWith = async (event: unknown, handler: Handler) => (await adapterOf(adapter)).invoke(event, handler);
  const run = async (event: unknown) => {
    let handed: Json = {};
    const answer = await invokeWith(event, (got) => (handed = got));
    return { handed, answer: answer as Json };
  };

  test('the program is the only member that is added', async () => {
    const { handed } = await run({ state_data: START });
    expect(Object.keys(handed)).toEqual(['state_data', 'segment_config']);
  });

  test('the answer keeps the program outside of bags, where an old state machine reads it', async () => {
    const { answer } = await run({ state_data: START });
    expect(answer.segment_config).toEqual({ ...MAP[0], added_by_statebag_shim: true });
    expect(answer.state_data).not.toHaveProperty('segment_config');
  });

  test('a program that the state machine passes is handed on unmarked and given back', async () => {
    const passed = { id: 'mine', type: 'normal', nodes: [] };
    const { handed, answer } = await run({ ...START, segment_config: passed });
    expect(handed.segment_config).toEqual(passed);
    expect(answer.segment_config).toEqual(passed);
  });

  test.each([null, '', {}, [], '{}', '[]', '{"id":"text"}', 7, [{ id: 'listed' }]])(
    'a segment_config of %j, which is not a program, is replaced for the handler and comes back',
    async (other) => {
      const { handed, answer } = await run({ ...START, segment_config: other });
      expect(handed.segment_config).toEqual({ ...MAP[0], added_by_statebag_shim: true });
      expect(answer.segment_config).toEqual(other);
    },
  );

  test('a copy of the bag under its own member bag loses the added program too', async () => {
    const answer = (await invokeWith(START, (event) => ({
      ...event,
      bag: { ...event },
    }))) as { bag: Json };
    expect(answer).not.toHaveProperty('segment_config');
    expect(answer.bag).not.toHaveProperty('segment_config');
  });

  test("a segment_config of the handler's own stays in its bag", async () => {
    const own = { id: 'own', type: 'normal', nodes: [] };
    const answer = await invokeWith(START, (event) => ({
      bag: { ...event, segment_config: own },
    }));
    expect((answer as { bag: Json }).bag.segment_config).toEqual(own);
  });

  test('a segment_config in a wrapped bag of the event stays there, step after step', async () => {
    const own = { id: 'own', type: 'normal', nodes: [] };
    let event: unknown = { state_data: { ...START, segment_config: own } };
    for (let step = 0; step < 2; step++) {
      event = await invokeWith(event, (got) => {
        expect(got.segment_config).toEqual({ ...own, added_by_statebag_shim: true });
        return { state_data: got.state_data };
      });
      expect((event as { state_data: Json }).state_data.segment_config).toEqual(own);
    }
  });

  test('a bag with manifest_id gets no program, because its readers ask a database', async () => {
    const { handed } = await run({ ...START, manifest_id: 'm-1' });
    expect(handed).not.toHaveProperty('segment_config');
  });

  test('a stale program does not reach a handler whose event holds no bag', async () => {
    const { handed } = await run({ note: 'no bag', segment_config: { ...MAP[0], added_by_statebag_shim: true } });
    expect(handed).toEqual({ note: 'no bag' });
  });

  test('a stale program in an inner bag does not reach the handler', async () => {
    const stale = { ...MAP[0], added_by_statebag_shim: true };
    const { handed } = await run({ state_data: { ...next(START), segment_config: stale }, segment_config: stale });
    expect(handed.segment_config).toEqual({ ...MAP[1], added_by_statebag_shim: true });
    expect(handed.state_data).not.toHaveProperty('segment_config');
  });

  test.each([
    ['an element of the map', (program: unknown) => ({ partition_map: [program] })],
    [
      'the program of an element of the map',
      (program: unknown) => ({ partition_map: [{ segment_id: 0, segment_config: program }] }),
    ],
    ['the config', (program: unknown) => ({ partition_map: null, workflow_config: program })],
    [
      'an entry of the inline manifest',
      (program: unknown) => ({
        partition_map: null,
        workflow_config: null,
        segment_manifest: [{ segment_id: 0, segment_config: program }],
      }),
    ],
  ])('a copy of the program as %s is refused', async (_name, place) => {
    const copy = { ...MAP[0], added_by_statebag_shim: false };
    await expect(run({ ...START, ...place(copy) })).rejects.toMatchObject({ code: 'SEGMENT_IS_COPY' });
  });

  test('what release 0.1.0 left in a bag that has gone on is refused', async () => {
    const left = { ...next(START), segment_config: MAP[0], segment_index: 0 };
    await expect(run(left)).rejects.toMatchObject({ code: 'SEGMENT_CONTRADICTORY' });
  });

  test('a segment_config in a complete bag is run when no index contradicts it', async () => {
    const { handed } = await run({ ...START, segment_config: MAP[0], segment_index: 0 });
    expect(handed.segment_config).toEqual(MAP[0]);
  });
});

test('a program without an id whose numbers a JavaScript runtime prints in another spelling is not run again', async () => {
  const proxy = await new ProxiedFunction().start({ MODE: 'rewrite' });
  const segment = (name: string) => `{"nodes": [ {"id": "${name}", "config": {"temperature": 1.0}} ], "edges": []}`;
  const event = JSON.stringify({ ...without(START, 'partition_map'), partition_map: 'HERE' });
  const text = event.replace('"HERE"', `[${segment('first')}, ${segment('second')}]`);
  const ran: unknown[] = [];
  const handle = (bytes: Buffer) => {
    const given = JSON.parse(bytes.toString()) as Json;
    const { nodes, edges } = given.segment_config as { nodes: Json[]; edges: unknown };
    ran.push(nodes[0]!.id);
    return JSON.stringify({ bag: next({ ...given, segment_config: { nodes, edges } }) });
  };
  const answer = await proxy.invoke(text, handle);
  await proxy.invoke(answer, handle);
  await proxy.stop();
  expect(ran).toEqual(['first', 'second']);
});
