import { resolve, dirname } from 'node:path';
import { realpathSync } from 'node:fs';
import { findingsIn } from '../../asl/check/check-definition.js';
import type { CheckedDefinition } from '../../asl/check/check-definition.js';
import { messageOf, StateBagError } from '../../errors/index.js';
import type { CheckedDocument } from '../../findings/checked-document.js';
import type { Finding } from '../../findings/finding.js';
import type { CliIo } from '../io.js';
import type { DefinitionPath } from './definition-files.js';
import { readDefinition, shorten } from './definition-files.js';
import { findingFor } from './look-at-definitions.js';

/** What a check of one file has to know of the others. */
export interface CheckContext {
  readonly io: CliIo;
  /** Real paths of the files that are checked on their own. */
  readonly checked: ReadonlySet<string>;
}

export function checkContext(files: readonly DefinitionPath[], io: CliIo): CheckContext {
  return { io, checked: new Set(files.map(({ path }) => realPath(path))) };
}

export async function checkFile(
  bytes: Uint8Array,
  definition: DefinitionPath,
  context: CheckContext,
): Promise<CheckedDocument> {
  const { file } = definition;
  return { id: file, file, findings: await allFindings(bytes, definition, context) };
}

/** What is found in a file, and in the files that it takes definitions from. */
export async function allFindings(
  bytes: Uint8Array,
  definition: DefinitionPath,
  context: CheckContext,
): Promise<readonly Finding[]> {
  const { findings, references } = findingsIn(bytes, definition.file);
  const others = [];
  for (const reference of references) others.push(await findingsBehind(reference, definition, context));
  return [...findings, ...others.flat()];
}

/** A file that is checked on its own is told there. */
async function findingsBehind(
  { path: written, place }: CheckedDefinition['references'][number],
  { path: template }: DefinitionPath,
  { io, checked }: CheckContext,
): Promise<readonly Finding[]> {
  const path = resolve(template === '-' ? io.cwd : dirname(template), written);
  if (checked.has(realPath(path))) return [];
  const file = shorten(path, io.cwd);
  try {
    const bytes = await readDefinition({ path, file, isNamed: true }, io);
    return definitionFindings(bytes, file);
  } catch (error) {
    if (!(error instanceof StateBagError)) throw error;
    if (typeof error.context.line === 'number' || error.code === 'ASL_NOT_FOUND') return [findingFor(file, error)];
    const message = `the definition in "${written}" cannot be read: ${messageOf(error)}`;
    return [{ ...place, rule: 'ASL_UNREADABLE', level: 'error', message }];
  }
}

/** With the command that patches the file, as a patch of the template leaves it. */
function definitionFindings(bytes: Uint8Array, file: string): readonly Finding[] {
  return findingsIn(bytes, file).findings.map((finding) => ({
    ...finding,
    ...(finding.hint !== undefined && {
      hint: finding.hint.replace('`statebag asl patch` does it', `\`statebag asl patch ${file}\` does it`),
    }),
  }));
}

function realPath(path: string): string {
  try {
    return path === '-' ? path : realpathSync.native(path);
  } catch {
    // It is not there, which reading it says.
    return path;
  }
}
