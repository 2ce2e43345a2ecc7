import { LEAN_SCHEMA, schemaIds, validatorLoaders } from '../../../schemas/generated/validator-loaders.js';
import { detectSchema } from '../../validate/index.js';
import type { SchemaName } from '../../validate/index.js';
import type { CliIo } from '../io.js';
import type { Checker } from './checker.js';

/** Which schema a value is validated against. */
export interface SchemaChoice {
  /** It is about bags out of their envelopes; others are about whole documents. */
  readonly isAboutBags: boolean;
  /** A document without a bag is at fault, whatever else it may be. */
  readonly requiresBag: boolean;
  /** `undefined` when none is known for the value. */
  checkerOf(value: unknown): Promise<Checker | undefined>;
  /** Ends what a schema of the user runs in. */
  close?(): Promise<void>;
}

/**
 * The schema that a document is validated against unless another is named: a check does not take its standard from what
 * it checks.
 */
export const LEAN: SchemaName = LEAN_SCHEMA;

/** The schema of old bags, and of bags with pointers under the old names. */
export const FAT: SchemaName = 'state-bag.fat';

/** The two forms of a bag by the words that people use, and the schema of bags without its version: the newest. */
const SHORT_NAMES: Readonly<Record<string, SchemaName>> = { lean: LEAN, 'state-bag': LEAN, fat: FAT };

/** `--schema` that lets each document choose. */
const AUTO = 'auto';

/** Each value has the schema that its telling members ask for. */
const detectedSchema: SchemaChoice = {
  isAboutBags: true,
  requiresBag: false,
  checkerOf: async (value) => {
    const name = detectSchema(value);
    return name === undefined ? undefined : ownSchema(name);
  },
};

/** `auto`, a schema of the project by name or `$id`, or a file with a JSON Schema. Throws `ConfigError`. */
export async function parseSchemaChoice(text: string, io: CliIo): Promise<SchemaChoice> {
  if (text === AUTO) return detectedSchema;
  const name = findSchemaName(text);
  if (name !== undefined) return namedSchema(name);
  const { loadUserSchema } = await import('./user-schema.js');
  const checker = await loadUserSchema(text, io);
  return {
    isAboutBags: false,
    requiresBag: false,
    checkerOf: () => Promise.resolve(checker),
    close: async () => checker.close?.(),
  };
}

/** One schema of the project for every document. */
export function namedSchema(name: SchemaName): SchemaChoice {
  const isAboutBags = isOfBags(name);
  return { isAboutBags, requiresBag: isAboutBags, checkerOf: () => ownSchema(name) };
}

/** True for the name of a schema of bags, of any generation and version. */
export function isOfBags(name: string): boolean {
  return name.startsWith('state-bag.');
}

/** A schema of the project by name, short name or `$id`. */
export function findSchemaName(text: string): SchemaName | undefined {
  const short = Object.hasOwn(SHORT_NAMES, text) ? SHORT_NAMES[text] : undefined;
  return short ?? SCHEMA_NAMES.find((known) => known === text || schemaIds[known] === text);
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
  return {
    name,
    accepts,
    issuesOf: async (value) => (await import('../../validate/index.js')).validateAgainst(name, value),
  };
}
