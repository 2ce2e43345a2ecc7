import { compile } from 'json-schema-to-typescript';
import { NOTICE } from './load-schemas.mjs';

/** The type of every schema and titled definition, and `SchemaTypes`, which maps schema names to types. */
export async function renderTypes(schemas) {
  const bundle = {
    title: 'Schema types',
    description: 'What a value is once it satisfies the schema of that name.',
    type: 'object',
    additionalProperties: false,
    required: schemas.map(({ name }) => name),
    properties: Object.fromEntries(schemas.map(({ name }) => [name, { $ref: `#/$defs/${name}` }])),
    $defs: Object.fromEntries(schemas.map(({ name, schema }) => [name, readable(schema, name)])),
  };
  return compile(bundle, 'SchemaTypes', {
    bannerComment: NOTICE.trimEnd(),
    additionalProperties: true,
    unreachableDefinitions: false,
    style: { singleQuote: true, printWidth: 120 },
  });
}

/**
 * A copy that the type compiler understands: references into the bundle, no conditions, `never` for what may not be.
 */
function readable(schema, name) {
  if (Array.isArray(schema)) return schema.map((item) => readable(item, name));
  if (typeof schema !== 'object' || schema === null) return schema;
  if (isNever(schema)) return { description: schema.description, tsType: 'never' };
  const copy = Object.fromEntries(rulesOf(schema).map(([key, value]) => [key, readable(value, name)]));
  if (typeof copy.$ref === 'string') copy.$ref = bundledReference(copy.$ref, name);
  return Object.keys(copy).some((key) => key !== 'description') ? splitByType(copy) : { ...copy, tsType: 'unknown' };
}

const isNever = (schema) => typeof schema.not === 'object' && Object.keys(schema.not).length === 0;

/** The rules that say something about the type. A list of `if`-`then` on a tag becomes the union of what follows. */
function rulesOf(schema) {
  const tagged = schema.allOf?.every((rule) => rule.if && rule.then?.$ref) ?? false;
  const { title, description } = schema;
  if (tagged)
    return Object.entries({ title, description, anyOf: schema.allOf.map((rule) => rule.then), $defs: schema.$defs });
  return Object.entries(schema).filter(
    ([key, value]) => !UNTYPED.has(key) && !(key === 'anyOf' && value.every(isOnlyRequired)),
  );
}

const UNTYPED = new Set(['$id', '$schema', 'examples', 'if', 'then', 'else', 'not', 'allOf']);

const isOnlyRequired = (rule) => Object.keys(rule).every((key) => key === 'required');

/** `pointers.v1.json#/$defs/x` and `#/$defs/x` → `#/$defs/pointers.v1/$defs/x`. */
function bundledReference(reference, name) {
  const [file, fragment] = reference.split('#');
  return `#/$defs/${file === '' ? name : file.replace(/\.json$/, '')}${fragment}`;
}

const KEYWORDS_OF_TYPE = { array: ['items'], object: ['properties', 'required', 'additionalProperties'] };

/** `{ type: [array, object], items, properties }` → a union of one schema per type. */
function splitByType({ type, items, properties, required, additionalProperties, ...rest }) {
  const rules = { items, properties, required, additionalProperties };
  if (!Array.isArray(type)) return withoutUndefined({ type, ...rules, ...rest });
  const pick = (one) => Object.fromEntries((KEYWORDS_OF_TYPE[one] ?? []).map((keyword) => [keyword, rules[keyword]]));
  return { ...rest, anyOf: type.map((one) => withoutUndefined({ type: one, ...pick(one) })) };
}

const withoutUndefined = (object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
