import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Server } from '../fakes/s3-server.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
let server: S3Server;

beforeEach(async () => {
  server = await startS3Server({ buckets: ['bags'] });
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
  writeFileSync(join(scratch.dir, 'bag.json'), smallBag());
  writeFileSync(join(scratch.dir, 'other.json'), '{"a":1}');
});
afterEach(async () => {
  await server.stop();
});

const RULE = '<Rule><ID>tmp</ID><Status>Enabled</Status><Filter/><Expiration><Days>30</Days></Expiration></Rule>';
const DANGER =
  'lifecycle rule "tmp" deletes x/workflow-configs/ and 3 more folders of blobs 30 days after the last write';

const expire = () => {
  server.state.settings('bags').lifecycle = RULE;
};

const run = (...args: readonly string[]) =>
  statebag(scratch.dir, [...args, '--store', 's3://bags/x', '--endpoint', server.endpoint, '--region', 'eu-central-1']);

const keys = () => [...server.state.bucket('bags').keys()];

describe('migrate with a lifecycle rule over the blobs', () => {
  it('refuses --apply and writes nothing', async () => {
    expire();
    const { code, err } = await run('migrate', 'bag.json', '--apply');
    expect(code).toBe(2);
    expect(err).toContain(`BLOBS_EXPIRE: s3://bags: ${DANGER}`);
    expect([keys(), existsSync(join(scratch.dir, 'statebag-journal'))]).toEqual([[], false]);
    expect(server.requests.filter(({ operation }) => operation === 'PutObject')).toEqual([]);
  });

  it('writes with --allow-expiry and says what the rule does', async () => {
    expire();
    const { code, out } = await run('migrate', 'bag.json', '--apply', '--allow-expiry');
    expect([code, keys().length > 0]).toEqual([0, true]);
    expect(out).toContain(DANGER);
  });

  it('says so in a dry run', async () => {
    expire();
    const { code, out } = await run('migrate', 'bag.json', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      bucket: {
        name: 'bags',
        neededDays: 470,
        lifecycle: { rules: [{ id: 'tmp', effect: 'deletes', days: 30, prefix: '' }] },
        objectLock: { enabled: false },
        versioning: { status: 'off' },
        encryption: { algorithm: 'none' },
        dangers: [{ rule: { id: 'tmp' }, folders: expect.arrayContaining(['x/workflow-configs/']) as string[] }],
      },
    });
  });

  it('goes on when the rule is for other keys', async () => {
    server.state.settings('bags').lifecycle = RULE.replace('<Filter/>', '<Filter><Prefix>logs/</Prefix></Filter>');
    const { code, out } = await run('migrate', 'bag.json', '--apply');
    expect([code, out]).toEqual([0, expect.stringContaining('none takes blobs away before 470 days')]);
  });
});

describe('settings that cannot be read', () => {
  it('do not stop a run, and are reported with the reason', async () => {
    server.inject({ operation: 'GetBucketLifecycleConfiguration', kind: 'denied', times: Infinity });
    server.inject({ operation: 'GetObjectLockConfiguration', kind: 'unsupported', times: Infinity });
    const { code, out } = await run('migrate', 'bag.json', '--apply');
    expect(code).toBe(0);
    expect(out).toMatch(/lifecycle rules +not known +Cannot read the lifecycle rules of bucket bags/);
    expect(out).toMatch(/Object Lock +not known/);
  });
});

describe('can-contract with a store', () => {
  it('answers "not proven" while a rule takes blobs away', async () => {
    expire();
    const { code, out } = await run('can-contract', 'other.json', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ canContract: false, answer: 'not proven', bucket: { name: 'bags' } });
    const accepted = await run('can-contract', 'other.json', '--allow-expiry');
    expect([accepted.code, accepted.out]).toEqual([0, expect.stringContaining(DANGER)]);
  });

  it('answers "yes" without such a rule, and asks nothing of a bucket that is not named', async () => {
    expect((await run('can-contract', 'other.json')).code).toBe(0);
    const { length } = server.requests;
    expect((await statebag(scratch.dir, ['can-contract', 'other.json'])).code).toBe(0);
    expect(server.requests).toHaveLength(length);
  });
});

describe('gc', () => {
  it('reports the rule, Object Lock, versioning and the key of the encryption', async () => {
    await run('migrate', 'bag.json', '--apply');
    expire();
    Object.assign(server.state.settings('bags'), {
      objectLock:
        '<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Years>1</Years></DefaultRetention></Rule>',
      versioning: 'Enabled',
      encryption:
        '<ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:key</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>',
    });
    const { code, out } = await run('gc', 'other.json', '--journal', 'statebag-journal');
    expect(code).toBe(0);
    expect(out).toContain(DANGER);
    expect(out).toMatch(/Object Lock +GOVERNANCE +versions of blobs cannot be deleted for 1 year;/);
    expect(out).toMatch(/versioning +enabled +gc leaves the old versions/);
    expect(out).toMatch(/encryption +aws:kms +readers need kms:Decrypt, writers kms:GenerateDataKey, on arn:key/);
  });

  it('takes its own retention for the time for which blobs are needed', async () => {
    await run('migrate', 'bag.json', '--apply');
    expire();
    const times = ['--execution', '20d', '--redrive', '5d', '--audit', '5d'];
    const { out } = await run('gc', 'other.json', '--journal', 'statebag-journal', ...times, '--json');
    expect(JSON.parse(out)).toMatchObject({ bucket: { neededDays: 30, dangers: [] } });
  });

  it('says nothing of a bucket for a store in a directory', async () => {
    await statebag(scratch.dir, ['migrate', 'bag.json', '--store', 'store', '--apply']);
    const args = ['gc', 'bag.json', '--store', 'store', '--journal', 'statebag-journal', '--json'];
    expect(JSON.parse((await statebag(scratch.dir, args)).out)).not.toHaveProperty('bucket');
  });
});
