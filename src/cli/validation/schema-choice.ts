import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { diskError } from '../../batch/disk-errors.js';
import { NO_ADVICE } from '../../bag/validate/advice.js';
import { detectSchema } from '../../bag/validate/detect-schema.js';
import { issuesOf } from '../../bag/validate/issues.js';
import { isSchemaName, schemaNames, validateAgainst } from '../../bag/validate/validate-against.js';
import type { ValidationIssue } from '../../bag/validate/validation-issue.js';
import { ConfigError, messageOf } from '../../errors.js';
import type { CliIo } from '../io.js';

/** A schema that values can be held against. */
export interface Checker {
  readonly name: string;
  /** It is about a bag out of its envelope; others are about the whole document. */
  readonly isAboutBags: boolean;
  check(value: unknown): readonly ValidationIssue[];
}

/** Which schema a value is held against; `undefined` when none is known for it. */
export type SchemaChoice = (value: unknown) => Checker | undefined;

/** Each value has the schema that its telling members ask for. */
export const detectedSchema: SchemaChoice = (value) => {
  const name = detectSchema(value);
  return name === undefined ? undefined : ownSchema(name);
};

/** A schema of the project by name, or anybody's by path. Throws `ConfigError`. */
export async function parseSchemaChoice(text: string, io: CliIo): Promise<Checker> {
  return isSchemaName(text) ? ownSchema(text) : foreignSchema(text, io);
}

function ownSchema(name: (typeof schemaNames)[number]): Checker {
  return { name, isAboutBags: name.startsWith('state-bag.'), check: (value) => validateAgainst(name, value) };
}

/** Compiled on the spot, which is why the compiler is loaded here and nowhere else. */
async function foreignSchema(path: string, io: CliIo): Promise<Checker> {
  const [text, { Ajv2020 }, formats] = await Promise.all([readSchema(path, io), import('ajv/dist/2020.js'), import('ajv-formats')]);
  const ajv = new Ajv2020({ allErrors: true, strict: false, logger: false });
  formats.default.default(ajv);
  try {
    const validate = ajv.compile(JSON.parse(text) as object);
    return { name: path, isAboutBags: false, check: (value) => (validate(value) ? [] : issuesOf(value, validate.errors ?? [], NO_ADVICE)) };
  } catch (cause) {
    throw new ConfigError('SCHEMA_INVALID', `${path} is no JSON Schema (2020-12): ${messageOf(cause)}`, { cause });
  }
}

async function readSchema(path: string, { cwd }: CliIo): Promise<string> {
  try {
    return await readFile(resolve(cwd, path), 'utf8');
  } catch (cause) {
    const names = schemaNames.join(', ');
    throw new ConfigError('SCHEMA_NOT_FOUND', `--schema takes ${names} or a file; ${diskError(path, cause).message}`, { cause });
  }
}
