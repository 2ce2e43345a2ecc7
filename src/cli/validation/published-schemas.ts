import { createRequire } from 'node:module';
import type { AnySchemaObject } from 'ajv/dist/2020.js';
import { schemaNames } from '../../validate/index.js';

/** The schemas of the project as they are published, found through the package's own name like its version. */
export function publishedSchemas(): readonly AnySchemaObject[] {
  const require = createRequire(import.meta.url);
  return schemaNames.map((name) => require(`statebag-shim/schemas/${name}.json`) as AnySchemaObject);
}
