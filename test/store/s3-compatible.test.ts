import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStateBagShim } from 'statebag-shim';
import { s3BlobStore, s3ObjectStore } from 'statebag-shim/s3';
import { fatBag } from '../adapter/bags.js';
import { startS3Proxy } from '../fakes/s3-proxy.js';
import type { ProxyMode, S3Proxy } from '../fakes/s3-proxy.js';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Server } from '../fakes/s3-server.js';

const address = { bucket: 'bags', key: 'a.json' };
const one = Buffer.from('{"a":1}');
const two = Buffer.from('{"a":2}');

let server: S3Server;
let proxy: S3Proxy | undefined;

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  server = await startS3Server({ buckets: ['bags'] });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await proxy?.stop();
  await server.stop();
});

const direct = () => s3ObjectStore({ region: 'us-east-1', endpoint: server.endpoint });

async function through(mode: ProxyMode): Promise<string> {
  proxy = await startS3Proxy(server.endpoint, mode);
  return proxy.endpoint;
}

describe('a server without conditional writes', () => {
  it('answers one request, which is not repeated', async () => {
    const endpoint = await through('unsupported');
    const objects = s3ObjectStore({ region: 'us-east-1', endpoint });
    await expect(objects.put(address, one, { ifAbsent: true })).rejects.toMatchObject({
      code: 'STORE_UNSUPPORTED',
      retryable: false,
    });
    expect(server.requests).toHaveLength(0);
  });

  it('gives a state machine an error that it does not retry', async () => {
    const endpoint = await through('unsupported');
    const store = s3BlobStore({ bucket: 'bags', region: 'us-east-1', endpoint });
    const shim = createStateBagShim({ store, mode: 'strict', budget: { limitBytes: 20_000 } });
    const handler = shim.wrap(() => ({ ...fatBag(), big: 'x'.repeat(30_000) }));
    await expect(handler({})).rejects.toMatchObject({
      name: 'StoreError',
      message: expect.stringMatching(/^STORE_UNSUPPORTED: /) as string,
    });
  });
});

describe('a proxy that weakens ETags', () => {
  it('lets an object be read, and refuses to replace it with the reason', async () => {
    await direct().put(address, one);
    const objects = s3ObjectStore({ region: 'us-east-1', endpoint: await through('weak-etags') });
    const { bytes, version } = await objects.get(address);
    expect(Buffer.from(bytes).equals(one)).toBe(true);
    await expect(objects.put(address, two, { ifMatch: version })).rejects.toMatchObject({
      name: 'StoreError',
      code: 'ETAG_WEAK',
      retryable: false,
      message: expect.stringContaining('W/"') as string,
    });
    expect(Buffer.from((await direct().get(address)).bytes).equals(one)).toBe(true);
  });

  it('refuses to delete an object of a certain age', async () => {
    await direct().put(address, one);
    const objects = s3ObjectStore({ region: 'us-east-1', endpoint: await through('weak-etags') });
    const deletion = objects.delete(address, { unmodifiedSince: new Date(Date.now() + 60_000) });
    await expect(deletion).rejects.toMatchObject({ code: 'ETAG_WEAK' });
    expect(Buffer.from((await direct().get(address)).bytes).equals(one)).toBe(true);
  });
});
