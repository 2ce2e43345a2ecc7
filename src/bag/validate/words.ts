import { isObject } from './place.js';

/** A message shows this many characters of a value at most. */
const MAX_SHOWN = 60;

/** A value in words: scalars as JSON, objects and lists by kind. */
export function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (isObject(value)) return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
  if (typeof value === 'string')
    return value.length > MAX_SHOWN ? `${JSON.stringify(value.slice(0, MAX_SHOWN))}…` : JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return `${value}`;
  return value === undefined ? 'absent' : `a ${typeof value}`;
}

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object',
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'null',
};

/** Types of JSON Schema, one or several, in words. */
export function typeInWords(types: unknown): string {
  const names = Array.isArray(types) ? types.map(String) : String(types).split(',');
  return listInWords(names.map((name) => TYPES[name] ?? name));
}

/** `a, b or c`. */
export function listInWords(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]!}`;
}
