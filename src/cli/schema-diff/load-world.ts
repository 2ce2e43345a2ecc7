import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ByteValue } from '../../bag/value.js';
import { ConfigError } from '../../errors/index.js';
import { Decimal } from '../../json/index.js';
import { isSchema } from '../../schema/schema-object.js';
import { SchemaWorld } from '../../schema/schema-world.js';
import { publishedSchemas } from '../validation/published-schemas.js';
import { readReferredFile } from '../validation/schema-file.js';

/** A schema as it is stored. */
export interface SchemaSource {
  /** Absolute. */
  readonly path: string;
  readonly root: ByteValue;
}

/**
 * A schema with everything that it refers to and that is at hand: files in its folder and the schemas of the project.
 * What is not at hand is not compared. Throws `ConfigError` `SCHEMA_INVALID` for a schema that is nested too deep.
 */
export async function loadWorld({ path, root }: SchemaSource): Promise<SchemaWorld> {
  const world = new SchemaWorld(documentOf(pathToFileURL(path).href, readSpelled(path, root)));
  const tried = new Set<string>();
  for (;;) {
    const address = world.missing().find((missing) => !tried.has(missing));
    if (address === undefined) return world;
    tried.add(address);
    const schema = await readAddress(address, dirname(path));
    if (schema !== undefined) world.add(documentOf(address, schema));
  }
}

/** `undefined` for what is not at hand. */
async function readAddress(address: string, folder: string): Promise<unknown> {
  const published = publishedSchemas().find(({ $id }) => $id === address);
  if (published) return fromPlain(published);
  const file = address.startsWith('file:') ? await readReferredOrNothing(address, folder) : undefined;
  return file && readSpelled(address, file);
}

function documentOf(address: string, schema: unknown): SchemaWorld['root'] {
  return { address, schema: isSchema(schema) ? schema : true };
}

/** A reference that no document reaches may lead to nothing; the validator has refused the others. */
async function readReferredOrNothing(address: string, folder: string): Promise<ByteValue | undefined> {
  try {
    return (await readReferredFile(address, folder)).root;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** The comparison walks schemas by recursion. */
const MAX_DEPTH = 500;

/** The value with its numbers as they are spelled. */
export function readSpelled(name: string, value: ByteValue, depth = 0): unknown {
  if (depth > MAX_DEPTH)
    throw new ConfigError(
      'SCHEMA_INVALID',
      `${name} is nested more than ${MAX_DEPTH} levels deep, and is not compared`,
    );
  switch (value.kind()) {
    case 'object': {
      const members = value
        .names()
        .map((member) => [member, readSpelled(name, value.member(member)!, depth + 1)] as const);
      return withoutPrototype(members);
    }
    case 'array':
      return value.items().map((item) => readSpelled(name, item, depth + 1));
    case 'string':
      return value.text();
    case 'number':
      return Decimal.parse(Buffer.from(value.bytes()).toString('latin1'));
    case 'boolean':
      return value.bytes().length === 'true'.length;
    case 'null':
      return null;
    case 'nonfinite':
      return Buffer.from(value.bytes()).toString('latin1');
  }
}

function fromPlain(value: unknown): unknown {
  if (typeof value === 'number') return Decimal.of(value);
  if (Array.isArray(value)) return value.map(fromPlain);
  if (typeof value !== 'object' || value === null) return value;
  return withoutPrototype(Object.entries(value).map(([name, member]) => [name, fromPlain(member)] as const));
}

function withoutPrototype(members: readonly (readonly [name: string, value: unknown])[]): object {
  const object = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of members) object[name] = value;
  return object;
}
