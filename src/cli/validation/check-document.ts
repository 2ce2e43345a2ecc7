import type { SourceDocument } from '../../sources/source.js';
import { acceptQuickly } from './accept-quickly.js';
import { checkBudget, isCounted, isWellWithin } from './budget.js';
import type { Budget } from './budget.js';
import type { Found } from './issue.js';
import type { SchemaChoice } from './schema-choice.js';
import type { BlobReader } from '../../bag/places.js';

export interface CheckSettings {
  readonly schema: SchemaChoice;
  readonly budget: Budget;
  /** With it, pointers are followed. */
  readonly blobs: BlobReader | undefined;
}

/** Holds a document against its schema. What is no JSON is an invalid document too; a `ConfigError` is thrown. */
export async function checkDocument(
  { bytes, line }: Pick<SourceDocument, 'bytes' | 'line'>,
  settings: CheckSettings,
): Promise<Found> {
  const found = await lookAt(bytes, settings);
  return line === undefined ? found : { ...found, issues: found.issues.map((issue) => ({ ...issue, line })) };
}

/** The long way, and its many modules, are for documents in which there is something to find. */
async function lookAt(bytes: Uint8Array, { schema, budget, blobs }: CheckSettings): Promise<Found> {
  const accepted = blobs ? undefined : await acceptQuickly(bytes, schema);
  const found = accepted
    ? { ...accepted, issues: [] }
    : await (await import('./find-issues.js')).findIssues(bytes, schema, blobs);
  if (isWellWithin(budget, bytes.length) || !isCounted(budget, found)) return found;
  return { ...found, issues: [...found.issues, ...checkBudget(budget, bytes.length)] };
}
