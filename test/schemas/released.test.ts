import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const SCHEMAS = new URL('../../schemas/', import.meta.url);

const released = JSON.parse(readFileSync(new URL('released.json', import.meta.url), 'utf8')) as Record<string, string>;

const digestOf = (file: string) =>
  createHash('sha256')
    .update(readFileSync(new URL(file, SCHEMAS)))
    .digest('hex');

/**
 * Stored documents and deployed readers go by these files. A change goes into a file with the next version in its name,
 * and gets a line of its own here; `statebag schema diff` says what it does.
 */
describe('a schema that has been released', () => {
  it.each(Object.entries(released))('%s is what it was, byte for byte', (file, digest) => {
    expect(digestOf(file)).toBe(digest);
  });

  it('has its digest here, like every other', () => {
    expect(
      readdirSync(SCHEMAS)
        .filter((file) => file.endsWith('.json'))
        .sort(),
    ).toEqual(Object.keys(released).sort());
  });
});
