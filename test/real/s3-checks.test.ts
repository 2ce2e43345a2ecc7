import {
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { s3ObjectStore } from 'statebag-shim/s3';
import { isUnknown } from '../../src/store/bucket-facts.js';
import { proveCreations, proveDeletions, proveReplacement } from '../../src/store/prove-conditions.js';
import { readBucketFacts } from '../../src/store/s3-bucket.js';
import { startS3Proxy } from '../fakes/s3-proxy.js';
import type { ProxyMode, S3Proxy } from '../fakes/s3-proxy.js';
import { parseEndpoints } from './endpoints.js';

const region = 'us-east-1';
const one = Buffer.from('{"a":1}');

describe.each(parseEndpoints(process.env.STATEBAG_TEST_S3_ENDPOINT))('on $name', ({ name, url }) => {
  let bucket: string;
  let client: S3Client;
  let proxy: S3Proxy | undefined;

  beforeEach(async () => {
    bucket = `statebag-${randomUUID()}`;
    client = new S3Client({ endpoint: url, region, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  });
  afterEach(async () => {
    client.destroy();
    await proxy?.stop();
    proxy = undefined;
  });

  const objects = (endpoint = url) => s3ObjectStore({ endpoint, region });
  const through = async (mode: ProxyMode) => {
    proxy = await startS3Proxy(url, mode);
    return objects(proxy.endpoint);
  };
  const keys = async () => {
    const found: string[] = [];
    for await (const { key } of objects().list(bucket, '')) found.push(key);
    return found;
  };

  it('the check of If-Match is a proof and writes nothing', async () => {
    expect(await proveReplacement(objects(), { bucket, key: 'paused/' })).toBeUndefined();
    expect(await keys()).toEqual([]);
  });

  it('the first new object proves If-None-Match', async () => {
    const proven = proveCreations(objects());
    for (const key of ['a', 'b']) await proven.put({ bucket, key }, one, { ifAbsent: true });
    expect(await keys()).toEqual(['a', 'b']);
  });

  it.skipIf(name === 'minio')('the first deletion proves If-Match', async () => {
    const proven = proveDeletions(objects());
    for (const key of ['a', 'b']) {
      const ifMatch = await proven.put({ bucket, key }, one);
      await proven.delete({ bucket, key }, { ifMatch });
    }
    expect(await keys()).toEqual([]);
  });

  it('a proxy without conditional writes is refused', async () => {
    const check = proveReplacement(await through('unsupported'), { bucket, key: 'paused/' });
    await expect(check).rejects.toMatchObject({ name: 'ConfigError', code: 'STORE_UNSUPPORTED' });
    expect(await keys()).toEqual([]);
  });

  it('a proxy that weakens ETags lets objects be read, and not replaced', async () => {
    await objects().put({ bucket, key: 'a' }, one);
    const weak = await through('weak-etags');
    const { version } = await weak.get({ bucket, key: 'a' });
    expect(version).toMatch(/^W\//);
    await expect(weak.put({ bucket, key: 'a' }, one, { ifMatch: version })).rejects.toMatchObject({
      code: 'ETAG_WEAK',
    });
  });

  // The header is signed, and only moto does not verify signatures.
  it.runIf(name === 'moto')('a proxy that ignores If-Match is refused, and no object stays', async () => {
    const check = proveReplacement(await through('ignores-if-match'), { bucket, key: 'paused/' });
    await expect(check).rejects.toMatchObject({ name: 'ConfigError', code: 'CONDITIONS_IGNORED' });
    expect(await keys()).toEqual([]);
  });

  it('each setting of a new bucket is known, or unknown with a code', async () => {
    const facts = await readBucketFacts(bucket, { endpoint: url, region });
    for (const fact of Object.values(facts)) {
      if (isUnknown(fact as object))
        expect(fact).toMatchObject({ unknown: expect.stringMatching(/^STORE_/) as string });
    }
    expect(isUnknown(facts.versioning) || facts.versioning.status === 'off').toBe(true);
  });

  it.runIf(name === 'moto')('reads lifecycle rules, Object Lock, versioning and default encryption', async () => {
    const Bucket = `statebag-${randomUUID()}`;
    await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    await client.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket,
        LifecycleConfiguration: {
          Rules: [
            { ID: 'tmp', Status: 'Enabled', Filter: { Prefix: 'workflow-configs/' }, Expiration: { Days: 30 } },
            {
              ID: 'cold',
              Status: 'Enabled',
              Filter: { Prefix: '' },
              Transitions: [{ Days: 90, StorageClass: 'GLACIER' }],
            },
            { ID: 'off', Status: 'Disabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } },
          ],
        },
      }),
    );
    await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    await client.send(
      new PutObjectLockConfigurationCommand({
        Bucket,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 7 } },
        },
      }),
    );
    await client.send(
      new PutBucketEncryptionCommand({
        Bucket,
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'key-1' } }],
        },
      }),
    );
    expect(await readBucketFacts(Bucket, { endpoint: url, region })).toEqual({
      lifecycle: {
        rules: [
          { id: 'tmp', effect: 'deletes', days: 30, prefix: 'workflow-configs/' },
          { id: 'cold', effect: 'archives', days: 90, prefix: '' },
        ],
      },
      objectLock: { enabled: true, mode: 'GOVERNANCE', days: 7 },
      versioning: { status: 'enabled' },
      encryption: { algorithm: 'aws:kms', kmsKeyId: 'key-1' },
    });
  });
});
