import { expect, it } from 'vitest';
import { createStateBagShim } from 'statebag-shim';
import type { BlobStore } from 'statebag-shim';
import { memoryBlobStore } from 'statebag-shim/memory';
import { fatBag } from './bags.js';

/** A store in memory that records the keys of what is put into it. */
function recordingStore(): { readonly store: BlobStore; readonly keys: readonly string[] } {
  const inner = memoryBlobStore({ bucket: 'bags' });
  const keys: string[] = [];
  const store: BlobStore = {
    bucket: inner.bucket,
    prefix: inner.prefix,
    description: inner.description,
    uri: (key) => inner.uri(key),
    get: (address, options) => inner.get(address, options),
    put: (blob, signal) => {
      keys.push(blob.key);
      return inner.put(blob, signal);
    },
  };
  return { store, keys };
}

const isMember = (key: string) => key.startsWith('state-members/');
const BUDGET = { limitBytes: 20_000, headroomBytes: 0 };
const LARGE_STATE = fatBag({ current_state: { text: 's'.repeat(15_000) } });

it('the shim stores a member of a result that fits only with a pointer in its place', async () => {
  const { store, keys } = recordingStore();
  const shim = createStateBagShim({ store, mode: 'rewrite', budget: BUDGET });
  await shim.write({ bag: LARGE_STATE, answer: 'x'.repeat(10_000) });
  expect([...new Set(keys.filter(isMember))]).toEqual([
    expect.stringMatching(/^state-members\/acme\/invoices\/[0-9a-f]{64}\/current_state\.json$/),
  ]);
});

it('the shim stores no member of a result that is too large even with pointers in place of its members', async () => {
  const { store, keys } = recordingStore();
  const shim = createStateBagShim({ store, mode: 'rewrite', budget: BUDGET });
  const failing = shim.write({ bag: LARGE_STATE, answer: 'x'.repeat(30_000) });
  await expect(failing).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  expect(keys.filter(isMember)).toEqual([]);
});
