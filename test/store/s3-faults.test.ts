import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { s3ObjectStore } from 'statebag-shim/s3';
import type { S3ObjectStoreOptions } from 'statebag-shim/s3';
import type { ObjectStore } from '../../src/store/object-store.js';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Operation, S3Server } from '../fakes/s3-server.js';
import { codeOf } from './outcomes.js';
import { clientWith } from './s3-client.js';

const address = { bucket: 'bucket', key: 'owner#1/object.json' };
const some = Buffer.from('{"a":1}');
const large = Buffer.alloc(6 * 1024 * 1024, 'x');

describe('the S3 driver in trouble', () => {
  let server: S3Server;
  let objects: ObjectStore;
  const open = (options: S3ObjectStoreOptions = {}): ObjectStore =>
    s3ObjectStore({ region: 'us-east-1', endpoint: server.endpoint, ...options });

  beforeEach(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    server = await startS3Server({ buckets: ['bucket'] });
    objects = open();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });

  const made = (operation: S3Operation) => server.requests.filter((request) => request.operation === operation);

  describe('faults', () => {
    it('lets the SDK retry throttling, and says STORE_UNAVAILABLE when that lasts', async () => {
      server.inject({ operation: 'PutObject', kind: 'slow-down', times: 2 });
      await objects.put(address, some);
      server.inject({ operation: 'GetObject', kind: 'slow-down', times: 3 });
      const error = await objects.get(address).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'STORE_UNAVAILABLE',
        retryable: true,
        context: { bucket: 'bucket', path: address.key },
      });
    });

    it('says WRITE_CONFLICT for 409 after one request', async () => {
      server.inject({ operation: 'PutObject', kind: 'conflict' });
      const error = await objects.put(address, some, { ifAbsent: true }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'ConflictError', code: 'WRITE_CONFLICT', retryable: true });
      expect(made('PutObject')).toHaveLength(1);
    });

    it('shows a lost reply of a conditional write as PRECONDITION_FAILED, with the object in place', async () => {
      server.inject({ operation: 'PutObject', kind: 'lost-reply' });
      expect(await codeOf(objects.put(address, some, { ifAbsent: true }))).toBe('PRECONDITION_FAILED');
      expect(made('PutObject')).toHaveLength(2);
      expect(Buffer.from((await objects.get(address)).bytes).equals(some)).toBe(true);
    });

    it('shows a lost reply of a completed upload as a conflict that can be retried', async () => {
      server.inject({ operation: 'CompleteMultipartUpload', kind: 'lost-reply' });
      expect(['WRITE_CONFLICT', 'PRECONDITION_FAILED']).toContain(
        await codeOf(objects.put(address, large, { ifAbsent: true })),
      );
      expect((await objects.get(address)).bytes).toHaveLength(large.length);
    });

    it('says STORE_UNAVAILABLE when nobody listens', async () => {
      const gone = s3ObjectStore({ region: 'us-east-1', endpoint: 'http://127.0.0.1:9', maxAttempts: 1 });
      expect(await codeOf(gone.get(address))).toBe('STORE_UNAVAILABLE');
    });

    it('reads a truncated body again, a bounded number of times', async () => {
      await objects.put(address, some);
      server.inject({ operation: 'GetObject', kind: 'truncated-body', times: 2 });
      expect(Buffer.from((await objects.get(address)).bytes).equals(some)).toBe(true);
      expect(made('GetObject')).toHaveLength(3);
      server.inject({ operation: 'GetObject', kind: 'truncated-body', times: 100 });
      const error = await objects.get(address).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'BODY_TRUNCATED', retryable: true });
      expect((error as Error).message).toContain('ended after 3 of 7 bytes');
      expect(made('GetObject')).toHaveLength(6);
    });

    it('takes a body that ends early without an error for truncated too', async () => {
      const answerOf = (ContentLength: number | undefined) => {
        const Body = Readable.from([Buffer.from('abc'), Buffer.from('de')]);
        return s3ObjectStore({
          client: clientWith(() => Promise.resolve({ Body, ContentLength, ETag: '"v"' })),
          maxAttempts: 1,
        });
      };
      expect(await codeOf(answerOf(6).get(address))).toBe('BODY_TRUNCATED');
      expect(Buffer.from((await answerOf(undefined).get(address)).bytes).toString()).toBe('abcde');
    });

    it('says STORE_TIMEOUT when no answer comes', async () => {
      server.inject({ operation: 'PutObject', kind: 'hang', times: 5 });
      const impatient = open({ requestTimeoutMs: 150, maxAttempts: 1 });
      expect(await codeOf(impatient.put(address, some))).toBe('STORE_TIMEOUT');
    });

    it('says STORE_TIMEOUT when a body stops coming', async () => {
      await objects.put(address, some);
      server.inject({ operation: 'GetObject', kind: 'hanging-body', times: 5 });
      const impatient = open({ requestTimeoutMs: 150, maxAttempts: 1 });
      expect(await codeOf(impatient.get(address))).toBe('STORE_TIMEOUT');
    });

    it.each<[S3Operation, string, (store: ObjectStore) => Promise<unknown>]>([
      ['PutObject', 's3:PutObject', (store) => store.put(address, some)],
      ['PutObject', 's3:PutObjectTagging', (store) => store.put(address, some, { attributes: { tags: { a: 'b' } } })],
      ['UploadPart', 's3:PutObject', (store) => store.put(address, large)],
      ['GetObject', 's3:GetObject', (store) => store.get(address)],
      ['GetObjectTagging', 's3:GetObjectTagging', (store) => store.get(address, { withTags: true })],
      ['DeleteObject', 's3:DeleteObject', (store) => store.delete(address)],
      ['ListObjectsV2', 's3:ListBucket', (store) => firstOf(store)],
    ])('names the permission missing for %s: %s', async (operation, action, work) => {
      await objects.put(address, some);
      server.inject({ operation, kind: 'denied', times: 10 });
      const error = await work(objects).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'StoreError', code: 'STORE_DENIED', retryable: false });
      expect((error as Error).message).toContain(action);
    });

    it('tells an archived object from an absent one', async () => {
      await objects.put(address, some, { attributes: { storageClass: 'DEEP_ARCHIVE' } });
      expect(await codeOf(objects.get(address))).toBe('OBJECT_ARCHIVED');
    });

    it('leaves no unfinished upload behind when a part fails', async () => {
      server.inject({ operation: 'UploadPart', kind: 'denied' });
      expect(await codeOf(objects.put(address, large))).toBe('STORE_DENIED');
      expect(server.state.unfinishedUploads).toBe(0);
      expect(await codeOf(objects.get(address))).toBe('OBJECT_NOT_FOUND');
    });
  });

  describe('aborting', () => {
    const reason = new Error('the deadline has passed');

    it.each<[S3Operation, string, 'hang' | 'hanging-body', (signal: AbortSignal) => Promise<unknown>]>([
      ['PutObject', 'a write', 'hang', (signal) => objects.put(address, some, { signal })],
      ['GetObject', 'a read', 'hang', (signal) => objects.get(address, { signal })],
      ['GetObject', 'a body', 'hanging-body', (signal) => objects.get(address, { signal })],
      ['UploadPart', 'an upload in parts', 'hang', (signal) => objects.put(address, large, { signal })],
    ])('rejects with the reason of the signal (%s: %s)', async (operation, _what, kind, work) => {
      await objects.put(address, some);
      server.inject({ operation, kind, times: 10 });
      const controller = new AbortController();
      const pending = work(controller.signal);
      await Promise.all([
        expect(pending).rejects.toBe(reason),
        sleep(150).then(() => {
          controller.abort(reason);
        }),
      ]);
    });
  });
});

async function firstOf(store: ObjectStore): Promise<unknown> {
  for await (const found of store.list('bucket', '')) return found;
  return undefined;
}
