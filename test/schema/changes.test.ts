import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { statebag, useScratch } from '../cli/terminal.js';
import { CHANGES } from './changes.js';
import type { Json } from './changes.js';

const scratch = useScratch();

const LETTERS: Readonly<Record<string, string>> = { 'breaks-stored': 'S', 'breaks-readers': 'R', unknown: 'U' };
/** What each requirement does not accept. */
const REFUSED = { full: 'RSU', backward: 'SU', forward: 'RU' } as const;

function put(name: string, schema: Json): string {
  const path = join(scratch.dir, name);
  writeFileSync(path, JSON.stringify(schema).replace(/"number:([^"]*)"/g, '$1'));
  return path;
}

async function diff(before: Json, after: Json, requirement: string) {
  const args = ['schema', 'diff', put('old.json', before), put('new.json', after), '--require', requirement, '--json'];
  const { code, out, err } = await statebag(scratch.dir, args);
  expect([err, code === 0 || code === 1]).toEqual(['', true]);
  const { documents } = JSON.parse(out) as { documents: readonly [{ issues: readonly { rule: string }[] }] };
  const letters = documents[0].issues.map(({ rule }) => LETTERS[rule] ?? rule);
  return { code, letters: [...new Set(letters)].sort().join('') };
}

const flip = (letters: string) =>
  letters
    .split('')
    .map((letter) => (letter === 'S' ? 'R' : letter === 'R' ? 'S' : letter))
    .sort()
    .join('');

describe('schema diff says what a change does, and the opposite of the change back', () => {
  it.each(CHANGES)('a change of %s', async (_, before, after, letters) => {
    for (const [requirement, refused] of Object.entries(REFUSED)) {
      const code = letters.split('').some((letter) => refused.includes(letter)) ? 1 : 0;
      expect([requirement, await diff(before, after, requirement)]).toEqual([requirement, { code, letters }]);
    }
    expect((await diff(after, before, 'full')).letters).toBe(flip(letters));
    expect(await diff(before, before, 'full')).toEqual({ code: 0, letters: '' });
  });
});
