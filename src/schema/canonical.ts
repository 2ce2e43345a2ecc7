import { isSchemaObject } from './schema-node.js';

/** Keywords that say nothing about which documents are valid. */
const PROSE = new Set([
  '$id',
  '$schema',
  '$comment',
  'title',
  'description',
  'examples',
  'default',
  'deprecated',
  'readOnly',
  'writeOnly',
]);

/** True for a keyword that no document can break. */
export function isProse(keyword: string): boolean {
  return PROSE.has(keyword);
}

/** Equal for two JSON values that mean the same: the order of members is none. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isSchemaObject(value)) return value === undefined ? 'absent' : JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
