import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { diskError } from '../../sources/disk.js';
import { ConfigError } from '../../errors/index.js';
import { locateAll } from '../../json/index.js';
import { isSchemaObject } from '../../schema/schema-node.js';
import type { SchemaObject } from '../../schema/schema-node.js';
import type { CliIo } from '../io.js';
import { shortId } from '../reporters/format.js';
import { offsetOf } from '../validation/byte-place.js';
import { findSchemaName } from '../validation/schema-choice.js';
import { parseSchemaFile } from '../validation/schema-file.js';

/** A schema with its text, so that what is said of it can be shown in it. */
export interface SchemaText {
  readonly path: string;
  /** As people type it. */
  readonly file: string;
  readonly schema: SchemaObject;
  placeOf(pointer: string): { readonly line: number; readonly column: number };
}

/** By name, `$id` or path. Throws `ConfigError` `SCHEMA_NOT_FOUND` or `SCHEMA_INVALID`. */
export async function readSchemaText(spec: string, { cwd }: CliIo): Promise<SchemaText> {
  const path = pathOf(spec, cwd);
  const { root, schema } = parseSchemaFile(path, await readBytes(path));
  if (!isSchemaObject(schema))
    throw new ConfigError('SCHEMA_INVALID', `${path} is not a JSON Schema that can be compared: it is not an object`);
  return {
    path,
    file: shortId(path, cwd),
    schema,
    placeOf: (pointer) => locateAll(root.document.bytes, [offsetOf(root, pointer)])[0]!,
  };
}

function pathOf(spec: string, cwd: string): string {
  const name = findSchemaName(spec);
  return name === undefined
    ? resolve(cwd, spec)
    : createRequire(import.meta.url).resolve(`statebag-shim/schemas/${name}.json`);
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ConfigError('SCHEMA_NOT_FOUND', diskError(path, cause).message, { cause });
  }
}
