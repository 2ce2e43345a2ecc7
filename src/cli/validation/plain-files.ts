import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CheckedDocument } from '../../findings/checked-document.js';
import { acceptQuickly } from './accept-quickly.js';
import { isCounted, isWellWithin } from './budget.js';
import type { SourcesSettings } from './check-sources.js';

/**
 * A source that is one JSON file in which there is nothing to find; `undefined` for every other, which then goes the
 * way of all sources. A hook before a commit names a handful of files that are well: they are told so in half the time.
 */
export async function acceptPlainFile(
  spec: string,
  cwd: string,
  { schema, budget, shortened }: SourcesSettings,
): Promise<CheckedDocument | undefined> {
  const bytes =
    /\.json$/i.test(spec) && !spec.startsWith('s3://') ? await readOrNothing(resolve(cwd, spec)) : undefined;
  const taken = bytes && (await acceptQuickly(bytes, schema));
  if (!bytes || !taken || (isCounted(budget, taken) && !isWellWithin(budget, bytes.length))) return undefined;
  const file = shortened(resolve(cwd, spec));
  return { id: file, file, details: { schemas: taken.schemas }, findings: [] };
}

/** A pipe can be read only once, and a device may never end. The source reports whatever prevents the reading. */
async function readOrNothing(path: string): Promise<Uint8Array | undefined> {
  try {
    return (await stat(path)).isFile() ? await readFile(path) : undefined;
  } catch {
    return undefined;
  }
}
