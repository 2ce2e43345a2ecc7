import { StateBagError, ConfigError, InternalError } from '../../errors/index.js';
import type { CheckedDocument } from '../../findings/checked-document.js';
import { isValid } from '../../findings/checked-document.js';
import type { CliIo } from '../io.js';
import type { DefinitionPath } from './definition-files.js';
import { readDefinition } from './definition-files.js';

/** What is made of one file. */
export type Look = (bytes: Uint8Array, definition: DefinitionPath) => Promise<CheckedDocument> | CheckedDocument;

/** Takes file after file; one that cannot be read is a finding of its own. Resolves to how many have errors. */
export async function lookAtDefinitions(
  files: readonly DefinitionPath[],
  look: Look,
  io: CliIo,
  onDocument: (document: CheckedDocument) => Promise<void>,
): Promise<number> {
  let [seen, failed] = [0, 0];
  for (const definition of files) {
    const document = await lookAt(definition, look, io);
    if (!document) continue;
    seen += 1;
    if (!isValid(document)) failed += 1;
    await onDocument(document);
  }
  if (seen === 0) throw new ConfigError('SOURCE_EMPTY', 'no file there holds a state machine');
  return failed;
}

/** Undefined for a file without a machine that the command line does not name. */
async function lookAt(definition: DefinitionPath, look: Look, io: CliIo): Promise<CheckedDocument | undefined> {
  try {
    return await look(await readDefinition(definition, io), definition);
  } catch (error) {
    if (!(error instanceof StateBagError) || error instanceof InternalError || error instanceof ConfigError)
      throw error;
    return error.code === 'ASL_NOT_FOUND' && !definition.isNamed ? undefined : unreadable(definition, error);
  }
}

function unreadable({ file }: DefinitionPath, { code, message, context }: StateBagError): CheckedDocument {
  const { line, column } = context;
  const place = typeof line === 'number' && typeof column === 'number' ? { line, column } : {};
  return { id: file, file, findings: [{ rule: code, level: 'error', message, file, ...place }] };
}
