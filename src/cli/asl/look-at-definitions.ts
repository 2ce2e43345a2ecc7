import { StateBagError, BagError, ConfigError, InternalError } from '../../errors/index.js';
import type { CheckedDocument } from '../../findings/checked-document.js';
import { isValid } from '../../findings/checked-document.js';
import type { Finding } from '../../findings/finding.js';
import type { Conclusion } from '../../findings/finding-writer.js';
import type { CliIo } from '../io.js';
import type { DefinitionPath } from './definition-files.js';
import { readDefinition } from './definition-files.js';
import { isDefinitionName, isTerraform, mayHoldMachine } from './relevance.js';

/** What is made of one file. */
export type Look = (bytes: Uint8Array, definition: DefinitionPath) => Promise<CheckedDocument> | CheckedDocument;

/** What came of a run over files. */
export interface Looked {
  /** Documents with errors. */
  readonly failed: number;
  readonly conclusion: Conclusion;
}

/** Why a file of a directory is not among the documents. */
type Skipped = 'other' | 'unreadable' | 'terraform';

/**
 * Takes file after file; one that cannot be read is a finding of its own, and so is one that shows a defect of the
 * tool. That one is thrown at the end, when the other files have been looked at.
 */
export async function lookAtDefinitions(
  files: readonly DefinitionPath[],
  look: Look,
  io: CliIo,
  onDocument: (document: CheckedDocument) => Promise<void>,
): Promise<Looked> {
  let [seen, failed] = [0, 0];
  const skipped = { other: 0, unreadable: 0, terraform: 0 };
  const defects: InternalError[] = [];
  for (const definition of files) {
    const looked = await lookAt(definition, look, io, defects);
    if (typeof looked === 'string') {
      skipped[looked] += 1;
      continue;
    }
    seen += 1;
    if (!isValid(looked)) failed += 1;
    await onDocument(looked);
  }
  if (defects[0]) throw defects[0];
  if (seen === 0) throw new ConfigError('SOURCE_EMPTY', `no file there holds a state machine${reasonFor(skipped)}`);
  return { failed, conclusion: concludeWith(skipped) };
}

function reasonFor({ terraform }: Readonly<Record<Skipped, number>>): string {
  return terraform === 0 ? '' : `; ${terraform} Terraform files (.tf) are not read`;
}

function concludeWith(skipped: Readonly<Record<Skipped, number>>): Conclusion {
  const { other, unreadable, terraform } = skipped;
  const count = other + unreadable + terraform;
  if (count === 0) return { members: { skipped } };
  const parts = [
    ...(other > 0 ? [`${other} without a state machine`] : []),
    ...(unreadable > 0 ? [`${unreadable} that cannot be parsed and have no word of a state machine`] : []),
    ...(terraform > 0 ? [`${terraform} of Terraform (.tf), which statebag does not read`] : []),
  ];
  return { members: { skipped }, remark: `skipped: ${count} files, ${parts.join(', ')}` };
}

async function lookAt(
  definition: DefinitionPath,
  look: Look,
  io: CliIo,
  defects: InternalError[],
): Promise<CheckedDocument | Skipped> {
  const { file, isNamed } = definition;
  if (isTerraform(file)) return isNamed ? unreadable(definition, terraformError()) : 'terraform';
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readDefinition(definition, io);
    return await look(bytes, definition);
  } catch (error) {
    const failure = error instanceof RangeError ? tooDeep(error) : error;
    if (!(failure instanceof StateBagError) || failure instanceof ConfigError) throw error;
    if (failure instanceof InternalError) {
      defects.push(failure);
      return unreadable(definition, failure);
    }
    if (failure.code === 'ASL_NOT_FOUND' && /\.tf\.json$/i.test(file))
      return isNamed ? unreadable(definition, terraformError()) : 'terraform';
    if (isNamed) return unreadable(definition, failure);
    if (failure.code === 'ASL_NOT_FOUND') return isDefinitionName(file) ? unreadable(definition, failure) : 'other';
    // A file that is not there to be read may hold anything; one that is too large is no definition.
    if (!bytes && failure.code !== 'ASL_TOO_LARGE') return unreadable(definition, failure);
    return mayHoldMachine(bytes, file) ? unreadable(definition, failure) : 'unreadable';
  }
}

function terraformError(): BagError {
  const advice =
    'write the definition to a file of its own, such as machine.asl.json for `templatefile`, and check that';
  return new BagError('ASL_UNREADABLE', `a Terraform file, which statebag does not read; ${advice}`);
}

/** A walk over the values came to the end of the stack. */
function tooDeep(cause: RangeError): BagError {
  return new BagError('ASL_UNREADABLE', 'nested too deeply, or too large, to be looked at', { cause });
}

function unreadable({ file }: DefinitionPath, error: StateBagError): CheckedDocument {
  return { id: file, file, findings: [findingFor(file, error)] };
}

/** An error in a file as a finding. */
export function findingFor(file: string, { code, message, context }: StateBagError): Finding {
  const { line, column } = context;
  const place = typeof line === 'number' && typeof column === 'number' ? { line, column } : {};
  return { rule: code, level: 'error', message, file, ...place };
}
