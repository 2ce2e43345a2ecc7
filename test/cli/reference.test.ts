import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { renderHelpPages, renderReference } from './reference-text.js';

const pathOf = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));

/** With `UPDATE_CLI=1` the files are written. */
function assertFile(file: string, text: string): void {
  if (process.env.UPDATE_CLI === '1') {
    mkdirSync(dirname(pathOf(file)), { recursive: true });
    writeFileSync(pathOf(file), text);
  }
  expect(readFileSync(pathOf(file), 'utf8')).toBe(text);
}

/** The modules of all commands are loaded and transformed. */
const LIMIT = 120_000;

describe('after a change of an option, `UPDATE_CLI=1 npx vitest run test/cli/reference.test.ts` brings up to date', () => {
  it(
    'src/cli/help-pages.ts, which every --help prints',
    async () => {
      assertFile('src/cli/help-pages.ts', await renderHelpPages());
    },
    LIMIT,
  );

  it(
    'docs/reference/cli.md',
    async () => {
      assertFile('docs/reference/cli.md', await renderReference());
    },
    LIMIT,
  );
});
