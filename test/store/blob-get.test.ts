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

  it('reads no meaning into 64 hex digits of a key in no layout', async () => {
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
    expect(await codeOf(blobs.get({ ...legacy, bucket: 'foreign' }))).toBe('POINTER_NOT_ALLOWED');
    expect(faulty.calls).toEqual([]);
  });

  it('follows pointers into buckets it was told to allow', async () => {
    await objects.put({ ...legacy, bucket: 'old-bucket' }, Buffer.from('old'));
    const { blobs } = open([], { allowBuckets: ['old-bucket'] });
    expect(await textOf(blobs.get({ ...legacy, bucket: 'old-bucket' }))).toBe('old');
  });

  it('reads from the bucket of an allowed prefix', async () => {
    await objects.put({ bucket: 'old-bucket', key: 'archive/x' }, Buffer.from('old'));
    const { blobs } = open([], { allowPrefixes: ['s3://old-bucket/archive/'] });
    expect(await textOf(blobs.get({ bucket: 'old-bucket', key: 'archive/x' }))).toBe('old');
  });

  it('says PREFIX_INVALID for a prefix that does not end at a folder', () => {
    expect(() => open([], { allowPrefixes: ['archive'] })).toThrow(expect.objectContaining({ code: 'PREFIX_INVALID' }));
  });

  it('says DIGEST_MISMATCH for a key of the layout in whatever bucket and folder', async () => {
    const address = { bucket: 'old-bucket', key: `far/away/${blobOf('a').key}` };
    await objects.put(address, Buffer.from('damaged'));
    expect(await codeOf(open([], { allowBuckets: ['old-bucket'] }).blobs.get(address))).toBe('DIGEST_MISMATCH');
  });

  it('says POINTER_TARGET_TOO_LARGE for an object over the limit, and reads one at the limit', async () => {
    await objects.put(legacy, Buffer.from('12345'));
    const error = await open([], { maxTargetBytes: 4 })
      .blobs.get(legacy)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'PointerError', code: 'POINTER_TARGET_TOO_LARGE', retryable: false });
    expect(await textOf(open([], { maxTargetBytes: 5 }).blobs.get(legacy))).toBe('12345');
  });
});
