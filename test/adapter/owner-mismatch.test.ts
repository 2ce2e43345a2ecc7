import { describe, expect, it } from 'vitest';
import type { StateBagError } from 'statebag-shim';
import { createStateBagShim } from 'statebag-shim';
import { adaptedBy, finishedBy, useAdapters } from './adapters.js';
import { asAdded, fatBag, programAt, without } from './bags.js';
import type { Json } from './bags.js';
import { observed } from './observed.js';
import { testShim, testStore } from './shims.js';

/** A bag of another tenant, in each of its forms. */
const VICTIM: Json = {
  ...fatBag({ ownerId: 'victim', workflowId: 'payroll' }),
  partition_map: [
    { id: 9, nodes: ['VICTIM'] },
    { id: 9, nodes: ['VICTIM'] },
  ],
};
const own = (members: Json = {}): Json => fatBag({ ownerId: 'attacker', ...members });
const partial = (bag: Json): Json =>
  without(bag, 'workflow_config', 'partition_map', 'segment_manifest_s3_path', '_is_init', '_status');

/** Events of which two levels name different owners or workflows. */
const MISMATCHES: readonly (readonly [string, Json])[] = [
  ['a wrapper that names another owner than its bag', { ownerId: 'attacker', Payload: VICTIM }],
  ['a wrapper with the other spelling', { owner_id: 'attacker', bag: VICTIM }],
  ['a bag with both spellings', own({ owner_id: 'victim' })],
  ['a bag with both spellings of the workflow', own({ workflow_id: 'payroll' })],
  ['a whole bag in state_data', own({ state_data: VICTIM })],
  ['a whole bag in state_data as a JSON string', own({ state_data: JSON.stringify(VICTIM) })],
  ['a wrapper that names another workflow', { workflowId: 'invoices', state_data: VICTIM }],
  [
    'an incomplete bag around another',
    { ...partial(without(own(), 'workflowId')), bag: without(VICTIM, 'workflowId') },
  ],
  ['a number beside other text', { ownerId: 7, state_data: fatBag({ ownerId: '8' }) }],
  ['three levels, of which the outermost differs', { ownerId: 'attacker', Payload: { state_data: VICTIM } }],
];

/** The same, where the names agree or name nobody. */
const AGREEMENTS: readonly (readonly [string, Json])[] = [
  ['both spellings with one name', fatBag({ owner_id: 'acme', workflow_id: 'invoices' })],
  ['a wrapper with the same owner', { ownerId: 'acme', workflowId: 'invoices', Payload: fatBag() }],
  ['a wrapper whose ids are null and empty', { ownerId: null, owner_id: '', workflowId: '', state_data: fatBag() }],
  ['a number and the same digits as text', { ownerId: 7, state_data: fatBag({ ownerId: '7' }) }],
  ['a merged bag of the same execution', fatBag({ state_data: fatBag() })],
];

const codeOf = (error: unknown): string => (error as StateBagError).code;
const adapterOf = useAdapters();
const bytes = () => adapterOf('bytes');

