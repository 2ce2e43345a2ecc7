import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { s3BlobStore, s3ObjectStore } from 'statebag-shim/s3';
import type { S3ObjectStoreOptions } from 'statebag-shim/s3';
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
      expect(new Set(digests)).toEqual(
        new Set(parts.map((part) => createHash('sha256').update(part).digest('base64'))),
      );
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
      const sent = made('PutObject').map(({ headers }) => [
        headers['x-amz-server-side-encryption'],
        headers['x-amz-server-side-encryption-aws-kms-key-id'],
      ]);
      expect(sent).toEqual([
        ['aws:kms', 'key-1'],
        ['AES256', undefined],
        ['aws:kms', 'key-2'],
      ]);
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
});
