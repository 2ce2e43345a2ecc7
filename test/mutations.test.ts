import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { breakGuard, readGuards } from '../.ci/mutations/guards.mjs';

const pathOf = (file: string) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const guards = readGuards();

describe('test/mutations.md', () => {
  it('gives every guard a number of its own', () => {
    const ids = guards.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(37);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(guards)('says what the guard $id does in one sentence of at most 25 words', ({ sentence }) => {
    expect(sentence).toMatch(/^[^.]+\.$/);
    expect(sentence.split(' ').length).toBeLessThanOrEqual(25);
  });

  it.each(guards)('changes lines that are in the sources exactly once, when it breaks $id', (guard) => {
    const text = readFileSync(pathOf(guard.file), 'utf8');
    expect(breakGuard(guard, text)).not.toBe(text);
  });

  it.each(guards)('names test files that exist, where $id must turn red', ({ red }) => {
    for (const file of red) expect([file, existsSync(pathOf(file))]).toEqual([file, true]);
  });
});