describe('levels that name different owners or workflows', () => {
  it.each(MISMATCHES)('are refused by the shim when an event holds %s', async (_, event) => {
    for (const options of [{}, { speaks: 'fat' as const }]) {
      const { shim, keys } = testShim(options);
      await expect(shim.wrap((input: unknown) => Promise.resolve(input))(event)).rejects.toMatchObject({
        code: 'OWNER_MISMATCH',
      });
      await expect(
        shim.wrap((input: unknown) => Promise.resolve(input), { segment: false })(event),
      ).rejects.toMatchObject({ code: 'OWNER_MISMATCH' });
      for (const ask of [
        () => shim.read(event).segment(),
        () => shim.read(event).hydrated(),
        () => shim.read(event).runnerEvent(),
      ]) {
        await expect(ask()).rejects.toMatchObject({ code: 'OWNER_MISMATCH' });
      }
      expect(await keys()).toEqual([]);
    }
  });

  it.each(MISMATCHES)('are refused by the byte adapter when an event or a result holds %s', async (_, event) => {
    await expect(adaptedBy(await bytes(), event)).rejects.toMatchObject({ code: 'OWNER_MISMATCH' });
    await expect(finishedBy(await bytes(), event)).rejects.toMatchObject({ code: 'OWNER_MISMATCH' });
  });

  it.each(MISMATCHES)('are refused in the answer of a handler when it holds %s', async (_, answer) => {
    const { shim } = testShim();
    await expect(shim.wrap(() => Promise.resolve(answer))(fatBag())).rejects.toMatchObject({ code: 'OWNER_MISMATCH' });
    await expect(shim.write(answer)).rejects.toMatchObject({ code: 'OWNER_MISMATCH' });
  });

  it('are refused around a lean bag in an answer', async () => {
    const { shim } = testShim();
    const lean = (await shim.write(fatBag())) as Json;
    await expect(shim.write({ ownerId: 'attacker', Payload: lean })).rejects.toMatchObject({ code: 'OWNER_MISMATCH' });
    await expect(shim.write({ ...lean, owner_id: 'attacker' })).rejects.toMatchObject({ code: 'OWNER_MISMATCH' });
  });

  it.each(AGREEMENTS)('are not seen in %s', async (_, event) => {
    const { shim } = testShim();
    const { segmentConfig } = await shim.read(event).segment();
    expect(segmentConfig).toEqual(programAt(fatBag(), 1));
    await expect(shim.write(event)).resolves.toBeDefined();
    await expect(adaptedBy(await bytes(), event)).resolves.toBeDefined();
  });

  it('are refused in an answer when a bag nested in it has the spelling that contradicts', async () => {
    const outer = own({ owner_id: 'victim', state_data: own({ owner_id: 'attacker' }) });
    await expect(testShim().shim.write({ state_data: outer })).rejects.toMatchObject({ code: 'OWNER_MISMATCH' });
    await expect(finishedBy(await bytes(), { state_data: outer })).rejects.toMatchObject({ code: 'OWNER_MISMATCH' });
  });

  it('are named in the message, both and shortened', async () => {
    const long = 'x'.repeat(5_000);
    const { shim } = testShim();
    const error: unknown = await shim
      .read({ ownerId: long, Payload: fatBag({ ownerId: 'ac"me\u001b' }) })
      .segment()
      .catch((thrown: unknown) => thrown);
    expect(codeOf(error)).toBe('OWNER_MISMATCH');
    const { message } = error as Error;
    expect(message).toContain('"ac\\"me\\u001b"');
    expect(message).toContain('"xxxx');
    expect(message.length).toBeLessThan(600);
  });

  it('do not stop an event in the modes observe and shadow', async () => {
    const [, event] = MISMATCHES[0]!;
    for (const mode of ['observe', 'shadow'] as const) {
      const shim = createStateBagShim({ store: testStore().store, mode });
      expect(await shim.wrap((input: unknown) => Promise.resolve(input))(event)).toEqual(event);
    }
  });

  it('are nothing to a document without a bag', async () => {
    const foreign = { ownerId: 'a', Payload: { ownerId: 'b' } };
    const { shim } = testShim();
    expect(await shim.wrap((input: unknown) => Promise.resolve(input))(foreign)).toEqual(foreign);
  });
});

