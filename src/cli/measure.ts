import { stat } from 'node:fs/promises';
import { isInShard } from '../batch/limits.js';
import type { Shard } from '../batch/limits.js';
import type { OpenSource } from './open-source.js';

/** Bytes of all documents, for a progress bar; `undefined` when a source does not tell before it is read. */
export async function measureSources(sources: readonly OpenSource[], shard?: Shard): Promise<number | undefined> {
  let bytes = 0;
  for (const { source, root } of sources) {
    if (root === undefined) return undefined;
    for await (const { id } of source.containers()) {
      if (isInShard(id, shard)) bytes += (await stat(id).catch(() => undefined))?.size ?? 0;
    }
  }
  return bytes;
}
