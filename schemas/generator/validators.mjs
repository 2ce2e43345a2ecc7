import standalone from 'ajv/dist/standalone/index.js';
import { createAjv } from './create-ajv.mjs';
import { newestLeanSchema } from './lean-bag.mjs';
import { NOTICE, pascalCase } from './load-schemas.mjs';

/** One module per schema, so that a reader of bags loads no more than its own, and one that names them all. */
export function renderValidators(schemas) {
  const modules = schemas.map(({ name, schema }) => [
    `validators/${name}.ts`,
    renderValidator(schemas, name, schema.$id),
  ]);
  return {
    ...Object.fromEntries(modules),
    'validators.ts': renderRegistry(schemas),
    'validator-loaders.ts': renderLoaders(schemas),
  };
}

/** A module with the compiled validator of one schema and of those it refers to. It imports nothing at run time. */
function renderValidator(schemas, name, id) {
  const ajv = createAjv().addSchema(schemas.map(({ schema }) => withoutProse(schema)));
  const code = tidy(standalone.default(ajv, { [validatorName(name)]: id }));
  // The helpers of ajv's run time come in by `require`, which an ES module does not have.
  if (/\brequire\(/.test(code)) throw new Error(`${name}: a keyword or format needs a helper of ajv at run time`);
  return `// @ts-nocheck\n${NOTICE}import type { CompiledValidator } from '../../compiled-validator.js';\n${code}\n`;
}

/**
 * Declares the type of what is exported, and lets faults pile up in place: ajv copies all earlier faults for every
 * element that has one, which on a list of 200,000 broken elements took more than ten minutes.
 */
function tidy(code) {
  const tidied = code
    .replace(/^"use strict";\n?/, '')
    .replace(/export const (validate\w+) = (\w+);/g, '\nexport const $1: CompiledValidator = $2;\n')
    .replace(/vErrors = vErrors === null \? (\w+)\.errors : vErrors\.concat\(\1\.errors\);/g, pushFaults);
  if (tidied.includes('.concat(')) throw new Error('ajv joins faults in a way that is not known here');
  return tidied;
}

const pushFaults = (_, part) =>
  `if(vErrors === null){\nvErrors = ${part}.errors;\n}\nelse {\nfor(const fault of ${part}.errors){\nvErrors.push(fault);\n}\n}`;

function renderRegistry(schemas) {
  const names = schemas.map(({ name }) => name);
  return [
    NOTICE.trimEnd(),
    `import type { CompiledValidator } from '../compiled-validator.js';`,
    ...names.map((name) => `import { ${validatorName(name)} } from './validators/${name}.js';`),
    '',
    `export { ${names.map(validatorName).join(', ')} };`,
    '',
    `export type SchemaName = ${names.map((name) => `'${name}'`).join(' | ')};`,
    '',
    '/** Every validator by the name of its schema. */',
    'export const validators: Readonly<Record<SchemaName, CompiledValidator>> = {',
    ...names.map((name) => `  '${name}': ${validatorName(name)},`),
    '};',
    '',
  ].join('\n');
}

/** The same by name, each loaded when it is first asked for. */
function renderLoaders(schemas) {
  const loaders = schemas.map(
    ({ name }) => `  '${name}': async () => (await import('./validators/${name}.js')).${validatorName(name)},`,
  );
  return [
    NOTICE.trimEnd(),
    `import type { CompiledValidator } from '../compiled-validator.js';`,
    `import type { SchemaName } from './validators.js';`,
    '',
    'export const validatorLoaders: Readonly<Record<SchemaName, () => Promise<CompiledValidator>>> = {',
    ...loaders,
    '};',
    '',
    '/** The schema of the newest version of the bag. */',
    `export const LEAN_SCHEMA = '${newestLeanSchema(schemas).name}' satisfies SchemaName;`,
    '',
    '/** Addresses of the schemas. */',
    'export const schemaIds: Readonly<Record<SchemaName, string>> = {',
    ...schemas.map(({ name, schema }) => `  '${name}': '${schema.$id}',`),
    '};',
    '',
  ].join('\n');
}

const validatorName = (name) => `validate${pascalCase(name)}`;

/** Titles, descriptions and examples would be carried along in the compiled code, where nobody reads them. */
function withoutProse(schema) {
  if (Array.isArray(schema)) return schema.map(withoutProse);
  if (typeof schema !== 'object' || schema === null) return schema;
  const rules = Object.entries(schema).filter(([key, value]) => !isProse(key, value));
  return Object.fromEntries(rules.map(([key, value]) => [key, withoutProse(value)]));
}

/** Told from a property of that name by its value, which for a property is a schema. */
function isProse(key, value) {
  return (
    (['title', 'description'].includes(key) && typeof value === 'string') ||
    (key === 'examples' && Array.isArray(value))
  );
}