describe('a complete bag', () => {
  const inner = [
    VICTIM,
    JSON.stringify(VICTIM),
    { ownerId: 'victim', partition_map: VICTIM.partition_map },
    fatBag({ ownerId: 'attacker', partition_map: VICTIM.partition_map }),
  ];
  const places = ['bag', 'Payload'].flatMap((name) => inner.map((value) => [name, value] as const));

  it.each(places)('is not given up for a member %s of its own', async (name, value) => {
    const asked: unknown[] = [];
    const shim = createStateBagShim({
      store: testStore().store,
      mode: (ids) => {
        asked.push([ids.ownerId, ids.workflowId]);
        return 'rewrite';
      },
    });
    const event = own({ [name]: value });
    const reading = shim.read(event);
    expect([reading.ownerId, reading.envelope]).toEqual(['attacker', []]);
    expect(await reading.segmentConfig()).toEqual(programAt(event, 1));
    const lean = (await shim.write(event)) as Json;
    expect(await shim.read(lean).segmentConfig()).toEqual(programAt(event, 1));
    if ((value as Json).ownerId !== 'attacker') expect(lean[name]).toEqual(value);
    expect(new Set(asked.map((ids) => JSON.stringify(ids)))).toEqual(new Set(['["attacker","invoices"]']));
    const adapter = await bytes();
    let handed: unknown;
    const [message] = await observed('read', async () => {
      handed = await adaptedBy(adapter, event);
    });
    expect(message?.ownerId).toBe('attacker');
    expect((handed as Json).segment_config).toEqual(asAdded(programAt(event, 1)));
  });

  it.each([
    ['bag', (bag: Json) => bag],
    ['Payload', (bag: Json) => JSON.stringify(bag)],
  ] as const)('is slimmed together with its copy under %s in an answer', async (name, wrap) => {
    const copy = fatBag({ segment_to_run: 2, start_time: 7 });
    const lean = (await testShim().shim.write(fatBag({ [name]: wrap(copy) }))) as Json;
    const sealed = (await finishedBy(await bytes(), fatBag({ [name]: wrap(copy) }))) as Json;
    for (const answer of [lean, sealed]) {
      const inner = (typeof answer[name] === 'string' ? JSON.parse(answer[name]) : answer[name]) as Json;
      for (const bag of [answer, inner])
        expect([bag.workflow_config, bag.partition_map, bag.state_bag_version]).toEqual([undefined, undefined, 2]);
      expect(inner.segment_to_run).toBe(2);
    }
  });

  it.each([2 ** 53, 7.5, true, { S: 'acme' }])(
    'is slimmed in an answer without the bag under its member bag when an id of that one is %j',
    async (id) => {
      for (const name of ['ownerId', 'owner_id', 'workflowId'] as const) {
        const bag = fatBag({ [name]: id });
        const lean = (await testShim().shim.write(fatBag({ bag }))) as Json;
        const sealed = (await finishedBy(await bytes(), fatBag({ bag }))) as Json;
        for (const answer of [lean, sealed]) {
          expect(answer.state_bag_version).toBe(2);
          expect(answer.bag).toEqual(bag);
        }
      }
    },
  );

  it('lends its ids to the function that decides on the mode, whatever its state_data names', () => {
    const asked: unknown[] = [];
    const mode = (ids: { readonly ownerId: string | undefined }) => (asked.push(ids.ownerId), 'rewrite' as const);
    const shim = createStateBagShim({ store: testStore().store, mode });
    expect(shim.read(own({ state_data: VICTIM })).ownerId).toBe('attacker');
    expect(shim.read(fatBag({ state_data: without(fatBag(), 'ownerId') })).ownerId).toBe('acme');
    expect(asked).toEqual(['attacker', 'acme']);
  });

  it('lends its ids to the function that decides on the mode of a result that answers no event', async () => {
    const asked: unknown[] = [];
    const mode = (ids: unknown) => (asked.push(ids), 'observe' as const);
    const shim = createStateBagShim({ store: testStore().store, mode });
    await shim.write(own({ state_data: VICTIM }));
    await shim.write(fatBag({ state_data: without(fatBag(), 'ownerId', 'workflowId') }));
    expect(asked).toEqual([
      { ownerId: 'attacker', workflowId: 'invoices' },
      { ownerId: 'acme', workflowId: 'invoices' },
    ]);
  });

  it('is unwrapped from state_data, in which a merge nests the newer one', async () => {
    const newer = fatBag({ segment_to_run: 2 });
    const { shim } = testShim();
    const reading = shim.read(fatBag({ segment_to_run: 0, state_data: newer }));
    expect(reading.envelope).toEqual(['state_data']);
    expect(await reading.segmentConfig()).toEqual(programAt(newer, 2));
  });
});
