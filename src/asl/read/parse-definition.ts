import { BagError, restateAs, SchemaError, StateBagError } from '../../errors/index.js';
import { locate } from '../../json/index.js';
import { findMachines } from './machines.js';
import type { FoundMachines } from './machines.js';
import { parseJsonTree } from './json-tree.js';
import type { AslNode } from './node.js';
import { withoutComments } from './json-comments.js';
import { fileSource } from './source.js';
import { parseYamlTrees } from './yaml-tree.js';

/** Bytes a file may have: the service takes definitions of 1 MB, templates around them are not much larger. */
export const MAX_DEFINITION_BYTES = 16 * 1024 * 1024;

export interface DefinitionFile extends FoundMachines {
  readonly bytes: Uint8Array;
}

/**
 * Reads the state machines of a file: a definition in JSON or YAML, or a template that holds some, as objects or as
 * text. `name` decides the notation by its extension, else the first character does. A machine that cannot be read is
 * among those. Throws `SchemaError` `ASL_NOT_FOUND` for what holds no machine, `BagError` for bytes that cannot be read
 * (`ASL_TOO_LARGE`, `ASL_BINARY`, `YAML_*`, `JSON_*`, `INVALID_UTF8`).
 */
export function parseDefinition(bytes: Uint8Array, name: string): DefinitionFile {
  if (bytes.length > MAX_DEFINITION_BYTES) throw tooLarge(bytes.length);
  const isCommented = /\.jsonc$/i.test(name);
  const source = fileSource(bytes, !isCommented);
  const found = withPlaces(bytes, () => parseTrees(bytes, name)).map((root) => findMachines(source, root));
  const machines = found.flatMap((each) => each.machines);
  const unread = found.flatMap((each) => each.unread);
  const references = found.flatMap((each) => each.references);
  if (machines.length + unread.length + references.length > 0) return { bytes, machines, unread, references };
  throw new SchemaError('ASL_NOT_FOUND', 'not a state machine: nothing in this file has `StartAt` and `States`');
}

/** Errors that know where in the file they are say it as people do. */
function withPlaces<T>(bytes: Uint8Array, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const isPlaceless =
      error instanceof StateBagError && typeof error.context.offset === 'number' && error.context.line === undefined;
    if (!isPlaceless) throw error;
    const place = locate(bytes, Number(error.context.offset));
    const message = `${error.message}, at line ${place.line}, column ${place.column}`;
    const placed = { message, context: { ...error.context, ...place }, cause: error.cause };
    throw error instanceof SchemaError ? restateAs(SchemaError, error, placed) : restateAs(BagError, error, placed);
  }
}

export function tooLarge(size: number): BagError {
  return new BagError(
    'ASL_TOO_LARGE',
    `file of ${size} bytes, more than the ${MAX_DEFINITION_BYTES} that a definition may have`,
  );
}

function parseTrees(bytes: Uint8Array, name: string): readonly AslNode[] {
  if (bytes.includes(0)) throw new BagError('ASL_BINARY', 'a binary file, with zero bytes in it');
  if (isYaml(bytes, name)) return parseYamlTrees(bytes, decode(bytes));
  const json = withoutBom(bytes);
  return [parseJsonTree(/\.jsonc$/i.test(name) ? withoutComments(json) : json)];
}

/** White space in the place of a byte order mark, which editors on Windows write. */
function withoutBom(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0xef || bytes[1] !== 0xbb || bytes[2] !== 0xbf) return bytes;
  return Uint8Array.from(bytes).fill(0x20, 0, 3);
}

function isYaml(bytes: Uint8Array, name: string): boolean {
  if (/\.ya?ml$/i.test(name)) return true;
  if (/\.jsonc?$/i.test(name)) return false;
  return !/^\uFEFF?\s*[{[]/.test(Buffer.from(bytes.subarray(0, 4096)).toString());
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new BagError('INVALID_UTF8', 'malformed UTF-8', { cause: error });
  }
}
