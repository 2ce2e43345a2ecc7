import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openObjectStore } from '../../src/store/open.js';

describe('opening a store by its name', () => {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'statebag-open-'));
  });
  afterAll(() => rm(root, { recursive: true }));

  it('opens a local directory with the bucket "local" and makes it on the first write, not before', async () => {
    const { objects, bucket, prefix } = await openObjectStore(join(root, 'store'));
    expect({ bucket, prefix }).toEqual({ bucket: 'local', prefix: '' });
    expect(await readdir(root)).not.toContain('store');
    await objects.put({ bucket, key: 'a/b' }, Buffer.from('x'));
    expect(await readdir(join(root, 'store', 'local', 'a'))).toEqual(['b']);
  });

  it('takes the bucket of a local directory from its option', async () => {
    expect(await openObjectStore(root, { bucket: 'other' })).toMatchObject({ bucket: 'other' });
  });

  it.each([
    ['s3://bucket', 'bucket', ''],
    ['s3://bucket/', 'bucket', ''],
    ['s3://bucket/pre/fix', 'bucket', 'pre/fix'],
    ['s3://bucket/pre#fix/%20', 'bucket', 'pre#fix/%20'],
  ])('opens %s', async (spec, bucket, prefix) => {
    const opened = await openObjectStore(spec);
    expect(opened).toMatchObject({ bucket, prefix });
    expect(opened.objects.keepsAttributes).toBe(true);
  });

  it.each([
    '',
    '  ',
    's3://',
    's3:///prefix',
    'dynamodb://table',
    'http://host/bucket',
    'file:///tmp',
    'S3X://bucket',
    'a\0b',
  ])('refuses %j with a ConfigError', async (spec) => {
    await expect(openObjectStore(spec)).rejects.toMatchObject({ name: 'ConfigError', code: 'STORE_INVALID' });
  });

  it('refuses a bucket option that contradicts the spec', async () => {
    await expect(openObjectStore('s3://one', { bucket: 'two' })).rejects.toMatchObject({ code: 'STORE_INVALID' });
  });

  it('refuses a file where a directory is needed', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(openObjectStore(join(root, 'file'))).rejects.toMatchObject({ code: 'STORE_INVALID' });
  });
});
