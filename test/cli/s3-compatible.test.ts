import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { s3ObjectStore } from 'statebag-shim/s3';
import { startS3Proxy } from '../fakes/s3-proxy.js';
import type { ProxyMode, S3Proxy } from '../fakes/s3-proxy.js';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Server } from '../fakes/s3-server.js';
import { smallBag } from './fleet-dir.js';
import { statebag, useScratch } from './terminal.js';

const scratch = useScratch();
let server: S3Server;
let proxies: S3Proxy[];

beforeEach(async () => {
  server = await startS3Server({ buckets: ['paused', 'bags'] });
  proxies = [];
  process.env.AWS_ACCESS_KEY_ID ??= 'test';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'test';
});
afterEach(async () => {
  for (const proxy of proxies) await proxy.stop();
  await server.stop();
});

const address = { bucket: 'paused', key: 'bags/a.json' };
const direct = () => s3ObjectStore({ endpoint: server.endpoint, region: 'eu-central-1' });
const put = (text: string) => direct().put(address, Buffer.from(text));
const stored = async () => Buffer.from((await direct().get(address)).bytes).toString();
const keys = (bucket: string) => [...server.state.bucket(bucket).keys()];
const at = (endpoint: string) => ['--endpoint', endpoint, '--region', 'eu-central-1'];

async function through(mode: ProxyMode): Promise<readonly string[]> {
  const proxy = await startS3Proxy(server.endpoint, mode);
  proxies.push(proxy);
  return at(proxy.endpoint);
}

const migrate = (...more: readonly string[]) =>
  statebag(scratch.dir, ['migrate', 's3://paused/bags/', '--store', 's3://bags', ...more]);

async function ageBlobs(): Promise<void> {
  for (const [key, object] of server.state.bucket('bags'))
    server.state.bucket('bags').set(key, { ...object, lastModified: new Date('2020-01-01') });
  await Promise.resolve();
}

describe('migrate --apply before its first write', () => {
  it('sends one request to each bucket, which writes nothing on a server that honours If-Match', async () => {
    await put(smallBag());
    const { code } = await migrate('--apply', ...at(server.endpoint));
    expect(code).toBe(0);
    const probes = server.requests.filter(({ key }) => key.includes('.statebag-probe-'));
    expect(probes.map(({ operation, bucket }) => [operation, bucket])).toEqual([
      ['PutObject', 'bags'],
      ['PutObject', 'paused'],
    ]);
    expect(probes.map(({ key }) => key.split('.statebag-probe-')[0])).toEqual(['workflow-configs/', 'bags/']);
    expect([...keys('paused'), ...keys('bags')].filter((key) => key.includes('probe'))).toEqual([]);
  });

  it('refuses a server that ignores If-Match, changes nothing and leaves no object of the check', async () => {
    await put(smallBag());
    const { code, err } = await migrate('--apply', ...(await through('ignores-if-match')));
    expect(code).toBe(2);
    expect(err).toMatch(/CONDITIONS_IGNORED: the server of s3:\/\/bags ignores If-Match on a write/);
    expect(await stored()).toBe(smallBag());
    expect([keys('paused'), keys('bags')]).toEqual([['bags/a.json'], []]);
    expect(existsSync(join(scratch.dir, 'statebag-journal'))).toBe(false);
  });

  it('names the object of the check when the role may not delete it', async () => {
    await put(smallBag());
    server.inject({ operation: 'DeleteObject', kind: 'denied', times: Infinity });
    const { code, err } = await migrate('--apply', ...(await through('ignores-if-match')));
    expect(code).toBe(2);
    expect(err).toMatch(/could not be deleted, delete it: s3:\/\/bags\/workflow-configs\/\.statebag-probe-/);
    expect(keys('bags')).toHaveLength(1);
    expect(await stored()).toBe(smallBag());
  });

  it('refuses a server without conditional writes with exit code 2', async () => {
    await put(smallBag());
    const { code, err } = await migrate('--apply', ...(await through('unsupported')));
    expect([code, err]).toEqual([2, expect.stringContaining('STORE_UNSUPPORTED')]);
    expect(keys('bags')).toEqual([]);
  });

  it('goes on when the check is denied, and says that nothing is proven', async () => {
    await put(smallBag());
    server.inject({ operation: 'PutObject', kind: 'denied', times: 1, bucket: 'bags' });
    const { code, out } = await migrate('--apply', '--json', ...at(server.endpoint));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ unproven: [{ bucket: 'bags', code: 'STORE_DENIED' }] });
  });

  it('makes no such request in a dry run, and none to a source that is copied', async () => {
    await put(smallBag());
    expect((await migrate(...(await through('ignores-if-match')))).code).toBe(0);
    expect(server.requests.filter(({ operation }) => operation === 'PutObject')).toHaveLength(1);
    expect((await migrate('--apply', '--out', 'copy', ...at(server.endpoint))).code).toBe(0);
    const probes = server.requests.filter(({ key }) => key.includes('.statebag-probe-'));
    expect(probes.map(({ bucket }) => bucket)).toEqual(['bags']);
  });
});

