import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { renderErrorsPage } from '../../inventory/maker/errors-page.js';
import { CODES } from '../../src/errors/codes.js';
import { EXPLAINED, explain } from '../../src/explanations/index.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Words of AWS and of Node in the same spelling. */
const OTHERS = new Set([
  'MAP_REDUCE',
  'DEEP_ARCHIVE',
  'WHEN_REQUIRED',
  'EAI_AGAIN',
  'ERR_STREAM_DESTROYED',
  'ERR_BUFFER_TOO_LARGE',
  'Z_BUF_ERROR',
  'PENDING_REDRIVE',
  'TIMED_OUT',
  'NOT_REDRIVABLE',
  'ALL_PROJECTED_ATTRIBUTES',
  'BAD_INDENT',
  'ERR_WORKER_OUT_OF_MEMORY',
  'MISSING_CHAR',
]);

/** A code of two words or more, and one of a single word where it is given to an error or an outcome. */
const ERROR_CODE = /Error\(\s*'([A-Z0-9_]+)'/g;
const CODE_PATTERNS = [
  /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g,
  ERROR_CODE,
  /\bcode: '([A-Z0-9_]+)'/g,
  / : '([A-Z]{4,})'/g,
];

/** Its other words in this spelling are names of variables. */
const ENVIRONMENT = ['runtime-proxy/settings.ts', 'lambda/environment.ts'];

/** The catalogue itself, in which every code is. */
const CATALOGUE = /^src\/(?:errors\/codes|explanations\/.*)\.ts$/;

const files = ['src', 'migrations'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))
    .filter((file) => !CATALOGUE.test(file)),
);

function codesInSource(): readonly string[] {
  const found = files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return (ENVIRONMENT.some((name) => file.endsWith(name)) ? [ERROR_CODE] : CODE_PATTERNS).flatMap((pattern) =>
      Array.from(text.matchAll(pattern), ([, code]) => code!),
    );
  });
  return [...new Set(found)].filter((code) => !OTHERS.has(code)).sort();
}

/** Texts and names in the sources. A comparison is no use: it does not make the code. */
const used = new Set(
  files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/[!=]== '[A-Z0-9_]+'/g, '');
    return Array.from(text.matchAll(/'([A-Z][A-Z0-9_]+)'/g), ([, code]) => code!);
  }),
);

describe('the page of codes', () => {
  const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
  const codes = codesInSource();
  const explained: readonly string[] = EXPLAINED;

  it('is what the catalogue says; if this fails, run `npm run inventory`', () => {
    expect(page).toBe(renderErrorsPage());
  });

  it('has an entry for every code in the source', () => {
    expect(codes.length).toBeGreaterThan(100);
    expect(codes).toEqual(expect.arrayContaining(['USAGE', 'UNEXPECTED', 'BAG_FAT', 'OVER_LIMIT']));
    expect(codes.filter((code) => !explained.includes(code))).toEqual([]);
    expect(explained.filter((code) => !page.includes(`\n| \`${code}\` |`))).toEqual([]);
  });

  it('has none for a code that is gone', () => {
    expect(explained.length).toBeGreaterThan(Object.keys(CODES).length);
    expect(explained.filter((code) => !used.has(code))).toEqual([]);
  });

  it('names only codes that it explains', () => {
    const named = Array.from(page.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g), ([, code]) => code!);
    const others = named.filter((code) => !code.startsWith('AWS_') && !code.startsWith('STATEBAG_'));
    expect(others.filter((code) => !explained.includes(code))).toEqual([]);
  });

  it('has one row for each code, with class and retryability', () => {
    const rows = Array.from(page.matchAll(/^\| `([A-Z0-9_]+)` \|/gm), ([, code]) => code!);
    expect([...rows].sort()).toEqual([...explained].sort());
    expect(page).toContain('\n| `STORE_TIMEOUT` | `StoreError`, retryable | A request to the store took too long. |');
    expect(page).toContain('\n| `STORE_DENIED` | `StoreError`, sometimes retryable |');
    expect(page).toContain('\n| `EVENT_INVALID` | `BagError` or `ConfigError` |');
    expect(page).toContain(
      '\n| `RUN_STOPPED` | `StoreError`, retryable | The run was stopped before this document was written. |',
    );
  });
});

describe('an explanation', () => {
  it.each(EXPLAINED)('has a short sentence as its title, and whole sentences: %s', (code) => {
    const { title, detail = 'None.', advice } = explain(code)!;
    expect(title.length).toBeLessThanOrEqual(130);
    expect(title.replaceAll(/`[^`]*`|0\.1\.0/g, '')).toMatch(/^[^.]*[.]$/);
    for (const text of [title, detail, advice]) expect(text).toMatch(/^(?:[A-Z`0-9]|statebag ).*[.]$/);
  });

  it('uses the words that engineers use', () => {
    const texts = EXPLAINED.map((code) => JSON.stringify(explain(code))).join('\n');
    expect(texts.match(/\b(?:somebody|nobody|anybody|whoever|lies|stands|anew|meanwhile)\b/gi)).toBeNull();
  });

  it('is not there for a code of another package', () => {
    expect(explain('VAULT_SEALED')).toBeUndefined();
    expect(explain('constructor')).toBeUndefined();
  });
});
