import { createRequire } from 'node:module';
import { schemaNames } from '../../validate/index.js';

type PublishedSchema = Readonly<Record<string, unknown>>;

/** The schemas of the project as they are published, found through the package's own name like its version. */
export function publishedSchemas(): readonly PublishedSchema[] {
  const require = createRequire(import.meta.url);
  return schemaNames.map((name) => require(`statebag-shim/schemas/${name}.json`) as PublishedSchema);
}
