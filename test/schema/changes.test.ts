import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../src/bag/value.js';
import { ruleOf } from '../../src/cli/schema-diff/diff-rules.js';
import { loadWorld } from '../../src/cli/schema-diff/load-world.js';
import { compareSchemas } from '../../src/schema/compare.js';
import { statebag, useScratch } from '../cli/terminal.js';
import { CHANGES } from './changes.js';
import type { Json } from './changes.js';

const scratch = useScratch();

const LETTERS: Readonly<Record<string, string>> = { 'breaks-stored': 'S', 'breaks-readers': 'R', unknown: 'U' };
/** What each requirement does not accept; `full` accepts none. */
const REFUSED = { backward: 'SU', forward: 'RU' } as const;

function put(name: string, schema: Json): string {
  const path = join(scratch.dir, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(schema).replace(/"number:([^"]*)"/g, '$1'));
  return path;
}

const diff = (before: Json, after: Json, requirement: string) =>
  diffFiles(put('old.json', before), put('new.json', after), requirement);

async function diffFiles(before: string, after: string, requirement: string) {
  const args = ['schema', 'diff', before, after, '--require', requirement, '--json'];
  const { code, out, err } = await statebag(scratch.dir, args);
  expect([err, code === 0 || code === 1]).toEqual(['', true]);
  const { documents } = JSON.parse(out) as { documents: readonly [{ issues: readonly { rule: string }[] }] };
  const letters = documents[0].issues.map(({ rule }) => LETTERS[rule] ?? rule);
  return { code, letters: [...new Set(letters)].sort().join('') };
}

/** The comparison alone, without the command. */
async function lettersOf(before: string, after: string): Promise<string> {
  const [old, now] = [await loadFile(before), await loadFile(after)];
  const letters = compareSchemas(old, now).map(({ effect }) => LETTERS[ruleOf(effect).rule]);
  return [...new Set(letters)].sort().join('');
}

function loadFile(path: string) {
  return loadWorld({ path, root: readDocument(readFileSync(path)) });
}

const flip = (letters: string) =>
  letters
    .split('')
    .map((letter) => (letter === 'S' ? 'R' : letter === 'R' ? 'S' : letter))
    .sort()
    .join('');

const byTitle = (wanted: string) => CHANGES.filter(([title]) => title === wanted);

describe('the comparison says what a change does, and the opposite of the change back', () => {
  it.each(CHANGES)('a change of %s', async (_, before, after, letters) => {
    const [old, now] = [put('old.json', before), put('new.json', after)];
    expect(await lettersOf(old, now)).toBe(letters);
    expect(await lettersOf(now, old)).toBe(flip(letters));
    expect(await lettersOf(old, old)).toBe('');
  });
});

describe('schema diff exits with 1 for what the requirement does not allow', () => {
  it.each([
    ...byTitle('a $ref that is gone'),
    ...byTitle('minContains of none'),
    ...byTitle('the target of an $anchor'),
    ...byTitle('the target of a $ref in a keyword that is not known'),
    ...byTitle('the target of an inner $id'),
    ...byTitle('minContains of one'),
    ...byTitle('a $ref that is written out'),
  ])('a change of %s', async (_, before, after, letters) => {
    for (const requirement of ['backward', 'forward'] as const) {
      const code = letters.split('').some((letter) => REFUSED[requirement].includes(letter)) ? 1 : 0;
      expect([requirement, await diff(before, after, requirement)]).toEqual([requirement, { code, letters }]);
    }
  });
});

describe('schema diff compares the files that a schema refers to', () => {
  const using = { properties: { n: { $ref: 'part.json#day' } } };
  const part = (schema: Json): Json => ({ $defs: { day: { $anchor: 'day', ...schema } } });

  it('where two schemas of one text refer to files beside them', async () => {
    const [old, now] = [put('old/schema.json', using), put('new/schema.json', using)];
    put('old/part.json', part({ type: 'string' }));
    put('new/part.json', part({ type: 'string', title: 'Day' }));
    expect(await diffFiles(old, now, 'full')).toEqual({ code: 0, letters: '' });
    put('new/part.json', part({ type: ['string', 'null'] }));
    expect(await diffFiles(old, now, 'full')).toEqual({ code: 1, letters: 'R' });
    expect(await diffFiles(old, now, 'backward')).toEqual({ code: 0, letters: 'R' });
  });
});

describe('two schemas of one text whose files changed are not compatible', () => {
  const draft = (version: string, schema: Json): Json => ({
    $schema: `http://json-schema.org/${version}/schema#`,
    ...schema,
  });
  const part = { $ref: 'part.json' };

  it.each<[string, string, Json, string]>([
    ['a list under items', 'part.json', { items: [part] }, 'U'],
    ['a list under items of draft-07', 'part.json', draft('draft-07', { items: [part] }), 'U'],
    ['a list under items of 2019-09', 'part.json', draft('draft/2019-09', { items: [part] }), 'U'],
    ['draft-04, relative to an id', 'sub/part.json', draft('draft-04', { id: 'sub/x', allOf: [part] }), 'U'],
    ['draft-07, where $id beside $ref is ignored', 'part.json', draft('draft-07', { $id: 'sub/', ...part }), 'U'],
    ['examples', 'part.json', { $ref: '#/examples/0', examples: [part] }, 'RS'],
    ['an inner example', 'part.json', { $ref: '#/examples/0/a', examples: [{ a: part }] }, 'RS'],
    ['default', 'part.json', { $ref: '#/default', default: part }, 'RS'],
    ['const', 'part.json', { $defs: { a: { const: part } }, $ref: '#/$defs/a/const' }, 'RS'],
    ['enum', 'part.json', { $defs: { a: { enum: [part] } }, $ref: '#/$defs/a/enum/0' }, 'RS'],
    ['an $id in an example', 'sub/part.json', { $ref: '#/examples/0', examples: [{ $id: 'sub/', ...part }] }, 'U'],
    ['a definition that is not a schema', 'part.json', { $defs: { a: [part] }, 'x-a': { $ref: '#/$defs/a/0' } }, 'U'],
    ['a keyword with an $id', 'sub/part.json', { 'x-a': { $id: 'sub/', ...part } }, 'U'],
  ])('where they refer to them in %s', async (_, name, schema, expected) => {
    for (const other of ['part.json', 'sub/part.json']) {
      put(`old/${other}`, { type: 'string' });
      put(`new/${other}`, { type: other === name ? 'number' : 'string' });
    }
    expect(await lettersOf(put('old/schema.json', schema), put('new/schema.json', schema))).toBe(expected);
  });

  it('and a schema of another dialect is compatible with itself only if no reference leaves it', async () => {
    const local = { $ref: '#/definitions/a', definitions: { a: { type: 'string' } } };
    const cases: readonly (readonly [Json, string])[] = [
      [draft('draft-07', { items: [{ type: 'string' }], $id: 'https://example.test/a' }), ''],
      [draft('draft-07', local), ''],
      [draft('draft-07', { $ref: 'part.json' }), 'U'],
      [draft('draft-04', { properties: { a: { id: 'part.json', ...local } } }), 'U'],
      [{ $schema: 'meta.json' }, 'U'],
    ];
    for (const [schema, expected] of cases)
      expect(await lettersOf(put('old/schema.json', schema), put('new/schema.json', schema))).toBe(expected);
  });
});
