import { expect, it } from 'vitest';
import { outTarget } from '../../../src/run/destination.js';
import type { SourceContainer } from '../../../src/sources/source.js';

const container = (id: string) => ({ id }) as SourceContainer;

it('--out has a place below its directory for a file of the source and for an object', () => {
  const target = outTarget('/out', true, '/in');
  expect(target.pathOf(container('/in/deep/a.json'))).toBe('/out/deep/a.json');
  expect(target.pathOf(container('s3://bucket/deep/a.json'))).toBe('/out/bucket/deep/a.json');
});

it.each(['/elsewhere/a.json', 's3://bucket/../../etc/passwd', 's3://bucket/a/../../../b'])(
  '--out refuses to write a copy of %s outside of its directory',
  (id) => {
    expect(() => outTarget('/out', true, '/in').pathOf(container(id))).toThrow(
      expect.objectContaining({ code: 'OUT_INVALID' }) as Error,
    );
  },
);
