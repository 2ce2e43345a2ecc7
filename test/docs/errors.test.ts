import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Words of AWS and of Node in the same spelling. */
const OTHERS = new Set([
  'MAP_REDUCE',
  'WHEN_REQUIRED',
  'EAI_AGAIN',
  'ERR_STREAM_DESTROYED',
  'PENDING_REDRIVE',
  'TIMED_OUT',
  'NOT_REDRIVABLE',
  'ALL_PROJECTED_ATTRIBUTES',
]);

/** A code of two words or more, and one of a single word where it is given to an error or an outcome. */
const ERROR_CODE = /Error\(\s*'([A-Z0-9_]+)'/g;
const CODES = [/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g, ERROR_CODE, /\bcode: '([A-Z0-9_]+)'/g, / : '([A-Z]{4,})'/g];

/** Its other words in this spelling are names of variables. */
const ENVIRONMENT = ['runtime-proxy/settings.ts', 'lambda/environment.ts'];

function codesInSource(): readonly string[] {
  const files = ['src', 'migrations'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file)),
  );
  const found = files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return (ENVIRONMENT.some((name) => file.endsWith(name)) ? [ERROR_CODE] : CODES).flatMap((pattern) =>
      Array.from(text.matchAll(pattern), ([, code]) => code!),
    );
  });
  return [...new Set(found)].filter((code) => !OTHERS.has(code)).sort();
}

describe('the page of codes', () => {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const codes = codesInSource();

  it('has an entry for every code in the source', () => {
    expect(codes.length).toBeGreaterThan(100);
    expect(codes).toEqual(expect.arrayContaining(['USAGE', 'UNEXPECTED', 'BAG_FAT', 'OVER_LIMIT']));
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });

  it('has none for a code that is gone', () => {
    const named = Array.from(page.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g), ([, code]) => code!);
    expect(named.filter((code) => !codes.includes(code) && !code.startsWith('AWS_'))).toEqual([]);
  });
});
