import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findBlobDangers } from '../../src/store/bucket-facts.js';
import type { LifecycleRule } from '../../src/store/bucket-facts.js';
import { readBucketFacts } from '../../src/store/s3-bucket.js';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Server } from '../fakes/s3-server.js';

const FOLDERS = ['bags/workflow-configs/', 'bags/state-members/'];

const rule = (members: Partial<LifecycleRule> = {}): LifecycleRule => ({
  id: 'tmp',
  effect: 'deletes',
  days: 30,
  prefix: '',
  ...members,
});

const covered = (members: Partial<LifecycleRule>) =>
  findBlobDangers([rule(members)], FOLDERS, 470).map(({ folders }) => folders);

describe('a lifecycle rule is a danger for blobs', () => {
  it('when it is for all objects', () => {
    expect(covered({ prefix: '' })).toEqual([FOLDERS]);
  });

  it('when its prefix is a folder above one of them', () => {
    expect(covered({ prefix: 'bags/' })).toEqual([FOLDERS]);
    expect(covered({ prefix: 'bags/w' })).toEqual([['bags/workflow-configs/']]);
  });

  it('when its prefix is a part of one of them', () => {
    expect(covered({ prefix: 'bags/workflow-configs/acme/' })).toEqual([['bags/workflow-configs/']]);
  });

  it('when it archives them, or begins at a date', () => {
    expect(covered({ effect: 'archives' })).toEqual([FOLDERS]);
    expect(
      findBlobDangers([{ id: 'd', effect: 'deletes', date: '2020-01-01', prefix: '' }], FOLDERS, 470),
    ).toHaveLength(1);
  });

  it('when it is only for objects of a certain size: blobs have any size', () => {
    expect(covered({ sizeOver: 128_000 })).toEqual([FOLDERS]);
  });
});

describe('a lifecycle rule is not a danger for blobs', () => {
  it('when its prefix is another one', () => {
    expect(covered({ prefix: 'logs/' })).toEqual([]);
    expect(covered({ prefix: 'workflow-configs/' })).toEqual([]);
  });

  it('when it is for tagged objects: blobs have no tags', () => {
    expect(covered({ tags: ['temporary=yes'] })).toEqual([]);
  });

  it('when it takes them away after the time for which they are needed', () => {
    expect(covered({ days: 469 })).toEqual([FOLDERS]);
    expect(covered({ days: 470 })).toEqual([]);
  });
});

describe('readBucketFacts', () => {
  let server: S3Server;
  beforeEach(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    server = await startS3Server({ buckets: ['bags'] });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });

  const read = () => readBucketFacts('bags', { region: 'us-east-1', endpoint: server.endpoint });

  it('says of a bucket without settings that there are none', async () => {
    expect(await read()).toEqual({
      lifecycle: { rules: [] },
      objectLock: { enabled: false },
      versioning: { status: 'off' },
      encryption: { algorithm: 'none' },
    });
  });

  it('reads Object Lock, versioning and the key of the default encryption', async () => {
    Object.assign(server.state.settings('bags'), {
      objectLock:
        '<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Days>30</Days><Years>0</Years></DefaultRetention></Rule>',
      versioning: 'Suspended',
      encryption:
        '<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:key</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>',
    });
    expect(await read()).toEqual({
      lifecycle: { rules: [] },
      objectLock: { enabled: true, mode: 'COMPLIANCE', days: 30 },
      versioning: { status: 'suspended' },
      encryption: { algorithm: 'aws:kms', kmsKeyId: 'arn:key' },
    });
  });

  it('reads the rules that are enabled and delete or archive current versions, each with its filter', async () => {
    const rules = [
      '<ID>old</ID><Status>Enabled</Status><Prefix>a/</Prefix><Expiration><Days>1</Days></Expiration>',
      '<ID>off</ID><Status>Disabled</Status><Filter/><Expiration><Days>1</Days></Expiration>',
      '<ID>tag</ID><Status>Enabled</Status><Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Expiration><Days>2</Days></Expiration>',
      '<ID>and</ID><Status>Enabled</Status><Filter><And><Prefix>b/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan></And></Filter><Transition><Days>3</Days><StorageClass>GLACIER</StorageClass></Transition>',
      '<ID>ir</ID><Status>Enabled</Status><Filter/><Transition><Days>3</Days><StorageClass>GLACIER_IR</StorageClass></Transition>',
      '<ID>versions</ID><Status>Enabled</Status><Filter/><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration><AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>',
      '<ID>both</ID><Status>Enabled</Status><Filter><Prefix>c/</Prefix></Filter><Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration><Transition><Days>4</Days><StorageClass>DEEP_ARCHIVE</StorageClass></Transition>',
    ];
    server.state.settings('bags').lifecycle = rules.map((one) => `<Rule>${one}</Rule>`).join('');
    expect((await read()).lifecycle).toEqual({
      rules: [
        { id: 'old', effect: 'deletes', days: 1, prefix: 'a/' },
        { id: 'tag', effect: 'deletes', days: 2, prefix: '', tags: ['k=v'] },
        { id: 'and', effect: 'archives', days: 3, prefix: 'b/', tags: ['k=v'], sizeOver: 5 },
        { id: 'both', effect: 'deletes', date: '2030-01-01T00:00:00.000Z', prefix: 'c/' },
        { id: 'both', effect: 'archives', days: 4, prefix: 'c/' },
      ],
    });
  });

  it('says of what cannot be read why, and reads the rest', async () => {
    server.inject({ operation: 'GetBucketLifecycleConfiguration', kind: 'denied', times: Infinity });
    server.inject({ operation: 'GetBucketEncryption', kind: 'unsupported', times: Infinity });
    expect(await read()).toEqual({
      lifecycle: {
        unknown: 'STORE_DENIED',
        reason: expect.stringMatching(
          /^Cannot read the lifecycle rules of bucket bags: s3:GetLifecycleConfiguration is not allowed/,
        ) as string,
      },
      objectLock: { enabled: false },
      versioning: { status: 'off' },
      encryption: { unknown: 'STORE_UNSUPPORTED', reason: expect.any(String) as string },
    });
  });
});
