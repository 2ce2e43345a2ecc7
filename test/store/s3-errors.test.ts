import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StateBagError } from 'statebag-shim';
import { s3ObjectStore } from 'statebag-shim/s3';
import { startS3Server } from '../fakes/s3-server.js';
import type { S3Server } from '../fakes/s3-server.js';
import { clientWith } from './s3-client.js';

const address = { bucket: 'bucket', key: 'owner#1/object.json' };

describe('errors of other servers', () => {
  /** What the store throws when the SDK throws this. */
  const thrownFor = (error: unknown): Promise<unknown> =>
    s3ObjectStore({ client: clientWith(() => Promise.reject(error as Error)) })
      .get(address)
      .catch((thrown: unknown) => thrown);

  const answer = (name: string, status?: number, code?: string): Error =>
    Object.assign(new Error('prose that nobody reads'), {
      name,
      $metadata: { httpStatusCode: status },
      ...(code === undefined ? {} : { code }),
    });

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
    [answer('Whatever', 501), 'STORE_UNSUPPORTED'],
    [answer('NotImplemented', 501), 'STORE_UNSUPPORTED'],
    [answer('NotImplemented', 400), 'STORE_UNSUPPORTED'],
    [answer('Whatever', 502), 'STORE_UNAVAILABLE'],
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
  ])('calls %o %s', async (error, code) => {
    expect(await thrownFor(error)).toMatchObject({ code, cause: error });
  });

  it.each([
    ['ExpiredToken', 400],
    ['RequestTimeTooSkewed', 403],
  ])('calls %s STORE_DENIED, which a later try may not meet again', async (name, status) => {
    expect(await thrownFor(answer(name, status))).toMatchObject({ code: 'STORE_DENIED', retryable: true });
    expect(await thrownFor(answer('AccessDenied', 403))).toMatchObject({ code: 'STORE_DENIED', retryable: false });
  });

  it('calls 501 STORE_UNSUPPORTED, which no later try changes, and says that a feature is missing', async () => {
    expect(await thrownFor(answer('NotImplemented', 501))).toMatchObject({
      name: 'StoreError',
      code: 'STORE_UNSUPPORTED',
      retryable: false,
      message: expect.stringContaining('the server does not have a feature that this request needs') as string,
    });
  });

  it('passes errors of the shim on', async () => {
    const error = new StateBagError('ANY', 'any');
    expect(await thrownFor(error)).toBe(error);
  });
});

describe('metadata in headers', () => {
  let server: S3Server;
  beforeEach(async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    server = await startS3Server({ buckets: ['bucket'] });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.stop();
  });

  it.each(['plain', '', 'with =?utf-8?q?coded?= words', 'é', ' padded', 'line\nfeed'])(
    'carries %j there and back in printable ASCII',
    async (value) => {
      const objects = s3ObjectStore({ region: 'us-east-1', endpoint: server.endpoint });
      await objects.put(address, Buffer.from('{}'), { attributes: { metadata: { value } } });
      expect(server.requests[0]!.headers['x-amz-meta-value']).toMatch(/^[\x20-\x7e]*$/);
      expect((await objects.get(address)).attributes.metadata).toEqual({ value });
    },
  );

  it.each([
    ['=?UTF-8?Q?J=C3=B6rg_M.?=', 'Jörg M.'],
    ['=?UTF-8?B?SsO2?= =?UTF-8?B?cmc=?=', 'Jörg'],
    ['=?iso-8859-1?Q?J=F6rg?=', '=?iso-8859-1?Q?J=F6rg?='],
  ])('reads %s, a form S3 answers with, as %s', async (header, value) => {
    const objects = s3ObjectStore({ region: 'us-east-1', endpoint: server.endpoint });
    await objects.put(address, Buffer.from('{}'), { attributes: { metadata: { value: 'x' } } });
    const stored = server.state.bucket('bucket');
    const object = stored.get(address.key)!;
    stored.set(address.key, { ...object, headers: { ...object.headers, 'x-amz-meta-value': header } });
    expect((await objects.get(address)).attributes.metadata).toEqual({ value });
  });
});
