import { describe, expect, it } from 'vitest';
import { StateBagError } from 'statebag-shim';
import { decodeHeaderValue, encodeHeaderValue } from '../../src/store/header-words.js';
import { s3Error } from '../../src/store/s3-errors.js';

const address = { bucket: 'bucket', key: 'owner#1/object.json' };

describe('errors of other servers', () => {
  const call = { verb: 'read', action: 's3:GetObject', address, absent: 'OBJECT_NOT_FOUND' } as const;
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
  it.each(['plain', '', 'with =?utf-8?q?coded?= words', 'é', ' padded', 'line\nfeed'])(
    'carries %j there and back in printable ASCII',
    (value) => {
      expect(encodeHeaderValue(value)).toMatch(/^[\x20-\x7e]*$/);
      expect(decodeHeaderValue(encodeHeaderValue(value))).toBe(value);
    },
  );

  it('reads the forms S3 answers with', () => {
    expect(decodeHeaderValue('=?UTF-8?Q?J=C3=B6rg_M.?=')).toBe('Jörg M.');
    expect(decodeHeaderValue('=?UTF-8?B?SsO2?= =?UTF-8?B?cmc=?=')).toBe('Jörg');
    expect(decodeHeaderValue('=?iso-8859-1?Q?J=F6rg?=')).toBe('=?iso-8859-1?Q?J=F6rg?=');
  });
});
