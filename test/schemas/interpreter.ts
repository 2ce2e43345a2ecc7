import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { SCHEMA_NAMES } from './read-fixtures.js';
import type { SchemaName } from './read-fixtures.js';
import { readSchema } from './read-schema.js';

/** The published schemas in an ajv with its own settings and formats: a second opinion on what is compiled ahead. */
export function createInterpreter(): (name: SchemaName) => ValidateFunction {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  for (const name of SCHEMA_NAMES) ajv.addSchema(readSchema(name));
  return (name) => ajv.getSchema(readSchema(name).$id)!;
}
