import { beforeEach, describe, expect, it } from 'vitest';
import { createBlobStore } from '../../src/store/blob-store.js';
import type { BlobStore, BlobStoreOptions } from '../../src/store/blob-store.js';
import { memoryObjectStore } from 'statebag-shim/memory';
import type { ObjectStore } from '../../src/store/object-store.js';
import { FAULTS, faultyStore, listedFaults } from '../fakes/faulty-store.js';
import type { FaultName, FaultyStore } from '../fakes/faulty-store.js';
import { blobOf, digestOf } from './blobs.js';
import { codeOf } from './outcomes.js';

describe('the blob store, reading', () => {
  let objects: ObjectStore;
  beforeEach(() => {
    objects = memoryObjectStore();
  });
  const open = (
    faults: readonly FaultName[] = [],
    options: Partial<BlobStoreOptions> = {},
  ): { blobs: BlobStore; faulty: FaultyStore } => {
    const faulty = faultyStore(objects, listedFaults(faults));
    return { blobs: createBlobStore({ objects: faulty, bucket: 'bucket', prefix: 'pre', ...options }), faulty };
  };
  const legacy = { bucket: 'bucket', key: 'workflows/wf/executions/owner#auto#wf#0a1b/workflow_config_17.json' };
  const textOf = async (bytes: Promise<Uint8Array>): Promise<string> => Buffer.from(await bytes).toString();

  it('reads what it put', async () => {
    const { blobs } = open();
    await blobs.put(blobOf('a'));
    expect(await textOf(blobs.get({ bucket: 'bucket', key: `pre/${blobOf('a').key}` }))).toBe('a');
  });

  it('reads any key of its bucket', async () => {
    await objects.put(legacy, Buffer.from('old'));
    expect(await textOf(open().blobs.get(legacy, { sha256: digestOf('old') }))).toBe('old');
  });

  it('says DIGEST_MISMATCH when the bytes do not have the digest of the pointer', async () => {
    await objects.put(legacy, Buffer.from('old'));
    const error = await open()
      .blobs.get(legacy, { sha256: digestOf('other') })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'IntegrityError', code: 'DIGEST_MISMATCH' });
  });

  it('says DIGEST_MISMATCH when the bytes do not have the digest in the key', async () => {
    const address = { bucket: 'bucket', key: `pre/${blobOf('a').key}` };
    await objects.put(address, Buffer.from('damaged'));
    expect(await codeOf(open().blobs.get(address))).toBe('DIGEST_MISMATCH');
    expect(await codeOf(open().blobs.get(address, { sha256: digestOf('damaged') }))).toBe('DIGEST_MISMATCH');
  });

  it('reads no meaning into a digest outside its own prefix', async () => {
    const address = { bucket: 'bucket', key: `elsewhere/${digestOf('a')}/config.json` };
    await objects.put(address, Buffer.from('other'));
    expect(await textOf(open().blobs.get(address))).toBe('other');
  });

  it('says POINTER_DANGLING when nothing lies there, with the reason', async () => {
    const error = await open()
      .blobs.get(legacy)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'PointerError',
      code: 'POINTER_DANGLING',
      cause: { code: 'OBJECT_NOT_FOUND' },
    });
    expect((error as Error).message).toContain(`s3://bucket/${legacy.key}`);
  });

  it.each(['denied', 'timeout', 'truncated', 'unavailable'] as const)('passes %s on', async (fault) => {
    await objects.put(legacy, Buffer.from('old'));
    expect(await codeOf(open([fault]).blobs.get(legacy))).toBe(FAULTS[fault].code);
  });

  it('follows no pointer into another bucket, and does not ask the store', async () => {
    const { blobs, faulty } = open();
    expect(await codeOf(blobs.get({ ...legacy, bucket: 'foreign' }))).toBe('BUCKET_NOT_ALLOWED');
    expect(faulty.calls).toEqual([]);
  });

  it('follows pointers into buckets it was told to allow', async () => {
    await objects.put({ ...legacy, bucket: 'old-bucket' }, Buffer.from('old'));
    const { blobs } = open([], { allowBuckets: ['old-bucket'] });
    expect(await textOf(blobs.get({ ...legacy, bucket: 'old-bucket' }))).toBe('old');
  });

  it.each([
    ['workflows/wf/a', 'done'],
    ['workflows/wf', 'PREFIX_NOT_ALLOWED'],
    ['workflows/wf2/a', 'PREFIX_NOT_ALLOWED'],
    ['pre/anything', 'done'],
    ['prefix', 'PREFIX_NOT_ALLOWED'],
  ])('with a list of prefixes, a pointer to %s gives %s', async (key, outcome) => {
    await objects.put({ bucket: 'bucket', key }, Buffer.from('x'));
    const { blobs } = open([], { allowPrefixes: ['/workflows/wf'] });
    expect(await codeOf(blobs.get({ bucket: 'bucket', key }))).toBe(outcome);
  });

  it('does not open a whole bucket because the store has no prefix', async () => {
    await objects.put(legacy, Buffer.from('x'));
    const { blobs } = open([], { prefix: '', allowPrefixes: ['workflow-configs'] });
    expect(await codeOf(blobs.get(legacy))).toBe('PREFIX_NOT_ALLOWED');
  });

  it('cannot be led out of an allowed prefix', async () => {
    const { blobs } = open([], { allowPrefixes: ['workflows'] });
    expect(await codeOf(blobs.get({ bucket: 'bucket', key: 'workflows/../secret' }))).toBe('KEY_INVALID');
  });
});
