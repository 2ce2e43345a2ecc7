import { beforeAll, describe, expect, it } from 'vitest';
import { validateLeanBag } from 'statebag-shim';
import { createInterpreter } from './interpreter.js';
import { SCHEMA_NAMES, readFixtures } from './read-fixtures.js';
import type { Fixture } from './read-fixtures.js';
import { validateAll } from './validate.js';
import type { Issue } from './validate.js';

const interpreterOf = createInterpreter();

/** Documents in which the command finds no bag to hold against a schema of bags. */
const NOT_A_BAG: readonly string[] = [
  'nothing-in-it-belongs-to-a-bag',
  'the-bag-is-a-string',
  'the-bag-is-a-list',
  'the-bag-is-null',
];

describe.each(SCHEMA_NAMES)('%s', (schema) => {
  const fixtures = readFixtures(schema);
  const valid = fixtures.filter(({ issues }) => issues.length === 0);
  const invalid = fixtures.filter(({ issues }) => issues.length > 0);
  const found = new Map<string, readonly Issue[]>();

  beforeAll(async () => {
    const all = await validateAll(
      schema,
      fixtures.map(({ document }) => document),
    );
    for (const [index, { name }] of fixtures.entries()) found.set(name, all[index]!);
  });

  it.each(valid)('accepts: $name', ({ name, document }) => {
    expect(found.get(name)).toEqual([]);
    if (schema === 'state-bag.v2') expect(validateLeanBag(document)).toEqual([]);
  });

  it.each(invalid)('refuses: $name', ({ name, document, issues }: Fixture) => {
    const expected = NOT_A_BAG.includes(name)
      ? [['', 'NOT_A_BAG']]
      : issues.map(({ pointer, keyword }) => [pointer, keyword]);
    expect(found.get(name)!.map(({ pointer, rule }) => [pointer, rule])).toEqual(expected);
    if (schema !== 'state-bag.v2') return;
    const told = validateLeanBag(document).map(({ pointer, keyword, member }) => ({
      pointer,
      keyword,
      ...(member === undefined ? {} : { member }),
    }));
    expect(told).toEqual(issues);
  });

  it.each(fixtures)('is judged alike by a plain validator: $name', ({ document, issues }) => {
    expect(interpreterOf(schema)(document)).toBe(issues.length === 0);
  });

  it.each(invalid)('says it in a sentence: $name', ({ name }) => {
    for (const { message, hint } of found.get(name)!) {
      expect(message).toMatch(/^[A-Z`].*\.$/s);
      expect(message).not.toMatch(/\bthe rule `|undefined|\[object/);
      expect(hint ?? 'None.').toMatch(/^[A-Z].*\.$/s);
    }
  });
});