describe('the first new blob of a run', () => {
  it('is refused the second time by a server that honours If-None-Match', async () => {
    await put(smallBag());
    expect((await migrate('--apply', ...at(server.endpoint))).code).toBe(0);
    const blobs = server.requests.filter(({ key, operation }) => operation === 'PutObject' && /[0-9a-f]{64}/.test(key));
    expect(blobs.length).toBe(keys('bags').length + 1);
  });

  it('shows a server that ignores If-None-Match: no document changes', async () => {
    await put(smallBag());
    const { code, out } = await migrate('--apply', '--json', ...(await through('ignores-if-none-match')));
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ documents: [{ outcome: 'failed', code: 'CONDITIONS_IGNORED' }] });
    expect(await stored()).toBe(smallBag());
  });
});

describe('rollback --apply', () => {
  it('refuses a server that ignores If-Match before it writes', async () => {
    await put(smallBag());
    await migrate('--apply', ...at(server.endpoint));
    const migrated = await stored();
    const journal = readFileSync(join(scratch.dir, 'statebag-journal', 'journal.ndjson'), 'utf8');
    const args = ['rollback', '--journal', 'statebag-journal', '--apply', ...(await through('ignores-if-match'))];
    const { code, err } = await statebag(scratch.dir, args);
    expect([code, err]).toEqual([2, expect.stringContaining('CONDITIONS_IGNORED: the server of s3://paused')]);
    expect(await stored()).toBe(migrated);
    expect(keys('paused')).toEqual(['bags/a.json']);
    expect(readFileSync(join(scratch.dir, 'statebag-journal', 'journal.ndjson'), 'utf8')).toBe(journal);
  });

  it('restores on a server that honours it', async () => {
    await put(smallBag());
    await migrate('--apply', ...at(server.endpoint));
    const args = ['rollback', '--journal', 'statebag-journal', '--apply', ...at(server.endpoint)];
    expect((await statebag(scratch.dir, args)).code).toBe(0);
    expect(await stored()).toBe(smallBag());
  });
});

describe('gc --apply', () => {
  /** Blobs that the journal names. */
  let own: number;
  const gc = (...more: readonly string[]) =>
    statebag(scratch.dir, [
      'gc',
      'other.json',
      '--store',
      's3://bags',
      '--journal',
      'own',
      '--apply',
      '--json',
      ...more,
    ]);

  beforeEach(async () => {
    await put(smallBag());
    await migrate('--apply', ...at(server.endpoint));
    await ageBlobs();
    const other = [
      'migrate',
      'own.json',
      '--store',
      's3://bags',
      '--journal',
      'own',
      '--apply',
      ...at(server.endpoint),
    ];
    writeFileSync(join(scratch.dir, 'own.json'), smallBag().replaceAll('"a"', '"b"'));
    const before = keys('bags').length;
    expect((await statebag(scratch.dir, other)).code).toBe(0);
    own = keys('bags').length - before;
    writeFileSync(join(scratch.dir, 'other.json'), '{"a":1}');
    utimesSync(join(scratch.dir, 'other.json'), 0, 0);
  });

  it('stops after one blob, which was garbage, on a server that ignores If-Match on a deletion', async () => {
    const before = keys('bags').length - own;
    const { code, out } = await gc(...(await through('ignores-delete')));
    expect(code).toBe(1);
    const { totals, blobs } = JSON.parse(out) as { totals: Record<string, number>; blobs: { code: string }[] };
    expect([totals.deleted, totals.failed]).toEqual([0, before]);
    expect([...new Set(blobs.map((blob) => blob.code))]).toEqual(['CONDITIONS_IGNORED']);
    expect(keys('bags')).toHaveLength(own + before - 1);
  });

  it('deletes all of them on a server that honours it', async () => {
    const before = keys('bags').length - own;
    const { code, out } = await gc(...at(server.endpoint));
    expect([code, keys('bags').length]).toEqual([0, own]);
    expect(JSON.parse(out)).toMatchObject({ totals: { deleted: before, failed: 0 } });
  });
});

describe('a proxy that weakens ETags', () => {
  it('makes each document fail with the reason, and not as one that changed', async () => {
    await put(smallBag());
    const { code, out } = await migrate('--apply', '--json', ...(await through('weak-etags')));
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ documents: [{ outcome: 'failed', code: 'ETAG_WEAK' }] });
    expect(await stored()).toBe(smallBag());
  });
});
