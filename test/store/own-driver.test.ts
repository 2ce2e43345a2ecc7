import { describe, expect, it } from 'vitest';
import { ConflictError, createBlobStore } from 'statebag-shim';
import type { ObjectStore } from 'statebag-shim';
import { memoryObjectStore } from 'statebag-shim/memory';
import { objectStoreContract } from 'statebag-shim/store-contract';
import type { ContractTest } from 'statebag-shim/store-contract';
import { VITEST } from './vitest-functions.js';

const GAPS = { lacks: ['missing bucket is an error'], clockStepMs: 10 } as const;

/** A driver of a user: every key is below a folder of another driver. */
function folderStore(folder: string, objects = memoryObjectStore()): ObjectStore {
  return {
    description: `${objects.description}${folder}`,
    keepsAttributes: objects.keepsAttributes,
    get: ({ bucket, key }, request) => objects.get({ bucket, key: inFolder(key) }, request),
    put: ({ bucket, key }, bytes, request) => objects.put({ bucket, key: inFolder(key) }, bytes, request),
    delete: ({ bucket, key }, request) => objects.delete({ bucket, key: inFolder(key) }, request),
    async *list(bucket, prefix, signal) {
      for await (const found of objects.list(bucket, folder + prefix, signal))
        yield { ...found, key: found.key.slice(folder.length) };
    },
  };

  function inFolder(key: string): string {
    // An empty key, and one of the whole length, are refused as the driver below refuses them.
    return key === '' || key.length > 1_000 ? key : folder + key;
  }
}

objectStoreContract(
  VITEST,
  'a driver of a user',
  () => Promise.resolve({ objects: folderStore('folder/'), bucket: 'bucket' }),
  GAPS,
);

/** Runs the suite with functions that are not those of a test runner. Gives the titles of the tests that failed. */
async function failures(objects: ObjectStore): Promise<readonly string[]> {
  const hooks: (() => Promise<void>)[] = [];
  const tests: { readonly name: string; readonly run: () => Promise<void> }[] = [];
  const test: ContractTest = {
    describe: (_name, define) => {
      define();
    },
    it: (name, run) => tests.push({ name, run }),
    beforeAll: (run) => hooks.push(run),
    afterAll: () => undefined,
    expect,
  };
  objectStoreContract(test, 'a driver', () => Promise.resolve({ objects, bucket: 'bucket' }), GAPS);
  for (const hook of hooks) await hook();
  const failed: string[] = [];
  for (const { name, run } of tests) await Promise.resolve(run()).catch(() => failed.push(name));
  return failed;
}

describe('the contract suite', () => {
  it('passes with the functions of another test runner', async () => {
    expect(await failures(memoryObjectStore())).toEqual([]);
  });

  it('fails for a driver that overwrites where it must create', async () => {
    const objects = memoryObjectStore();
    const careless: ObjectStore = {
      get: objects.get.bind(objects),
      list: objects.list.bind(objects),
      delete: objects.delete.bind(objects),
      put: (...[address, bytes, request]: Parameters<ObjectStore['put']>) =>
        objects.put(address, bytes, { ...request, ifAbsent: false }),
      description: objects.description,
      keepsAttributes: objects.keepsAttributes,
    };
    expect(await failures(careless)).toContain('lets exactly one of sixteen concurrent creators win');
  });
});

describe('createBlobStore', () => {
  it('makes a store of a driver of the user, which keeps its errors', async () => {
    const objects = folderStore('folder/');
    await objects.put({ bucket: 'bucket', key: 'a' }, Buffer.from('x'));
    const store = createBlobStore({ objects, bucket: 'bucket' });
    expect(Buffer.from(await store.get({ bucket: 'bucket', key: 'a' })).toString()).toBe('x');
    await expect(
      objects.put({ bucket: 'bucket', key: 'a' }, Buffer.from('y'), { ifAbsent: true }),
    ).rejects.toBeInstanceOf(ConflictError);
  });
});
