import { resolve } from 'node:path';
import { schemaNames } from '../../validate/index.js';
import { diskError } from '../../sources/disk.js';
import { ConfigError } from '../../errors/index.js';
import type { CliIo } from '../io.js';
import type { Checker } from './checker.js';
import { parseSchemaFile, readSchemaBytes } from './schema-file.js';
import { SchemaThread } from './schema-thread.js';

/**
 * A user's schema (JSON Schema 2020-12). It may refer to itself, to files in its folder and to the schemas of the
 * project by `$id`; nothing is fetched. Throws `ConfigError` `SCHEMA_NOT_FOUND`, `SCHEMA_INVALID`,
 * `SCHEMA_UNSUPPORTED`, `SCHEMA_OUTSIDE` or `SCHEMA_REMOTE`.
 */
export async function loadUserSchema(path: string, { cwd }: Pick<CliIo, 'cwd'>): Promise<Checker> {
  const bytes = await readSchema(path, cwd);
  parseSchemaFile(path, bytes);
  return compileSchema(path, bytes, resolve(cwd, path));
}

/**
 * Whether documents can be checked by a schema; `false` for one that is valid and has numbers that a double does not
 * keep. Throws `ConfigError` as `compileSchema` for every other one.
 */
export async function isApplicable(name: string, bytes: Uint8Array, path: string): Promise<boolean> {
  const thread = await SchemaThread.open(name, path, bytes, { allowInexact: true });
  await thread.close();
  return thread.isExact;
}

/** A schema that is at hand, with its absolute path: it may refer to files in that folder. Throws `ConfigError`. */
export async function compileSchema(name: string, bytes: Uint8Array, path: string): Promise<Checker> {
  const thread = await SchemaThread.open(name, path, bytes);
  return {
    name,
    issuesOf: (_value, subject) => thread.issuesOf(subject.bytes()),
    close: () => thread.close(),
  };
}

async function readSchema(path: string, cwd: string): Promise<Uint8Array> {
  try {
    return await readSchemaBytes(resolve(cwd, path));
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const names = schemaNames.join(', ');
    throw new ConfigError(
      'SCHEMA_NOT_FOUND',
      `--schema takes lean, state-bag, fat, auto, ${names}, the $id of one of them or a file; ${diskError(path, cause).message}`,
      { cause },
    );
  }
}
