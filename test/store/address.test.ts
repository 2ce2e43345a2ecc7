import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PointerError } from 'statebag-shim';
import { formatS3Uri, parseS3Uri } from '../../src/store/address.js';

describe('addresses', () => {
  it('keeps #, ?, % and blanks of a key as they are', () => {
    const key = 'workflows/wf/executions/owner#auto#wf#0a1b/config 17%2F?x=1&y+z.json';
    expect(parseS3Uri(`s3://bucket/${key}`)).toEqual({ bucket: 'bucket', key });
  });

  it('keeps slashes in front of and behind a key', () => {
    expect(parseS3Uri('s3://bucket//a//b/')).toEqual({ bucket: 'bucket', key: '/a//b/' });
  });

  it.each([
    '',
    'bucket/key',
    'http://bucket/key',
    'S3://bucket/key',
    's3:/bucket/key',
    's3://',
    's3://bucket',
    's3://bucket/',
    's3:///key',
    's3://b/k\0',
  ])('refuses %j with URI_INVALID', (text) => {
    expect(() => parseS3Uri(text)).toThrow(PointerError);
    expect(() => parseS3Uri(text)).toThrow(expect.objectContaining({ code: 'URI_INVALID' }) as Error);
  });

  it('does not repeat a whole megabyte of nonsense in its message', () => {
    expect(() => parseS3Uri('x'.repeat(1_000_000))).toThrow(/^.{1,400}$/s);
  });

  it('reads what it wrote, for any key', () => {
    const key = fc.string({ minLength: 1, unit: 'binary' }).filter((text) => !text.includes('\0'));
    const bucket = fc.stringMatching(/^[a-z0-9.-]{3,20}$/);
    fc.assert(
      fc.property(bucket, key, (someBucket, someKey) => {
        const address = { bucket: someBucket, key: someKey };
        expect(parseS3Uri(formatS3Uri(address))).toEqual(address);
      }),
    );
  });
});
