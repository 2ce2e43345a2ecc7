import type { CompiledSchema } from '@hyperjump/json-schema/experimental';
import { Refusal } from './refusal.js';

type Edges = (compiled: unknown) => readonly string[];

/** Keywords that apply a schema to the same value, with the addresses of these schemas in what they are compiled to. */
const SAME_VALUE: Readonly<Record<string, Edges>> = {
  ref: (schema) => [schema as string],
  not: (schema) => [schema as string],
  if: (schema) => [schema as string],
  then: (schemas) => schemas as readonly string[],
  else: (schemas) => schemas as readonly string[],
  allOf: (schemas) => schemas as readonly string[],
  anyOf: (schemas) => schemas as readonly string[],
  oneOf: (schemas) => schemas as readonly string[],
  dependentSchemas: (schemas) => (schemas as readonly (readonly [string, string])[]).map(([, schema]) => schema),
};

/**
 * Throws `Refusal` for a schema that applies itself to the same value again, which never ends. Where a `$dynamicRef`
 * leads is known only when a document is checked.
 */
export function refuseLoops({ ast }: CompiledSchema): void {
  const done = new Set<string>();
  for (const start of Object.keys(ast)) walk(start, ast, new Set(), done);
}

function walk(schema: string, ast: CompiledSchema['ast'], way: Set<string>, done: Set<string>): void {
  if (way.has(schema)) {
    throw new Refusal('SCHEMA_UNSUPPORTED', `the schema at ${schema} applies itself to the same value, without an end`);
  }
  if (done.has(schema)) return;
  way.add(schema);
  for (const next of nextSchemas(ast[schema])) walk(next, ast, way, done);
  way.delete(schema);
  done.add(schema);
}

function nextSchemas(keywords: CompiledSchema['ast'][string] | undefined): readonly string[] {
  if (!Array.isArray(keywords)) return [];
  return keywords.flatMap(([id, , compiled]) => SAME_VALUE[id.slice(id.lastIndexOf('/') + 1)]?.(compiled) ?? []);
}
