import { Ajv2020 } from 'ajv/dist/2020.js';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createInterpreter } from './interpreter.js';
import { SCHEMA_NAMES } from './read-fixtures.js';
import { readSchema } from './read-schema.js';
import { validateAll } from './validate.js';

describe('every schema', () => {
  it('is compiled, and nothing else is', () => {
    const files = readdirSync(new URL('../../schemas/', import.meta.url)).filter((file) => file.endsWith('.json'));
    expect(SCHEMA_NAMES.map((name) => `${name}.json`)).toEqual(files.sort());
  });

  it.each(SCHEMA_NAMES)('satisfies the 2020-12 meta-schema: %s', (name) => {
    const schema = readSchema(name);
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    const ajv = new Ajv2020({ strict: false });
    expect(ajv.validateSchema(schema), JSON.stringify(ajv.errors)).toBe(true);
  });

  it.each(SCHEMA_NAMES)('has an address, a title, a description and examples: %s', (name) => {
    const { $id, title, description, examples } = readSchema(name);
    expect($id).toBe(`https://statebag-shim.dev/schemas/${name}.json`);
    expect(title).not.toBe('');
    expect(description).toMatch(/\.$/);
    expect(examples.length).toBeGreaterThan(0);
  });

  it.each(SCHEMA_NAMES)('accepts its own examples: %s', async (name) => {
    const interpret = createInterpreter()(name);
    const { examples } = readSchema(name);
    expect(await validateAll(name, examples)).toEqual(examples.map(() => []));
    expect(examples.map((example) => interpret(example))).toEqual(examples.map(() => true));
  });

  it.each(SCHEMA_NAMES)('refers to nothing outside this project: %s', (name) => {
    const references = JSON.stringify(readSchema(name)).match(/"\$ref":"[^"]*"/g) ?? [];
    for (const reference of references) expect(reference).toMatch(/^"\$ref":"(?:[a-z.0-9-]+\.json)?#\/\$defs\/\w+"$/);
  });

  it('agrees with the other schemas on what definitions of the same name mean', () => {
    const meanings = new Map<string, Set<string>>();
    for (const name of SCHEMA_NAMES) {
      const { $defs = {} } = readSchema(name) as { $defs?: Record<string, { title?: string; description?: string }> };
      for (const [definition, { title, description, ...rules }] of Object.entries($defs)) {
        if (title === undefined && description === undefined) add(meanings, definition, JSON.stringify(rules));
        if (definition === 's3Path' || definition === 'numeric') add(meanings, definition, JSON.stringify(rules));
      }
    }
    for (const [definition, variants] of meanings) expect([definition, variants.size]).toEqual([definition, 1]);
  });
});

function add(sets: Map<string, Set<string>>, key: string, value: string): void {
  sets.set(key, (sets.get(key) ?? new Set()).add(value));
}
