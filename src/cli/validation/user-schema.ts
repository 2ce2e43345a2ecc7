import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { AnySchemaObject, ValidateFunction } from 'ajv/dist/2020.js';
import { NO_ADVICE } from '../../validate/issue.js';
import { issuesOf } from '../../validate/issues.js';
import { schemaNames } from '../../validate/index.js';
import { diskError } from '../../sources/disk.js';
import { ConfigError, messageOf } from '../../errors/index.js';
import type { CliIo } from '../io.js';
import type { Checker } from './checker.js';
import { publishedSchemas } from './published-schemas.js';
import { parseSchemaFile, readReferred } from './schema-file.js';

/**
 * A user's schema (JSON Schema 2020-12), compiled on the spot. It may refer to itself, to files in its folder and to
 * the schemas of the project by `$id`; nothing is fetched. Throws `ConfigError` `SCHEMA_NOT_FOUND`, `SCHEMA_INVALID`,
 * `SCHEMA_OUTSIDE` or `SCHEMA_REMOTE`.
 */
export async function loadUserSchema(path: string, { cwd }: Pick<CliIo, 'cwd'>): Promise<Checker> {
  return compileSchema(path, parseSchemaFile(path, await readSchema(path, cwd)).schema, resolve(cwd, path));
}

/** A schema that is at hand, with its absolute path: it may refer to files in that folder. Throws `ConfigError`. */
export async function compileSchema(name: string, schema: unknown, path: string): Promise<Checker> {
  const validate = await compile(name, schema, path);
  return {
    name,
    accepts: (value) => validate(value),
    issuesOf: (value) => Promise.resolve(validate(value) ? [] : issuesOf(value, validate.errors ?? [], NO_ADVICE)),
  };
}

async function compile(name: string, schema: unknown, path: string): Promise<ValidateFunction> {
  try {
    const located = atAddress(schema, pathToFileURL(path).href);
    return await createAjv(located.$id, dirname(path)).compileAsync(located);
  } catch (cause) {
    throw cause instanceof ConfigError ? cause : invalid(name, cause);
  }
}

function invalid(name: string, cause: unknown): ConfigError {
  return new ConfigError('SCHEMA_INVALID', `${name} is no JSON Schema (2020-12): ${messageOf(cause)}`, { cause });
}

/** Knows every published schema but the one that is replaced, and loads others from one folder. */
function createAjv(replaced: string | undefined, folder: string): Ajv2020 {
  const loadSchema = (address: string) => loadReferred(address, folder);
  const ajv = new Ajv2020({ allErrors: true, strict: false, logger: false, ownProperties: true, loadSchema });
  addFormats.default(ajv);
  for (const schema of publishedSchemas()) if (schema.$id !== replaced) ajv.addSchema(schema);
  return ajv;
}

/** A schema without an address of its own has that of its file, so that what it refers to is found beside it. */
function atAddress(schema: unknown, address: string): AnySchemaObject {
  if (typeof schema === 'boolean') return { $id: address, ...(schema ? {} : { not: {} }) };
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return { $id: address, ...schema };
  throw new ConfigError(
    'SCHEMA_INVALID',
    `${fileURLToPath(address)} is no JSON Schema: it is neither an object nor true or false`,
  );
}

/** What a schema refers to. Only files: a check must give the same answer without a network. */
async function loadReferred(address: string, folder: string): Promise<AnySchemaObject> {
  if (/^https?:\/\/json-schema\.org\//.test(address)) {
    throw new ConfigError(
      'SCHEMA_INVALID',
      `the schema is written for ${address}; JSON Schema 2020-12 is what is read here`,
    );
  }
  if (!address.startsWith('file:')) {
    throw new ConfigError(
      'SCHEMA_REMOTE',
      `the schema refers to ${address}, which would have to be fetched; put a copy beside it and refer to that`,
    );
  }
  return atAddress(await readReferred(address, folder), address);
}

async function readSchema(path: string, cwd: string): Promise<Uint8Array> {
  try {
    return await readFile(resolve(cwd, path));
  } catch (cause) {
    const names = schemaNames.join(', ');
    throw new ConfigError(
      'SCHEMA_NOT_FOUND',
      `--schema takes lean, state-bag, fat, auto, ${names}, the $id of one of them or a file; ${diskError(path, cause).message}`,
      { cause },
    );
  }
}
