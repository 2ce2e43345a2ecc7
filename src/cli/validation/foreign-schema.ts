import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { AnySchemaObject, ValidateFunction } from 'ajv/dist/2020.js';
import { NO_ADVICE } from '../../bag/validate/advice.js';
import { issuesOf } from '../../bag/validate/issues.js';
import { schemaNames } from '../../bag/validate/validate-against.js';
import { diskError } from '../../batch/disk-errors.js';
import { ConfigError, messageOf } from '../../errors.js';
import type { CliIo } from '../io.js';
import { publishedSchemas } from './published-schemas.js';
import type { Checker } from './schema-choice.js';

/**
 * Anybody's schema (JSON Schema 2020-12), compiled on the spot. It may refer to itself, to files beside it and to the
 * schemas of the project by `$id`; nothing is fetched. Throws `ConfigError` `SCHEMA_NOT_FOUND` or `SCHEMA_INVALID`.
 */
export async function foreignSchema(path: string, { cwd }: Pick<CliIo, 'cwd'>): Promise<Checker> {
  return compileSchema(path, parseSchema(path, await readSchema(path, cwd)), resolve(cwd, path));
}

/** A schema that is at hand, with the path beside which it finds others. Throws `ConfigError` `SCHEMA_INVALID`. */
export async function compileSchema(name: string, schema: unknown, path: string): Promise<Checker> {
  const validate = await compile(name, schema, pathToFileURL(path).href);
  return {
    name,
    accepts: (value) => validate(value),
    issuesOf: (value) => Promise.resolve(validate(value) ? [] : issuesOf(value, validate.errors ?? [], NO_ADVICE)),
  };
}

function parseSchema(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw invalid(path, cause);
  }
}

async function compile(name: string, schema: unknown, address: string): Promise<ValidateFunction> {
  try {
    const located = atAddress(schema, address);
    return await createAjv(located.$id).compileAsync(located);
  } catch (cause) {
    throw cause instanceof ConfigError ? cause : invalid(name, cause);
  }
}

function invalid(name: string, cause: unknown): ConfigError {
  return new ConfigError('SCHEMA_INVALID', `${name} is no JSON Schema (2020-12): ${messageOf(cause)}`, { cause });
}

/** Knows every published schema but the one that is replaced. */
function createAjv(replaced: string | undefined): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, strict: false, logger: false, ownProperties: true, loadSchema });
  addFormats.default(ajv);
  for (const schema of publishedSchemas()) if (schema.$id !== replaced) ajv.addSchema(schema);
  return ajv;
}

/** A schema without an address of its own has that of its file, so that what it refers to is found beside it. */
function atAddress(schema: unknown, address: string): AnySchemaObject {
  if (typeof schema === 'boolean') return { $id: address, ...(schema ? {} : { not: {} }) };
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return { $id: address, ...schema };
  throw new ConfigError('SCHEMA_INVALID', `${fileURLToPath(address)} is no JSON Schema: it is neither an object nor true or false`);
}

/** What a schema refers to. Only files: a check must give the same answer without a network. */
async function loadSchema(address: string): Promise<AnySchemaObject> {
  if (/^https?:\/\/json-schema\.org\//.test(address)) {
    throw new ConfigError('SCHEMA_INVALID', `the schema is written for ${address}; JSON Schema 2020-12 is what is read here`);
  }
  if (!address.startsWith('file:')) {
    throw new ConfigError('SCHEMA_REMOTE', `the schema refers to ${address}, which would have to be fetched; put a copy beside it and refer to that`);
  }
  const path = fileURLToPath(address);
  try {
    return atAddress(JSON.parse(await readFile(path, 'utf8')), address);
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError('SCHEMA_INVALID', `the schema refers to ${path}: ${cause instanceof SyntaxError ? cause.message : diskError(path, cause).message}`, { cause });
  }
}

async function readSchema(path: string, cwd: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, path), 'utf8');
  } catch (cause) {
    const names = schemaNames.join(', ');
    throw new ConfigError('SCHEMA_NOT_FOUND', `--schema takes ${names}, the $id of one of them or a file; ${diskError(path, cause).message}`, { cause });
  }
}
