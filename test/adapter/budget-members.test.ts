import { describe, expect, test } from 'vitest';
import { ADAPTER_NAMES, finishedBy, keysOf, useAdapters } from './adapters.js';
import { fatBag } from './bags.js';
import type { Json } from './bags.js';
import { observed } from './observed.js';
import { testShim } from './shims.js';

const LIMIT = 20_000;
const open = useAdapters();

const isPointer = (value: unknown) => (value as Json).__s3_pointer__ === true;
const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const TEXT = 'x'.repeat(LIMIT);

describe.each(ADAPTER_NAMES)('with the adapter of %s', (name) => {
  test('a member that only the user reads is stored when it makes a result too large', async () => {
    const adapter = await open(name, { limitBytes: LIMIT });
    const result = (await finishedBy(adapter, fatBag({ notes: TEXT }))) as Json;
    expect(isPointer(result.notes)).toBe(true);
  });

  test.each<[member: string, value: unknown, others?: Json]>([
    // The program and what leads to it.
    ['workflow_config', TEXT],
    ['partition_map', [{ partition_id: 'p', items: [TEXT] }]],
    // What every state of a state machine may compare.
    ['idempotency_key', TEXT],
    // What a call reads.
    ['branch_id', TEXT],
    ['branch_config', { text: TEXT }],
    ['execution_mode', TEXT],
    ['segment_id', TEXT],
    // Marks of the initialiser. Only a bag that is left in its old form keeps them.
    ['_is_init', TEXT, { workflow_config: 'not a config' }],
    ['_status', TEXT, { workflow_config: 'not a config' }],
    // Envelopes, where a reader looks for bags.
    ['Payload', { text: TEXT }],
    ['state_data', { text: TEXT }],
    ['bag', { text: TEXT }],
    // What a Choice state or a Map state reads.
    ['pending_branches', [TEXT]],
    ['distributed_strategy', TEXT],
    ['__hidden', TEXT],
    // A pointer of the user.
    ['mine', { __s3_pointer__: true, text: TEXT }],
    ['mine', { __s3_offloaded: true, text: TEXT }],
  ])('the member %s stays in a bag that it makes too large', async (member, value, others) => {
    const adapter = await open(name, { limitBytes: LIMIT }, 'stays');
    await expect(finishedBy(adapter, fatBag({ [member]: value, ...others }))).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
    });
    expect((await keysOf(adapter)).filter((key) => key.endsWith(`/${member}.json`))).toEqual([]);
  });

  test('a result may have as many bytes of UTF-8 as the limit, with all that is around its bag, and not one more', async () => {
    const adapter = await open(name, { limitBytes: LIMIT });
    const bag = fatBag();
    const lean = sizeOf(await finishedBy(adapter, { bag, answer: '', more: '' }));
    const wide = 'ü'.repeat(Math.floor((LIMIT - lean) / 2));
    const more = 'x'.repeat((LIMIT - lean) % 2);
    expect(sizeOf(await finishedBy(adapter, { bag, answer: wide, more }))).toBe(LIMIT);
    await expect(finishedBy(adapter, { bag, answer: wide, more: `${more}x` })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      message: expect.stringContaining(`takes ${LIMIT + 1} bytes of at most ${LIMIT}`) as string,
    });
  });

  test('the bytes that a stored member saves are reported, and added to those of the program', async () => {
    const adapter = await open(name, { limitBytes: LIMIT });
    const finish = async (result: Json) => {
      let sealed: Json = {};
      const [message] = await observed('write', async () => {
        sealed = (await finishedBy(adapter, result)) as Json;
      });
      return { sealed, saved: message!.bytesSaved };
    };
    const program = await finish(fatBag());
    expect(program.saved).toBeGreaterThan(0);
    const large = { ...program.sealed, notes: TEXT };
    const member = await finish(large);
    expect(member.saved).toBe(sizeOf(large) - sizeOf(member.sealed));
    expect((await finish(fatBag({ notes: TEXT }))).saved).toBe(program.saved + member.saved);
  });

  test('the length of a pointer counts when the largest member alone would just not save enough', async () => {
    const adapter = await open(name, { limitBytes: LIMIT }, 'pointers');
    const bag = fatBag({ first: 'f'.repeat(12_000), second: 's'.repeat(2_000) });
    const lean = sizeOf(await finishedBy(adapter, { bag, answer: '' }));
    // `first` takes 12,002 bytes. Without a pointer in its place, it would save 10 bytes more than needed.
    const answer = 'a'.repeat(LIMIT - lean + 12_002 - 10);
    const result = (await finishedBy(adapter, { bag, answer })) as { readonly bag: Json };
    expect(sizeOf(result)).toBeLessThanOrEqual(LIMIT);
    expect([result.bag.first, result.bag.second].map(isPointer)).toEqual([true, true]);
  });

  test('a member is replaced only in its own bag when a result has two', async () => {
    const adapter = await open(name, { limitBytes: LIMIT }, 'two bags');
    const inner = fatBag({ notes: 'i'.repeat(9_000) });
    const result = (await finishedBy(adapter, fatBag({ notes: TEXT, state_data: inner }))) as Json;
    expect(isPointer(result.notes)).toBe(true);
    expect((result.state_data as Json).notes).toBe(inner.notes);
  });
});

test('a member that is shorter than a pointer stays, even if it is to go first', async () => {
  const { shim, keys } = testShim({
    budget: { limitBytes: LIMIT, headroomBytes: 0 },
    offload: { first: ['short'], minBytes: 0 },
  });
  const result = (await shim.write(fatBag({ short: 's', notes: TEXT }))) as Json;
  expect([result.short, isPointer(result.notes)]).toEqual(['s', true]);
  const members = (await keys()).filter((key) => key.startsWith('state-members/'));
  expect(members.map((key) => key.split('/').at(-1))).toEqual(['notes.json']);
});

test.each([
  ['a list', [fatBag({ notes: TEXT })], 'it is no object with a bag in it'],
  ['an object without members that may leave', { answer: TEXT }, 'what is left in it may not be offloaded'],
])('the reason says why a result that is %s cannot be made to fit', async (_, result, why) => {
  const { shim } = testShim({ budget: { limitBytes: LIMIT, headroomBytes: 0 } });
  await expect(shim.write(result)).rejects.toMatchObject({
    message: expect.stringContaining(`at most ${LIMIT}, and ${why}`) as string,
  });
});
