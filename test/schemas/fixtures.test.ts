import { describe, expect, it } from 'vitest';
import { schemaNames, validateAgainst } from '../../src/bag/validate/validate-against.js';
import { createInterpreter } from './interpreter.js';
import { readFixtures } from './read-fixtures.js';

const interpreterOf = createInterpreter();

describe.each(schemaNames)('%s', (schema) => {
  const fixtures = readFixtures(schema);
  const valid = fixtures.filter(({ issues }) => issues.length === 0);
  const invalid = fixtures.filter(({ issues }) => issues.length > 0);

  it.each(valid)('accepts: $name', ({ document }) => {
    expect(validateAgainst(schema, document)).toEqual([]);
  });

  it.each(invalid)('refuses: $name', ({ document, issues }) => {
    const found = validateAgainst(schema, document);
    expect(
      found.map(({ pointer, keyword, member }) => ({ pointer, keyword, ...(member === undefined ? {} : { member }) })),
    ).toEqual(issues);
  });

  it.each(fixtures)('is judged alike by a plain validator: $name', ({ document, issues }) => {
    expect(interpreterOf(schema)(document)).toBe(issues.length === 0);
  });

  it.each(invalid)('says it in a sentence: $name', ({ document }) => {
    for (const { message, hint } of validateAgainst(schema, document)) {
      expect(message).toMatch(/^[A-Z`].*\.$/s);
      expect(message).not.toMatch(/\bthe rule `|undefined|\[object/);
      expect(hint ?? 'None.').toMatch(/^[A-Z].*\.$/s);
    }
  });
});
