import { describe, expect, test } from 'vitest';
import type { ShimOptions } from 'statebag-shim';
import { asAdded, fatBag, programAt, without } from './bags.js';
import type { Json } from './bags.js';
import { observed } from './observed.js';
import { testShim, testStore } from './shims.js';

const LIMIT = { limitBytes: 20_000, headroomBytes: 0 };
const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

/** A bag whose state, history and input together are over the limit. */
function largeBag(overrides: Json = {}): Json {
  return fatBag({
    current_state: { rows: Array.from({ length: 200 }, (_, row) => ({ row, text: 'für Zeile '.repeat(5) })) },
    input: { documents: 'd'.repeat(9_000) },
    notes: 'n'.repeat(4_000),
    ...overrides,
  });
}

function isPointer(value: unknown): boolean {
  return (value as Json).__s3_pointer__ === true;
}

async function written(bag: Json, options: Partial<ShimOptions> = {}) {
  const rig = testShim({ budget: LIMIT, ...options });
  return {
    ...rig,
    result: (await rig.shim.write({ bag, next_action: 'CONTINUE' })) as { bag: Json; next_action: string },
  };
}

describe('a result over budget', () => {
  test('fits, with the largest member stored in the form that legacy readers follow', async () => {
    const { result, store } = await written(largeBag());
    expect(sizeOf(result)).toBeLessThanOrEqual(LIMIT.limitBytes);
    const pointer = result.bag.current_state as Json;
    expect(pointer).toEqual({
      __s3_pointer__: true,
      bucket: 'bags',
      key: expect.stringMatching(/^state-members\/acme\/invoices\/[0-9a-f]{64}\/current_state\.json$/) as string,
      size_bytes: sizeOf(largeBag().current_state),
      checksum: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
      field_name: 'current_state',
      created_at: 1769760000,
    });
    const bytes = await store.get({ bucket: 'bags', key: pointer.key as string });
    expect(JSON.parse(Buffer.from(bytes).toString())).toEqual(largeBag().current_state);
    expect(result.bag.input).toEqual(largeBag().input);
  });

  test('counts bytes of UTF-8 over the whole of it, the envelope included', async () => {
    const { shim } = testShim({ budget: { limitBytes: 300, headroomBytes: 0 } });
    const wide = { text: 'ü'.repeat(140) };
    expect(await shim.write(wide)).toBe(wide);
    await expect(shim.write({ text: 'ü'.repeat(145) })).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  test('leaves the headroom free', async () => {
    const { shim } = testShim({ budget: { limitBytes: 1_000, headroomBytes: 500 } });
    await expect(shim.write({ text: 'x'.repeat(600) })).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      context: { maxBytes: 500 },
    });
  });

  test('is by default what Step Functions takes, less 8 KiB', async () => {
    const { shim } = testShim();
    const most = { text: 'x'.repeat(262_144 - 8_192 - 11) };
    expect(await shim.write(most)).toBe(most);
    await expect(shim.write({ text: `${most.text}x` })).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  test('that cannot fit is a typed error that a state machine can catch', async () => {
    const { shim, keys } = testShim({ budget: LIMIT });
    const failing = shim.wrap(() => ({ bag: fatBag(), answer: 'x'.repeat(30_000) }))(fatBag());
    await expect(failing).rejects.toMatchObject({
      name: 'StateBagPayloadTooLargeError',
      code: 'PAYLOAD_TOO_LARGE',
      retryable: false,
      message: expect.stringMatching(/^PAYLOAD_TOO_LARGE: the result takes \d+ bytes of at most 20000/) as string,
    });
    expect((await keys()).some((key) => key.startsWith('state-members'))).toBe(false);
  });

  test('may be let through', async () => {
    const { shim } = testShim({ budget: false });
    expect(await shim.write({ text: 'x'.repeat(300_000) })).toMatchObject({ text: expect.any(String) as string });
  });

  test('never loses what a state machine reads, nor numbers and flags', async () => {
    const { result } = await written(
      largeBag({
        pending_branches: [{ branch_id: 'b', text: 'x'.repeat(3_000) }],
        __new_history_logs: ['x'.repeat(3_000)],
      }),
      {
        budget: { limitBytes: 8_500, headroomBytes: 0 },
      },
    );
    expect(isPointer(result.bag.pending_branches)).toBe(false);
    expect(isPointer(result.bag.__new_history_logs)).toBe(false);
    for (const name of [
      'ownerId',
      'workflowId',
      'loop_counter',
      'max_loop_iterations',
      'total_segments',
      'distributed_strategy',
      'start_time',
      'llm_segments',
      'hitp_segments',
      'idempotency_key',
    ]) {
      expect(result.bag[name]).toEqual(largeBag()[name]);
    }
  });

  test('tells what it offloaded', async () => {
    const [message] = await observed('write', () => written(largeBag()));
    expect(message).toMatchObject({ offloaded: ['current_state'], bytes: expect.any(Number) as number });
    expect(message!.bytesSaved).toBeGreaterThan(sizeOf(fatBag().workflow_config) + sizeOf(fatBag().partition_map));
  });

  test('is an error to retry when the store does not take the member', async () => {
    const rig = testShim({ budget: LIMIT });
    rig.fail(({ address }) =>
      address.key.startsWith('state-members') ? { moment: 'before', code: 'STORE_UNAVAILABLE' } : undefined,
    );
    await expect(rig.shim.wrap(() => largeBag())(fatBag())).rejects.toMatchObject({
      name: 'StateBagRetryableError',
      code: 'STORE_UNAVAILABLE',
    });
  });
});

describe('which members leave', () => {
  test('is the list of those that may', async () => {
    const { result } = await written(largeBag({ current_state: {}, input: { documents: 'd'.repeat(18_000) } }), {
      offload: { only: ['input', 'notes'] },
    });
    expect(isPointer(result.bag.input)).toBe(true);
    await expect(
      written(largeBag({ notes: 'n'.repeat(30_000) }), { offload: { only: ['input'] } }),
    ).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  test('spares those that must stay', async () => {
    const { result } = await written(largeBag(), { offload: { never: ['current_state'] } });
    expect(isPointer(result.bag.current_state)).toBe(false);
    expect(isPointer(result.bag.input)).toBe(true);
  });

  test('begins with those that are to go first', async () => {
    const { result } = await written(largeBag(), { offload: { first: ['notes', 'input'] } });
    expect([result.bag.notes, result.bag.input].map(isPointer)).toEqual([true, true]);
    expect(isPointer(result.bag.current_state)).toBe(false);
  });

  test('leaves out small ones', async () => {
    const { result } = await written(largeBag({ notes: 'n'.repeat(400) }), {
      budget: { limitBytes: 3_000, headroomBytes: 0 },
      offload: { minBytes: 500 },
    });
    expect(result.bag.notes).toBe('n'.repeat(400));
  });
});

describe('an offloaded member', () => {
  test.each(['lean', 'fat'] as const)('is back in the next event of a runner that speaks %s', async (speaks) => {
    const store = testStore();
    const { shim } = testShim({ budget: LIMIT, speaks }, store);
    const lean = (await shim.write(largeBag())) as Json;
    let handed: Json = {};
    const again = await shim.wrap<Json>((event) => ({ ...(handed = event as Json) }))({ state_data: lean });
    expect((handed.state_data as Json).current_state).toEqual(largeBag().current_state);
    expect(again).toEqual({ state_data: lean, segment_config: asAdded(programAt(largeBag(), 1)) });
  });

  test("is read once by a container, and is the handler's own copy", async () => {
    const store = testStore();
    const { shim } = testShim({ budget: LIMIT }, store);
    const lean = (await shim.write(largeBag())) as Json;
    const states: unknown[] = [];
    const handler = shim.wrap<Json>((event) => {
      const state = event.current_state as { rows: unknown[] };
      states.push(structuredClone(state));
      state.rows.length = 0;
      return 'done';
    });
    await handler(lean);
    const calls = store.calls.length;
    await handler(lean);
    expect(states[1]).toEqual(states[0]);
    expect(store.calls).toHaveLength(calls);
  });

  test('that is gone is an error, since nothing stands for it', async () => {
    const store = testStore();
    const lean = (await testShim({ budget: LIMIT }, store).shim.write(largeBag())) as Json;
    await store.objects.delete({ bucket: 'bags', key: (lean.current_state as Json).key as string });
    await expect(testShim({}, store).shim.wrap(() => 'never')(lean)).rejects.toMatchObject({
      code: 'POINTER_DANGLING',
    });
  });

  test('survives a second pass over budget under the same key', async () => {
    const store = testStore();
    const { shim } = testShim({ budget: LIMIT }, store);
    const lean = (await shim.write(largeBag())) as Json;
    const keys = await store.keys();
    expect(await testShim({ budget: LIMIT }, store).shim.wrap((event) => ({ ...(event as Json) }))(lean)).toEqual(lean);
    expect(await store.keys()).toEqual(keys);
  });
});

describe('what only looks like an offloaded member', () => {
  const digest = 'a'.repeat(64);
  const lookAlike = (key: string, bucket = 'bags') => ({
    __s3_pointer__: true,
    bucket,
    key,
    size_bytes: 3,
    checksum: '',
    field_name: 'secret',
    created_at: 0,
  });

  test.each([
    ['another owner', lookAlike(`state-members/other/invoices/${digest}/secret.json`)],
    ['another bucket', lookAlike(`state-members/acme/invoices/${digest}/secret.json`, 'elsewhere')],
    ['no digest', lookAlike('state-members/acme/invoices/secret.json')],
    ['a legacy place', lookAlike('workflows/invoices/executions/acme#1/secret_1.json')],
  ])('by naming %s is left as it is', async (_, secret) => {
    const store = testStore();
    const { shim } = testShim({}, store);
    let handed: Json = {};
    const event = fatBag({ secret });
    await shim.wrap<Json>((got) => (handed = got as Json))(event);
    expect(handed.secret).toEqual(secret);
    expect(store.calls.filter(({ operation }) => operation === 'get')).toHaveLength(0);
  });
});

test('a result measured in one go is not measured twice', async () => {
  const { shim } = testShim();
  let reads = 0;
  const result = {
    bag: without(fatBag(), 'workflow_config', 'partition_map', 'segment_manifest_s3_path'),
    counted: { toJSON: () => (reads += 1) },
  };
  await shim.write(result);
  expect(reads).toBe(1);
});
