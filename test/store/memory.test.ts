import { expect, it } from 'vitest';
import { memoryBlobStore, memoryObjectStore } from 'statebag-shim/memory';
import { objectStoreContract } from 'statebag-shim/store-contract';
import { VITEST } from './vitest-functions.js';

objectStoreContract(VITEST, 'memory', () => Promise.resolve({ objects: memoryObjectStore(), bucket: 'bucket' }), {
  lacks: ['missing bucket is an error'],
  clockStepMs: 10,
});

it('tells the time of the clock it was given', async () => {
  const objects = memoryObjectStore({ now: () => 86_400_000 });
  await objects.put({ bucket: 'b', key: 'k' }, Buffer.from('x'));
  for await (const found of objects.list('b', ''))
    expect(found.lastModified.toISOString()).toBe('1970-01-02T00:00:00.000Z');
});

it('lists nothing in a bucket nobody wrote to', async () => {
  for await (const found of memoryObjectStore().list('nowhere', '')) expect.unreachable(found.key);
});

it('makes a blob store of its own', async () => {
  const blobs = memoryBlobStore({ bucket: 'b', prefix: 'p' });
  await blobs.put({
    key: 'k',
    bytes: Buffer.from('x'),
    sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
    addressed: false,
  });
  expect(Buffer.from(await blobs.get({ bucket: 'b', key: 'p/k' })).toString()).toBe('x');
});
