import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_LAYOUT, formatKey } from '../../src/bag/keys.js';
import { nodeDisk } from '../../src/sources/disk.js';
import { blobKeysOf } from '../../src/run/blob-keys.js';
import { collect } from '../../src/run/collect.js';
import { FilesSource } from '../../src/sources/files.js';
import { createBlobStore } from '../../src/store/blob-store.js';
import { s3ObjectStore } from 'statebag-shim/s3';
import type { ObjectStore } from '../../src/store/object-store.js';
import { blobOf, digestOf } from '../store/blobs.js';
import { parseEndpoints } from './endpoints.js';

const DAY = 86_400_000;

/** Servers that ignore If-Match on a delete cannot hold this promise; see the table in ARCHITECTURE.md. */
const UNSAFE = new Set(['minio']);

describe.each(parseEndpoints(process.env.STATEBAG_TEST_S3_ENDPOINT))(
  'the collector of garbage on $name',
  ({ name, url }) => {
    let dir: string;
    let objects: ObjectStore;
    let bucket: string;
    let later: number;

    beforeEach(async () => {
      dir = mkdtempSync(join(tmpdir(), 'statebag-gc-'));
      bucket = `statebag-${randomUUID()}`;
      const client = new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true });
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      client.destroy();
      objects = s3ObjectStore({ endpoint: url, region: 'us-east-1' });
      later = Date.now() + 20 * DAY;
    });
    afterEach(() => {
      rmSync(dir, { recursive: true, force: true });
    });

    const keyOf = (text: string) =>
      formatKey(DEFAULT_LAYOUT, 'config', { ownerId: 'o', workflowId: 'w', sha256: digestOf(text) });
    const put = (text: string, now: number) =>
      createBlobStore({ objects, bucket, now: () => now }).put(blobOf(text, { key: keyOf(text) }));
    const keys = async () => {
      const found: string[] = [];
      for await (const { key } of objects.list(bucket, '')) found.push(key);
      return found.sort();
    };
    const run = (over: ObjectStore) =>
      collect({
        sources: [new FilesSource(dir, nodeDisk)],
        journals: [],
        objects: over,
        bucket,
        prefix: '',
        keys: blobKeysOf(DEFAULT_LAYOUT),
        ttl: 10 * DAY,
        concurrency: 1,
        allowEmpty: false,
        apply: true,
        now: () => later,
      });

    it('deletes what nothing names, and keeps what is named', async () => {
      for (const text of ['dead', 'alive']) await put(text, Date.now());
      writeFileSync(join(dir, 'bag.json'), JSON.stringify({ p: digestOf('alive') }));
      expect(await run(objects)).toMatchObject({ blobs: 2, live: 1, deleted: 1, failed: 0 });
      expect(await keys()).toEqual([keyOf('alive')]);
    });

    it.skipIf(UNSAFE.has(name))('keeps a blob that is reused right before it would be deleted', async () => {
      await put('reused', Date.now());
      writeFileSync(join(dir, 'bag.json'), '{}');
      const over: ObjectStore = {
        description: objects.description,
        keepsAttributes: true,
        get: (address, request) => objects.get(address, request),
        put: (address, bytes, request) => objects.put(address, bytes, request),
        list: (of, prefix, signal) => objects.list(of, prefix, signal),
        delete: async (address, request) => {
          expect(await put('reused', later)).toBe('reused');
          await objects.delete(address, request);
        },
      };
      expect(await run(over)).toMatchObject({ garbage: 1, deleted: 0, kept: 1 });
      expect(await keys()).toEqual([keyOf('reused')]);
      expect(Buffer.from((await objects.get({ bucket, key: keyOf('reused') })).bytes).toString()).toBe('reused');
    });
  },
);
