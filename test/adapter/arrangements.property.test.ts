import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ADAPTER_NAMES, useAdapters } from './adapters.js';
import { fatBag } from './bags.js';
import type { Json } from './bags.js';

/*
 * Handlers arrange the members of their event in any way, over several steps. The programs that run are those of the
 * plain run, in which nothing is wrapped: the ones to which the index of the bag leads.
 */

const SEGMENTS = 5;

const adapterOf = useAdapters();

/** How a handler copies its event into the bag of its answer. */
const COPIES: Readonly<Record<string, (event: Json, bag: Json) => Json>> = {
  'spreads the event': (event, bag) => ({ ...unwrapped(event), ...bag }),
  'spreads the bag': (_event, bag) => ({ ...bag }),
  'copies each member': (event, bag) => Object.fromEntries(Object.entries({ ...unwrapped(event), ...bag })),
  'clones the event': (event, bag) => ({ ...structuredClone(unwrapped(event)), ...bag }),
  'prints and parses the event': (event, bag) => ({ ...reprinted(unwrapped(event)), ...bag }),
  'passes the program through a strict parser': (event, bag) => ({ ...unwrapped(event), ...bag, ...parsed(event) }),
};

const reprinted = (event: Json): Json => JSON.parse(JSON.stringify(event)) as Json;

/** The members next to a bag. A wrapper that stays would lead to the bag of the earlier step, also in a plain run. */
function unwrapped({ Payload: _payload, state_data: _state, bag: _bag, ...others }: Json): Json {
  return others;
}

/** A parser that removes members which it does not know. */
function parsed({ segment_config: program }: Json): Json {
  if (typeof program !== 'object' || program === null) return {};
  const { id, type, nodes, edges, node_ids } = program as Json;
  return { segment_config: { id, type, nodes, edges, node_ids } };
}

/** What else a handler puts into the bag. */
const EXTRAS: Readonly<Record<string, (event: Json) => Json>> = {
  nothing: () => ({}),
  'its event as user data': (event) => ({ current_state: { last_event: event } }),
  'a list of events': (event) => ({ state_history: [event, { event }] }),
  'its event as text': (event) => ({ note: JSON.stringify({ event }) }),
  'the program under another name': (event) => ({ last_program: event.segment_config }),
  'the program in a list': (event) => ({ programs: [event.segment_config, [event.segment_config]] }),
  'its event under a member called bag': (event) => ({ current_state: { bag: event } }),
  'its event as a value that prints itself': (event) => ({ current_state: { event: { toJSON: () => event } } }),
};

/** Where the bag is in the answer, and how the state machine makes the next event of the answer. */
const PLACES: Readonly<Record<string, readonly [put: (bag: Json) => Json, take: (answer: Json) => unknown]>> = {
  'the root': [(bag) => bag, (answer) => answer],
  bag: [(bag) => ({ bag }), (answer) => answer],
  state_data: [(bag) => ({ state_data: bag, next_action: 'CONTINUE' }), (answer) => answer],
  'state_data.bag': [(bag) => ({ state_data: { bag } }), (answer) => answer],
  'Payload.state_data': [(bag) => ({ Payload: { state_data: bag } }), (answer) => answer],
  'final_state, and the next event is it': [(final_state) => ({ final_state }), ({ final_state }) => final_state],
  'a list, and the next event is its item': [
    (bag) => ({ results: [{ bag }] }),
    ({ results }) => (results as unknown[])[0],
  ],
  'the text of a body': [(bag) => ({ body: JSON.stringify(bag) }), ({ body }) => JSON.parse(body as string) as unknown],
  'text under state_data': [(bag) => ({ state_data: JSON.stringify(bag) }), (answer) => answer],
  'a row': [(bag) => ({ row: { context: bag } }), ({ row }) => (row as Json).context],
  'the event of an error': [
    (bag) => ({ error: { message: 'no', event: bag } }),
    ({ error }) => (error as { event: unknown }).event,
  ],
};

const step = fc.record({
  copy: fc.constantFrom(...Object.keys(COPIES)),
  extra: fc.constantFrom(...Object.keys(EXTRAS)),
  place: fc.constantFrom(...Object.keys(PLACES)),
});

/** The bag of an event, wherever the state machine put it. */
function bagIn(event: Json): Json {
  for (const name of ['Payload', 'state_data', 'bag']) {
    const inner = typeof event[name] === 'string' ? (JSON.parse(event[name]) as unknown) : event[name];
    if (typeof inner === 'object' && inner !== null) return bagIn(inner as Json);
  }
  return event;
}

const first = () => fatBag({ segment_to_run: 0 });

/** The seed's rule: the program that is passed comes first. */
const inner = ({ segment_config }: Json): unknown => (segment_config as Json | undefined)?.id;

describe.each(ADAPTER_NAMES)('with the adapter of %s', (name) => {
  test.each(['lean', 'fat', 'bridge'] as const)(
    'for a handler that speaks %s, every arrangement of its event runs the segments of the bag in turn',
    async (speaks) => {
      const adapter = await adapterOf(name, { speaks });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: SEGMENTS - 1 }), async (steps) => {
          const ran: unknown[] = [];
          let event: unknown = first();
          for (const [index, { copy, extra, place }] of steps.entries()) {
            const [put, take] = PLACES[place]!;
            const answer = await adapter.invoke(event, (given) => {
              ran.push(inner({ ...given }));
              const bag = bagIn(given);
              const members = { ...EXTRAS[extra]!(given), segment_to_run: index + 1 };
              return put({ ...COPIES[copy]!(given, bag), ...members });
            });
            event = take(answer as Json);
          }
          expect(ran).toEqual(steps.map((_, index) => index));
        }),
        { numRuns: 60 },
      );
    },
    60_000,
  );
});
