import { createHash } from 'node:crypto';
import { patchDefinition } from '../../asl/patch/patch-definition.js';
import { unifiedDiff } from '../../asl/patch/unified-diff.js';
import type { AslSettings } from '../../asl/check/settings.js';
import { nodeDisk } from '../../sources/disk.js';
import { FileReplacement } from '../../sources/replace-file.js';
import type { CheckedDocument } from '../../findings/checked-document.js';
import { allFindings } from './check-file.js';
import type { CheckContext } from './check-file.js';
import type { DefinitionPath } from './definition-files.js';

export interface PatchedFile {
  /** What is left to find, with `changed`, `applied` and `diff` as details. */
  readonly document: CheckedDocument;
  /** Empty when there is nothing to change. */
  readonly diff: string;
}

/**
 * Patches one file, in place with `apply`. Throws what reading a definition throws, and `ConflictError` when the file
 * changed meanwhile.
 */
export async function patchFile(
  bytes: Uint8Array,
  definition: DefinitionPath,
  settings: AslSettings,
  apply: boolean,
  context: CheckContext,
): Promise<PatchedFile> {
  const { path, file } = definition;
  const patched = patchDefinition(bytes, file, settings);
  const diff = unifiedDiff(file, Buffer.from(bytes).toString(), Buffer.from(patched).toString());
  const changed = diff !== '';
  if (apply && changed) await replace(path, bytes, patched);
  return {
    diff,
    document: {
      id: file,
      file,
      findings: await allFindings(patched, definition, context),
      details: { changed, applied: apply && changed, diff },
    },
  };
}

async function replace(path: string, before: Uint8Array, after: Uint8Array): Promise<void> {
  const replacement = await FileReplacement.open(nodeDisk, path);
  await replacement.write(after);
  await replacement.commit(createHash('sha256').update(before).digest('hex'));
}
