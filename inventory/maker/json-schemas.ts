import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at } from './json-types.js';
import { ROOT } from './root.js';

type Schema = Readonly<Record<string, unknown>>;

/** Key paths of the formats that have a published schema: each `properties`, and whether it is required. */
export function schemaKeyLines(): readonly string[] {
  const files = readdirSync(join(ROOT, 'schemas')).filter((name) => name.endsWith('.json'));
  return files.flatMap((file) => {
    const schema = JSON.parse(readFileSync(join(ROOT, 'schemas', file), 'utf8')) as Schema;
    return keysOf('', schema).map((line) => `schema ${file}  ${line}`);
  });
}

function keysOf(path: string, schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap((part) => keysOf(path, part));
  const { properties, required, $defs, ...others } = schema as Schema;
  const needed = new Set(Array.isArray(required) ? (required as readonly string[]) : []);
  const own = Object.entries((properties ?? {}) as Schema).flatMap(([name, value]) => [
    `${at(path, name)}${needed.has(name) ? '' : '?'}: ${kindOf(value)}`,
    ...keysOf(at(path, name), value),
  ]);
  const defined = Object.entries(($defs ?? {}) as Schema).flatMap(([name, value]) => keysOf(`#${name}`, value));
  const words = Object.entries(others).filter(([word]) => word !== 'examples');
  const inside = words.flatMap(([word, value]) => keysOf(word === 'items' ? `${path}[]` : path, value));
  return [...own, ...defined, ...inside];
}

function kindOf(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return String(schema);
  const { type, $ref: ref, const: only, enum: choices } = schema as Schema;
  if (typeof ref === 'string') return ref.replace('#/$defs/', '#');
  if (choices !== undefined || only !== undefined) return JSON.stringify(choices ?? only);
  if (typeof type === 'string') return type;
  return Array.isArray(type) ? (type as readonly string[]).join(' | ') : 'see the schema';
}
