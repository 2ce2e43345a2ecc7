import { readFileSync } from 'node:fs';
import type { SchemaName } from './read-fixtures.js';

export interface SchemaDocument {
  readonly $id: string;
  readonly $schema: string;
  readonly title: string;
  readonly description: string;
  readonly examples: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** A schema as it is published. */
export function readSchema(name: SchemaName): SchemaDocument {
  return JSON.parse(readFileSync(new URL(`../../schemas/${name}.json`, import.meta.url), 'utf8')) as SchemaDocument;
}
