import { createStateBagShim } from 'statebag-shim';
import type { Speech } from 'statebag-shim';
import { expect, test } from 'vitest';
import { WireShim } from '../../src/shim/wire-shim.js';
import { fatBag, makeMap, restOf, without } from './bags.js';
import type { Json } from './bags.js';
import { testStore } from './shims.js';

/*
 * Seeded runs of four steps with stored state, over objects and over bytes. Both give the same answers and blobs, and
 * the final state is that of the plain run, in which nothing is wrapped.
 */

const LIMIT_BYTES = 40_000;
const SEEDS = 12;

type Invoke = (event: Json, handler: (event: Json) => Json) => Promise<Json>;

const sent = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}

const PLACES: readonly (readonly [put: (bag: Json) => Json, take: (answer: Json) => Json])[] = [
  [(bag) => bag, (answer) => answer],
  [(bag) => ({ state_data: bag }), (answer) => answer],
  [(bag) => ({ state_data: { bag }, meta: 1 }), (answer) => answer],
  [(bag) => ({ state_data: JSON.stringify(bag) }), (answer) => answer],
  [(bag) => ({ results: [bag] }), ({ results }) => (results as Json[])[0]!],
  [(bag) => ({ row: { context: bag } }), ({ row }) => (row as { context: Json }).context],
  [(bag) => bag, (bag) => ({ state_data: bag, branch_results: [{ bag }, null] })],
];

const HANDLERS: readonly ((bag: Json, value: unknown) => Json)[] = [
  (bag) => bag,
  (bag, value) => ({ ...bag, added: value }),
  (bag, value) => ({ ...bag, current_state: { ...(bag.current_state as Json), value } }),
  (bag, value) => ({ ...bag, current_state: { earlier: bag.current_state, value } }),
  (bag) => ({ ...bag, note: JSON.stringify({ state: bag.current_state }) }),
  (bag) => ({ ...bag, copy: bag.current_state, list: [bag.current_state] }),
  (bag, value) => ({ ...bag, current_state: { value } }),
  (bag) => ({ ...bag, segment_manifest_s3_path: null }),
];

/** The bag of an event, wherever the state machine put it. */
function bagIn(event: Json): Json {
  for (const name of ['state_data', 'bag']) {
    const inner = typeof event[name] === 'string' ? (JSON.parse(event[name]) as unknown) : event[name];
    if (typeof inner === 'object' && inner !== null) return bagIn(inner as Json);
  }
  return event;
}

function withForms(speaks: Speech) {
  const [one, other] = [testStore(), testStore()];
  const options = { mode: 'rewrite', speaks, budget: { limitBytes: LIMIT_BYTES, headroomBytes: 0 } } as const;
  const shim = createStateBagShim({ ...options, store: one.store });
  const wire = new WireShim({ ...options, store: other.store });
  const objects: Invoke = async (event, handler) =>
    sent(await shim.wrap<Json, Json>((given) => handler(sent(given)))(freeze(sent(event))));
  const bytes: Invoke = async (event, handler) => {
    const adapted = await wire.adapt(Buffer.from(JSON.stringify(event)));
    const answer = handler(JSON.parse(Buffer.from(adapted.bytes).toString()) as Json);
    return JSON.parse(Buffer.from(await wire.seal(Buffer.from(JSON.stringify(answer)), adapted)).toString()) as Json;
  };
  return { shim, objects, bytes, keys: [one.keys, other.keys] };
}

/** The answers to the steps of a run, the event after it, and the segments that ran. */
async function run(invoke: Invoke, seed: number) {
  const random = seeded(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const makeValue = (): unknown => {
    const text = pick(['a', 'b', 'c']) + 'x'.repeat(pick([10, 6_000, 11_000]));
    return pick([text, { text }, [1, null, text], JSON.stringify({ row: { text } }), 0.5, {}]);
  };
  let event = fatBag({ segment_to_run: 0, current_state: { first: makeValue() }, more: makeValue() });
  const [answers, ran]: [unknown[], unknown[]] = [[], []];
  for (let step = 0; step < 4; step++) {
    const [handler, value, [put, take]] = [pick(HANDLERS), makeValue(), pick(PLACES)];
    try {
      const answer = await invoke(event, (given) => {
        ran.push((given.segment_config as Json).id);
        const bag = without(handler(bagIn(given), value), 'segment_config');
        return put({ ...bag, segment_to_run: step + 1 });
      });
      answers.push(answer);
      event = take(answer);
    } catch (error) {
      answers.push((error as { readonly code: unknown }).code);
      return { answers, ran, event: undefined };
    }
  }
  return { answers, ran, event };
}

const plain: Invoke = (event, handler) => {
  const bag = bagIn(event);
  const program = makeMap(fatBag().workflow_config as Json)[bag.segment_to_run as number];
  return Promise.resolve(sent(handler(sent({ ...event, segment_config: program }))));
};

test.each(['lean', 'fat', 'bridge'] as const)(
  'objects and bytes for a handler that speaks %s give one answer, and the state of the plain run',
  async (speaks) => {
    let [whole, stored] = [0, 0];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { shim, objects, bytes, keys } = withForms(speaks);
      const [one, other, expected] = [await run(objects, seed), await run(bytes, seed), await run(plain, seed)];
      expect(other, `seed ${seed}`).toEqual(one);
      expect(await keys[1]!(), `seed ${seed}`).toEqual(await keys[0]!());
      stored += (await keys[0]!()).filter((key) => key.startsWith('state-members/')).length;
      expect(one.ran, `seed ${seed}`).toEqual(expected.ran.slice(0, one.ran.length));
      if (one.event === undefined) {
        expect(one.answers.at(-1), `seed ${seed}`).toBe('PAYLOAD_TOO_LARGE');
        continue;
      }
      whole += 1;
      const filled = (await shim.read(one.event).hydrated()) as Json;
      expect(restOf(bagIn(filled)), `seed ${seed}`).toEqual(restOf(bagIn(expected.event!)));
      for (const answer of one.answers) expect(JSON.stringify(answer).length).toBeLessThanOrEqual(LIMIT_BYTES);
    }
    expect(whole).toBeGreaterThan(SEEDS / 3);
    expect(stored).toBeGreaterThan(0);
  },
  60_000,
);
