import { pathToFileURL, fileURLToPath } from 'node:url';
import { dirname } from 'node:path';
import { addUriSchemePlugin } from '@hyperjump/browser';
import '@hyperjump/json-schema/formats';
import { setMetaSchemaOutputFormat, setShouldValidateFormat } from '@hyperjump/json-schema/draft-2020-12';
import { compile, getSchema, interpret } from '@hyperjump/json-schema/experimental';
import type { CompiledSchema } from '@hyperjump/json-schema/experimental';
import * as Instance from '@hyperjump/json-schema/instance/experimental';
import { readDocument } from '../../bag/value.js';
import type { ByteValue } from '../../bag/value.js';
import { readReferredFile } from '../validation/schema-file.js';
import { BROKEN_RULES, defineOutput } from './faults.js';
import { replaceFormats } from './formats.js';
import { replaceKeywords } from './keywords.js';
import { refuseLoops } from './loops.js';
import type { SchemaRequest } from './messages.js';
import { DIALECT, OtherDialect, prepareSchema } from './prepare.js';
import type { NoteInexact } from './prepare.js';
import { refuseRemote, toRefusal } from './to-refusal.js';
import { Refusal } from './refusal.js';

/** A schema that is ready, and what is said of the first of its numbers that a double does not keep. */
interface ReadySchema {
  readonly schema: CompiledSchema;
  readonly inexact: string | undefined;
}

/** The schema of this thread. Throws `Refusal`. */
export async function compileSchema(request: SchemaRequest): Promise<ReadySchema> {
  replaceKeywords();
  replaceFormats();
  defineOutput();
  setMetaSchemaOutputFormat(BROKEN_RULES as 'DETAILED');
  const inexact: string[] = [];
  replaceRetrieval(request, (sentence) => inexact.push(sentence));
  try {
    const compiled = await compile(await getSchema(pathToFileURL(request.path).href));
    // Meta-schemas name formats, too: what they ask for is stricter than what `compilePattern` takes.
    setShouldValidateFormat(true);
    refuseLoops(compiled);
    refuseEndless(compiled);
    return { schema: compiled, inexact: inexact[0] };
  } catch (error) {
    throw toRefusal(await readDialect(error, dirname(request.path)));
  }
}

/** Documents of each kind: what never ends for one of them ends for no document like it. */
const PROBES = [null, true, 0, '', [], {}, [[]], { a: {} }] as const;

function refuseEndless(compiled: CompiledSchema): void {
  for (const probe of PROBES) interpret(compiled, Instance.fromJs(probe as never));
}

/** Nothing is fetched, and files are read by the rule of `readReferredFile` only. */
function replaceRetrieval(request: SchemaRequest, noteInexact: NoteInexact): void {
  const main = pathToFileURL(request.path).href;
  const root = readDocument(request.bytes);
  const own = new Map(request.published.map((schema) => [String(schema.$id), schema]));
  const file = async (address: string) =>
    respond(
      address,
      noteInexact,
      address === main ? root : (await readReferredFile(address, dirname(request.path))).root,
    );
  const remote = (address: string) => {
    if (address === root.member('$id')?.text()) return respond(address, noteInexact, root);
    const schema = own.get(address);
    if (schema === undefined) throw refuseRemote(address);
    return respond(address, noteInexact, readDocument(Buffer.from(JSON.stringify(schema))));
  };
  addUriSchemePlugin('file', { retrieve: (uri) => file(withoutFragment(uri)) });
  for (const scheme of ['http', 'https']) {
    addUriSchemePlugin(scheme, { retrieve: (uri) => Promise.resolve(uri).then(withoutFragment).then(remote) });
  }
}

function withoutFragment(address: string): string {
  return address.replace(/#.*$/s, '');
}

/** An answer as the validator expects it of the network. */
function respond(url: string, noteInexact: NoteInexact, root: ByteValue): Response {
  if (!['object', 'boolean'].includes(root.kind())) {
    throw new Refusal('SCHEMA_INVALID', `${nameOf(url)} is neither an object nor true or false`);
  }
  const headers = { 'content-type': `application/schema+json; schema="${DIALECT}"` };
  const response = new Response(JSON.stringify(prepareSchema(root, noteInexact)), { headers });
  return Object.defineProperty(response, 'url', { value: url });
}

function nameOf(address: string): string {
  return address.startsWith('file:') ? fileURLToPath(address) : address;
}

/** A meta-schema that is a file outside of the folder of the schema is refused as any other file there. */
async function readDialect(error: unknown, folder: string): Promise<unknown> {
  const { cause } = error as { readonly cause?: unknown };
  if (!(cause instanceof OtherDialect) || !cause.dialect.startsWith('file:')) return error;
  return readReferredFile(cause.dialect, folder).then(
    () => error,
    (refusal: unknown) => refusal,
  );
}
