import type { SchemaFault } from '../../schemas/compiled-validator.js';

/** A place inside a validated value. */
export interface Place {
  /** For people: `inverse[0].pieces[1].text`; `the document` for the root. */
  readonly label: string;
  /** What is there; `undefined` when nothing is. */
  readonly value: unknown;
  /** The innermost member name on the way there. */
  readonly member: string | undefined;
}

/** Keys of user data can be of any length; a message shows this many characters of one. */
const MAX_KEY_SHOWN = 60;

/** Follows a JSON pointer (RFC 6901) down from the root. */
export function resolvePlace(root: unknown, pointer: string): Place {
  let place: Place = { label: '', value: root, member: undefined };
  for (const token of pointer.split('/').slice(1)) place = stepDown(place, unescapeToken(token));
  return place.label === '' ? { ...place, label: 'the document' } : { ...place, label: `\`${place.label}\`` };
}

function stepDown({ label, value, member }: Place, token: string): Place {
  if (Array.isArray(value)) return { label: `${label}[${token}]`, value: value[Number(token)], member };
  const child = isObject(value) && Object.hasOwn(value, token) ? value[token] : undefined;
  return { label: `${label}${memberLabel(token, label === '')}`, value: child, member: token };
}

/** The pointer of a member of the object at `pointer`. */
export function childPointer(pointer: string, member: string): string {
  return `${pointer}/${member.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function unescapeToken(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

function memberLabel(name: string, isFirst: boolean): string {
  const shown = name.length > MAX_KEY_SHOWN ? `${name.slice(0, MAX_KEY_SHOWN)}…` : name;
  if (!/^[\w$-]+$/.test(shown)) return `[${JSON.stringify(shown)}]`;
  return isFirst ? shown : `.${shown}`;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One broken rule of a schema, for people and for reports. */
export interface ValidationIssue {
  /**
   * Where it is, as a JSON pointer (RFC 6901) from the root of the validated value. A member that is missing has no
   * place: the pointer then names the object that should hold it.
   */
  readonly pointer: string;
  /** The keyword of JSON Schema that was broken. */
  readonly keyword: string;
  /** A sentence that says what is wrong. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
  /** Name of the member at fault, also when it is missing. */
  readonly member?: string;
}

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

/** A better sentence, a hint, or both, for a fault whose meaning is known. */
export interface Advice {
  readonly message?: string;
  readonly hint?: string;
}

/** Knows what a fault of one schema means. `member` is the member at fault, missing ones included. */
export type Adviser = (fault: SchemaFault, place: Place, member: string | undefined) => Advice;

export const NO_ADVICE: Adviser = () => ({});
