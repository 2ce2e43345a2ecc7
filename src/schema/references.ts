import { Decimal } from '../json/index.js';
import { isSchemaObject } from './schema-object.js';

/** A `$ref` or the like, with its place as a JSON pointer. */
export interface Reference {
  readonly place: string;
  readonly keyword: string;
  readonly reference: string;
  /** An `$id` on the way. Whether that counts depends on whether the value around it is a schema. */
  readonly isMoved: boolean;
}

const REFERENCES = ['$ref', '$dynamicRef', '$recursiveRef', '$schema'];

/** Published by json-schema.org and never changed. */
const STANDARD = /^https?:\/\/json-schema\.org\//;

export function isStandard(address: string): boolean {
  return STANDARD.test(address);
}

/** Every `$ref` and the like in a value, whether it is a schema or not. */
export function referencesIn(value: unknown, place = '', isMoved = false): readonly Reference[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => referencesIn(item, `${place}/${index}`, isMoved));
  if (!isSchemaObject(value)) return [];
  const isMovedHere = isMoved || typeof value.$id === 'string';
  return Object.entries(value).flatMap(([keyword, member]) => {
    const here = place + pointerOf([keyword]);
    return REFERENCES.includes(keyword) && typeof member === 'string'
      ? [{ place: here, keyword, reference: member, isMoved: isMovedHere }]
      : referencesIn(member, here, isMovedHere);
  });
}

/** `/a~1b` of `a/b`. */
export function pointerOf(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** True for a value in which something has an address, an anchor or a dialect. */
export function namesSchemas(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(namesSchemas);
  if (!isSchemaObject(value)) return false;
  const names = ['$id', '$anchor', '$dynamicAnchor', '$schema'];
  return names.some((name) => name in value) || Object.values(value).some(namesSchemas);
}

/** True for a schema of any dialect whose references cannot lead out of it. */
export function isSelfContained(schema: unknown): boolean {
  const references = referencesIn(schema);
  const isLocal = ({ keyword, reference }: Reference) =>
    keyword === '$schema' ? isStandard(reference) : reference.startsWith('#');
  return references.every(isLocal) && (references.every(isDialect) || !hasInnerAddress(schema));
}

const isDialect = ({ keyword }: Reference): boolean => keyword === '$schema';

/** An address below the root, in any dialect. One that is a fragment alone is an anchor of older drafts. */
function hasInnerAddress(value: unknown, isRoot = true): boolean {
  if (Array.isArray(value)) return value.some((item) => hasInnerAddress(item, false));
  if (!isSchemaObject(value)) return false;
  const isAddress = (id: unknown) => typeof id === 'string' && !id.startsWith('#');
  if (!isRoot && (isAddress(value.$id) || isAddress(value.id))) return true;
  return Object.values(value).some((member) => hasInnerAddress(member, false));
}

/** The text of a schema, with its numbers as they are spelled: dialects differ in what `1.0` means. */
export function spelledText(schema: unknown): string {
  return JSON.stringify(schema, (_, value: unknown) => (value instanceof Decimal ? { number: value.spelling } : value));
}
