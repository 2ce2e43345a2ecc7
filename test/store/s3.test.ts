import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StateBagError } from '../../src/errors.js';
import { decodeHeaderValue, encodeHeaderValue } from '../../src/store/header-words.js';
import { s3Error } from '../../src/store/s3-errors.js';
import { s3BlobStore, s3ObjectStore } from '../../src/store/s3.js';
import type { S3ObjectStoreOptions } from '../../src/store/s3.js';
import type { ObjectStore } from '../../src/store/object-store.js';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Operation, S3Server } from '../fakes/s3-server.js';
import { codeOf } from './outcomes.js';

const address = { bucket: 'bucket', key: 'owner#1/object.json' };
const some = Buffer.from('{"a":1}');
const large = Buffer.alloc(6 * 1024 * 1024, 'x');

describe('the S3 driver', () => {
  let server: S3Server;
  let objects: ObjectStore;
  const open = (options: S3ObjectStoreOptions = {}): ObjectStore => s3ObjectStore({ region: 'us-east-1', endpoint: server.endpoint, ...options });

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

  describe('what it sends', () => {
    it('sends one plain request with the digest for S3 to verify', async () => {
      await objects.put(address, some, { ifAbsent: true });
      expect(server.requests).toHaveLength(1);
      const [{ headers }] = made('PutObject') as [(typeof server.requests)[number]];
      expect(headers['x-amz-checksum-sha256']).toBe(createHash('sha256').update(some).digest('base64'));
      expect(headers['if-none-match']).toBe('*');
      expect(headers['content-encoding']).toBeUndefined();
      expect(Object.keys(headers).filter((name) => name.includes('crc32') || name === 'x-amz-trailer')).toEqual([]);
    });

    it('hands the version back in If-Match with its quotes', async () => {
      const version = await objects.put(address, some);
      await objects.put(address, Buffer.from('new'), { ifMatch: version });
      expect(made('PutObject').at(-1)?.headers['if-match']).toBe(version);
      expect(version).toMatch(/^"[0-9a-f]{32}"$/);
    });

    it('uploads over 5 MiB in parts, each with its digest, and puts the condition on the last request', async () => {
      await objects.put(address, large, { ifAbsent: true });
      const parts = [large.subarray(0, 5 * 1024 * 1024), large.subarray(5 * 1024 * 1024)];
      const digests = made('UploadPart').map((part) => part.headers['x-amz-checksum-sha256']);
      expect(new Set(digests)).toEqual(new Set(parts.map((part) => createHash('sha256').update(part).digest('base64'))));
      expect(made('CompleteMultipartUpload')[0]?.headers['if-none-match']).toBe('*');
    });

    it('keeps to one request up to 5 MiB exactly', async () => {
      await objects.put(address, large.subarray(0, 5 * 1024 * 1024));
      expect(server.requests.map((request) => request.operation)).toEqual(['PutObject']);
    });

    it('encrypts with its key what brings no encryption of its own', async () => {
      const withKey = open({ kmsKeyId: 'key-1' });
      await withKey.put(address, some);
      await withKey.put(address, some, { attributes: { serverSideEncryption: 'AES256' } });
      await withKey.put(address, some, { attributes: { serverSideEncryption: 'aws:kms', kmsKeyId: 'key-2' } });
      const sent = made('PutObject').map(({ headers }) => [headers['x-amz-server-side-encryption'], headers['x-amz-server-side-encryption-aws-kms-key-id']]);
      expect(sent).toEqual([['aws:kms', 'key-1'], ['AES256', undefined], ['aws:kms', 'key-2']]);
    });

    it('keeps encryption and storage class through a rewrite', async () => {
      const attributes = { serverSideEncryption: 'aws:kms', kmsKeyId: 'key-2', storageClass: 'STANDARD_IA' };
      await objects.put(address, some, { attributes });
      const found = await objects.get(address);
      await objects.put(address, Buffer.from('new'), { ifMatch: found.version, attributes: found.attributes });
      expect((await objects.get(address)).attributes).toMatchObject(attributes);
    });

    it('names the expected owner of the bucket in every request', async () => {
      const owned = open({ expectedBucketOwner: '000000000000' });
      await owned.put(address, some);
      await owned.put(address, large);
      await owned.get(address, { withTags: true });
      await owned.delete(address);
      for await (const found of owned.list('bucket', '')) expect.unreachable(found.key);
      const owners = new Set(server.requests.map((request) => request.headers['x-amz-expected-bucket-owner']));
      expect([...owners]).toEqual(['000000000000']);
      expect(await codeOf(open({ expectedBucketOwner: '999999999999' }).get(address))).toBe('STORE_DENIED');
    });

    it('asks for tags only when they are wanted', async () => {
      await objects.put(address, some, { attributes: { tags: { a: 'b' } } });
      await objects.get(address);
      expect(made('GetObjectTagging')).toHaveLength(0);
    });

    it('pages through a listing', async () => {
      await server.stop();
      server = await startS3Server({ buckets: ['bucket'], pageSize: 2 });
      objects = open();
      for (const key of ['a', 'b', 'c', 'd', 'e']) await objects.put({ bucket: 'bucket', key }, some);
      const keys: string[] = [];
      for await (const found of objects.list('bucket', '')) keys.push(found.key);
      expect(keys).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(made('ListObjectsV2')).toHaveLength(3);
    });
  });

  describe('faults', () => {
    it('lets the SDK retry throttling, and says STORE_UNAVAILABLE when that lasts', async () => {
      server.inject({ operation: 'PutObject', kind: 'slow-down', times: 2 });
      await objects.put(address, some);
      server.inject({ operation: 'GetObject', kind: 'slow-down', times: 3 });
      const error = await objects.get(address).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true, context: { bucket: 'bucket', path: address.key } });
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
      expect(['WRITE_CONFLICT', 'PRECONDITION_FAILED']).toContain(await codeOf(objects.put(address, large, { ifAbsent: true })));
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
      await Promise.all([expect(pending).rejects.toBe(reason), sleep(150).then(() => { controller.abort(reason); })]);
    });
  });

  describe('configuration', () => {
    it('needs nothing until it is used, and then says that the region is missing', async () => {
      for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
      vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
      const store = s3ObjectStore();
      await expect(store.get(address)).rejects.toMatchObject({ name: 'ConfigError', code: 'REGION_MISSING' });
    });

    it('says STORE_DENIED when there are no credentials', async () => {
      for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
      vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
      vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
      expect(await codeOf(open().get(address))).toBe('STORE_DENIED');
    });

    it('needs no region with an endpoint', async () => {
      vi.stubEnv('AWS_REGION', undefined);
      const store = s3ObjectStore({ endpoint: server.endpoint });
      await store.put(address, some);
      expect(server.requests).toHaveLength(1);
    });

    it('uses the client it is given', async () => {
      const { S3Client } = await import('@aws-sdk/client-s3');
      const client = new S3Client({ region: 'us-east-1', endpoint: server.endpoint, forcePathStyle: true });
      await s3ObjectStore({ client }).put(address, some);
      expect(server.requests).toHaveLength(1);
    });

    it('makes a blob store of its own', async () => {
      const blobs = s3BlobStore({ region: 'us-east-1', endpoint: server.endpoint, bucket: 'bucket', prefix: 'p' });
      const sha256 = createHash('sha256').update(some).digest('hex');
      expect(await blobs.put({ key: `${sha256}/c.json`, bytes: some, sha256, addressed: true })).toBe('written');
      expect(Buffer.from(await blobs.get({ bucket: 'bucket', key: `p/${sha256}/c.json` })).equals(some)).toBe(true);
    });

    it('settles a lost reply of a blob by reading it back', async () => {
      const blobs = s3BlobStore({ region: 'us-east-1', endpoint: server.endpoint, bucket: 'bucket' });
      const sha256 = createHash('sha256').update(some).digest('hex');
      server.inject({ operation: 'PutObject', kind: 'lost-reply' });
      expect(await blobs.put({ key: `${sha256}/c.json`, bytes: some, sha256, addressed: true })).toBe('reused');
      expect(server.requests.map((request) => request.operation)).toEqual(['PutObject', 'PutObject', 'GetObject']);
    });
  });

  describe('errors of other servers', () => {
    const call = { verb: 'read', action: 's3:GetObject', address, absent: 'OBJECT_NOT_FOUND' } as const;
    const answer = (name: string, status?: number, code?: string): Error =>
      Object.assign(new Error('prose that nobody reads'), { name, $metadata: { httpStatusCode: status }, ...(code === undefined ? {} : { code }) });

    it.each([
      [answer('NoSuchKey', 404), 'OBJECT_NOT_FOUND'],
      [answer('NotFound', 404), 'OBJECT_NOT_FOUND'],
      [answer('Error', 404), 'STORE_REJECTED'],
      [answer('NoSuchBucket', 404), 'BUCKET_NOT_FOUND'],
      [answer('Whatever', 403), 'STORE_DENIED'],
      [answer('ExpiredToken', 400), 'STORE_DENIED'],
      [answer('InvalidObjectState', 403), 'OBJECT_ARCHIVED'],
      [answer('Whatever', 409), 'WRITE_CONFLICT'],
      [answer('Whatever', 412), 'PRECONDITION_FAILED'],
      [answer('Whatever', 429), 'STORE_UNAVAILABLE'],
      [answer('Whatever', 500), 'STORE_UNAVAILABLE'],
      [answer('Whatever', 507), 'STORE_FULL'],
      [answer('XMinioStorageFull', 507), 'STORE_FULL'],
      [answer('RequestTimeout', 400), 'STORE_TIMEOUT'],
      [answer('TimeoutError'), 'STORE_TIMEOUT'],
      [answer('TimeoutError', undefined, 'ECONNRESET'), 'STORE_UNAVAILABLE'],
      [answer('TimeoutError', undefined, 'ETIMEDOUT'), 'STORE_TIMEOUT'],
      [answer('Error', undefined, 'ENOTFOUND'), 'STORE_UNAVAILABLE'],
      [answer('PermanentRedirect', 301), 'STORE_REJECTED'],
      [answer('EntityTooLarge', 400), 'STORE_REJECTED'],
      [new TypeError('a bug'), 'STORE_REJECTED'],
    ])('calls %o %s', (error, code) => {
      expect(s3Error(error, call)).toMatchObject({ code, cause: error });
    });

    it('leaves errors of the shim alone', () => {
      const error = new StateBagError('ANY', 'any');
      expect(s3Error(error, call)).toBe(error);
    });
  });

  describe('metadata in headers', () => {
    it.each(['plain', '', 'with =?utf-8?q?coded?= words', 'é', ' padded', 'line\nfeed'])('carries %j there and back in printable ASCII', (value) => {
      expect(encodeHeaderValue(value)).toMatch(/^[\x20-\x7e]*$/);
      expect(decodeHeaderValue(encodeHeaderValue(value))).toBe(value);
    });

    it('reads the forms S3 answers with', () => {
      expect(decodeHeaderValue('=?UTF-8?Q?J=C3=B6rg_M.?=')).toBe('Jörg M.');
      expect(decodeHeaderValue('=?UTF-8?B?SsO2?= =?UTF-8?B?cmc=?=')).toBe('Jörg');
      expect(decodeHeaderValue('=?iso-8859-1?Q?J=F6rg?=')).toBe('=?iso-8859-1?Q?J=F6rg?=');
    });
  });
});

async function firstOf(store: ObjectStore): Promise<unknown> {
  for await (const found of store.list('bucket', '')) return found;
  return undefined;
}
