import { createStateBagShim } from 'statebag-shim';
import type { BlobStore, BlobStoreOptions, ShimOptions, StateBagShim } from 'statebag-shim';
import { createBlobStore } from '../../src/store/blob-store.js';
import { memoryObjectStore } from 'statebag-shim/memory';
import type { ObjectStore } from '../../src/store/object-store.js';
import { faultyStore } from '../fakes/faulty-store.js';
import type { FaultyStore } from '../fakes/faulty-store.js';

const BUCKET = 'bags';

type FaultSchedule = Parameters<typeof faultyStore>[1];
type Fault = NonNullable<ReturnType<FaultSchedule>>;

/** A store in memory that counts its calls and can be told to fail. */
export interface TestStore {
  readonly store: BlobStore;
  readonly objects: ObjectStore;
  readonly calls: FaultyStore['calls'];
  /** From now on; `undefined` for none. */
  readonly fail: (fault: Fault | FaultSchedule | undefined) => void;
  readonly keys: () => Promise<string[]>;
}

export function testStore(
  objects: ObjectStore = memoryObjectStore(),
  options: Partial<BlobStoreOptions> = {},
): TestStore {
  let schedule: FaultSchedule = () => undefined;
  const faulty = faultyStore(objects, (call) => schedule(call));
  return {
    store: createBlobStore({
      // Legacy objects of the tests are stored at keys of their own.
      allowPrefixes: [`s3://${options.bucket ?? BUCKET}/`],
      ...options,
      objects: faulty,
      bucket: options.bucket ?? BUCKET,
      backoff: { attempts: 2, sleep: () => Promise.resolve() },
    }),
    objects,
    calls: faulty.calls,
    fail: (fault) => {
      schedule = typeof fault === 'function' ? fault : () => fault;
    },
    keys: async () => {
      const keys: string[] = [];
      for await (const { key } of objects.list(BUCKET, '')) keys.push(key);
      return keys;
    },
  };
}

export interface TestShim extends TestStore {
  readonly shim: StateBagShim;
}

/** A shim in the mode `rewrite` on a store of its own, unless told otherwise. */
export function testShim(options: Partial<ShimOptions> = {}, store: TestStore = testStore()): TestShim {
  return { ...store, shim: createStateBagShim({ store: store.store, mode: 'rewrite', ...options }) };
}

/** Puts any bytes at a key, as a legacy writer does. */
export async function putObject(
  { objects }: Pick<TestStore, 'objects'>,
  key: string,
  value: unknown,
  bucket = BUCKET,
): Promise<string> {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  await objects.put({ bucket, key }, new TextEncoder().encode(text));
  return `s3://${bucket}/${key}`;
}

/** A store that never answers, and gives up when it is told to. */
export function hangingStore(): BlobStore {
  return gatedStore(testStore().store, new Promise(() => undefined));
}

/** A store whose answers wait for a gate, until a caller gives up. */
export function gatedStore(store: BlobStore, gate: Promise<unknown>): BlobStore {
  const wait = (signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      void gate.then(() => {
        resolve();
      });
      signal?.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
  return {
    bucket: store.bucket,
    prefix: store.prefix,
    description: store.description,
    uri: (key) => store.uri(key),
    get: (address, options) => wait(options?.signal).then(() => store.get(address, options)),
    put: (blob, signal) => wait(signal).then(() => store.put(blob, signal)),
  };
}
