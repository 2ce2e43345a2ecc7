import { Decimal } from '../json/index.js';
import { isSchemaObject, mapMembers, mapSubschemas } from './schema-object.js';

/** Keywords that say nothing about which documents are valid. */
const PROSE = new Set([
  '$comment',
  'title',
  'description',
  'examples',
  'default',
  'deprecated',
  'readOnly',
  'writeOnly',
]);

/** Keywords that name or hold schemas. They matter where a reference leads to, and only there. */
const NAMES = new Set(['$id', '$schema', '$anchor', '$dynamicAnchor', '$recursiveAnchor', '$defs', 'definitions']);

/** True for a keyword that no document can break by itself. */
export function isSilent(keyword: string): boolean {
  return PROSE.has(keyword) || NAMES.has(keyword);
}

/** Equal for two JSON values that mean the same: neither the order of members nor the spelling of numbers counts. */
export function canonical(value: unknown): string {
  return write(value, (number) => number.canonical());
}

/** The same text for schemas that differ in silent keywords only, at any depth. */
export function canonicalRules(schema: unknown): string {
  return canonical(withoutSilent(schema));
}

function withoutSilent(schema: unknown): unknown {
  if (!isSchemaObject(schema)) return schema;
  return mapMembers(schema, (keyword, value) =>
    isSilent(keyword) ? undefined : mapSubschemas(keyword, value, withoutSilent),
  );
}

/** For messages: numbers as they are spelled. */
export function display(value: unknown): string {
  const text = write(value, (number) => number.spelling);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

const MOST_SHOWN = 80;

function write(value: unknown, number: (value: Decimal) => string): string {
  if (value instanceof Decimal) return number(value);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, number)).join(',')}]`;
  if (!isSchemaObject(value)) return value === undefined ? 'absent' : JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${write(member, number)}`).join(',')}}`;
}
