import { schemaIds, validatorLoaders } from '../../../schemas/generated/validator-loaders.js';
import { detectSchema } from '../../bag/validate/detect-schema.js';
import type { SchemaName } from '../../bag/validate/validate-against.js';
import type { ValidationIssue } from '../../bag/validate/validation-issue.js';
import type { CliIo } from '../io.js';

/** A schema that values can be held against. */
export interface Checker {
  readonly name: string;
  /** The judgement alone. */
  accepts(value: unknown): boolean;
  /** What is wrong with a value that is not accepted. */
  issuesOf(value: unknown): Promise<readonly ValidationIssue[]>;
}

/** Which schema a value is held against. */
export interface SchemaChoice {
  /** It is about bags out of their envelopes; others are about whole documents. */
  readonly isAboutBags: boolean;
  /** `undefined` when none is known for the value. */
  checkerOf(value: unknown): Promise<Checker | undefined>;
}

/** The schema whose annotations and byte budget hold for what satisfies it. */
export const LEAN: SchemaName = 'state-bag.v2';

/** Each value has the schema that its telling members ask for. */
export const detectedSchema: SchemaChoice = {
  isAboutBags: true,
  checkerOf: async (value) => {
    const name = detectSchema(value);
    return name === undefined ? undefined : ownSchema(name);
  },
};

/** A schema of the project by name or `$id`, or anybody's by path. Throws `ConfigError`. */
export async function parseSchemaChoice(text: string, io: CliIo): Promise<SchemaChoice> {
  const name = findSchemaName(text);
  if (name !== undefined) return { isAboutBags: name.startsWith('state-bag.'), checkerOf: () => ownSchema(name) };
  const { foreignSchema } = await import('./foreign-schema.js');
  const checker = await foreignSchema(text, io);
  return { isAboutBags: false, checkerOf: () => Promise.resolve(checker) };
}

/** A schema of the project by name or `$id`. */
export function findSchemaName(text: string): SchemaName | undefined {
  return SCHEMA_NAMES.find((known) => known === text || schemaIds[known] === text);
}

const SCHEMA_NAMES = Object.keys(schemaIds) as readonly SchemaName[];

const checkers = new Map<SchemaName, Promise<Checker>>();

function ownSchema(name: SchemaName): Promise<Checker> {
  const known = checkers.get(name);
  if (known) return known;
  const checker = loadOwn(name);
  checkers.set(name, checker);
  return checker;
}

async function loadOwn(name: SchemaName): Promise<Checker> {
  const accepts = await validatorLoaders[name]();
  return { name, accepts, issuesOf: async (value) => (await import('../../bag/validate/validate-against.js')).validateAgainst(name, value) };
}
