import { readFileSync } from 'node:fs';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { AnySchemaObject } from 'ajv/dist/2020.js';

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);

const validators = new Map(
  (['journal.v1', 'plan.v1'] as const).map((name) => {
    const text = readFileSync(new URL(`../../schemas/${name}.json`, import.meta.url), 'utf8');
    return [name, ajv.compile(JSON.parse(text) as AnySchemaObject)];
  }),
);

/** What a published schema has against a line, by a validator that is not the package's own. */
export function schemaErrors(name: 'journal.v1' | 'plan.v1', line: unknown): readonly string[] {
  const validate = validators.get(name)!;
  return validate(line) ? [] : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
}
