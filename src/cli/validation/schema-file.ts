import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readDocument } from '../../bag/value.js';
import type { ByteValue } from '../../bag/value.js';
import { findDuplicateMembers, locate } from '../../json/index.js';
import { diskError } from '../../sources/disk.js';
import { readWhole } from '../../sources/read-file.js';
import { BagError, ConfigError } from '../../errors/index.js';
import { display } from '../../schema/canonical.js';
import { plainValue } from '../../validate/document-issues.js';

/** A JSON file that is, or should be, a schema. */
export interface SchemaFile {
  readonly root: ByteValue;
  readonly schema: unknown;
}

/**
 * Errors quote nothing of the file: in CI its path may come from a pull request, and lead to a file of the machine.
 * Throws `ConfigError` `SCHEMA_INVALID`.
 */
export function parseSchemaFile(path: string, bytes: Uint8Array): SchemaFile {
  try {
    const root = readDocument(bytes);
    refuseDuplicates(path, bytes);
    return { root, schema: plainValue(root) };
  } catch (error) {
    if (!(error instanceof BagError)) throw error;
    const { line = 1, column = 1 } = error.context as { readonly line?: number; readonly column?: number };
    throw new ConfigError(
      'SCHEMA_INVALID',
      `${path} is not valid JSON (${error.code} at line ${line}, column ${column})`,
    );
  }
}

/** Which of two members counts depends on the reader. */
function refuseDuplicates(path: string, bytes: Uint8Array): void {
  for (const { name, start } of findDuplicateMembers(bytes, new Set(), () => undefined)) {
    const { line, column } = locate(bytes, start);
    const where = `line ${line}, column ${column}`;
    throw new ConfigError('SCHEMA_INVALID', `${path} has the member ${display(name)} twice in one object (${where})`);
  }
}

/**
 * Reads what a schema in `folder` refers to by a `file:` address. Throws `ConfigError` `SCHEMA_OUTSIDE` for a file that
 * is not in that folder, links followed, and `SCHEMA_INVALID` for one that cannot be read.
 */
export async function readReferredFile(address: string, folder: string): Promise<SchemaFile> {
  const path = pathOf(address);
  try {
    const home = await realpath(folder);
    // Looked at as text first: whether a file outside exists is not said either.
    const real = isInside(folder, path) || isInside(home, path) ? await realpath(path) : undefined;
    if (real === undefined || !isInside(home, real)) throw outside(path, folder);
    return parseSchemaFile(path, await readSchemaBytes(real));
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError('SCHEMA_INVALID', `the schema refers to ${path}: ${diskError(path, cause).message}`, {
      cause,
    });
  }
}

/** Throws `ConfigError` for an address of no file, such as one with a host or with `%2F`. */
function pathOf(address: string): string {
  try {
    return fileURLToPath(address);
  } catch (cause) {
    throw new ConfigError('SCHEMA_INVALID', `the schema refers to ${address}, which is not the address of a file`, {
      cause,
    });
  }
}

/** Far more than any schema has: the largest that are published have 2 MB. */
const MAX_SCHEMA_BYTES = 16 * 1024 * 1024;

/** Throws `ConfigError` `SCHEMA_TOO_LARGE`, and what reading a file throws; a pipe or device is not read. */
export async function readSchemaBytes(path: string): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > MAX_SCHEMA_BYTES)
    throw new ConfigError('SCHEMA_TOO_LARGE', `${path} has ${size} bytes; a schema may have ${MAX_SCHEMA_BYTES}`);
  return readWhole(path);
}

function outside(path: string, folder: string): ConfigError {
  return new ConfigError(
    'SCHEMA_OUTSIDE',
    `the schema refers to ${path}, which is outside of its folder ${folder}; put a copy into that folder and refer to the copy`,
  );
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !isAbsolute(way) && way.split(sep)[0] !== '..';
}
