import { BagError, restateAs } from '../errors/index.js';
import { assertNotAdded } from './segments.js';
import { formatExact, parseExact } from '../json/index.js';
import { partitionWorkflow } from '../partition/index.js';
import type { Value } from './value.js';

/**
 * The map that the legacy partitioner makes of a config, numbers spelled as in the config. Throws `BagError`
 * `WORKFLOW_*` as the partitioner does, and `SEGMENT_IS_COPY`.
 */
export function partitionConfig<V extends Value>(config: V): V {
  assertNotAdded(config, 'workflow_config');
  const { partitionMap } = partition(parseExact(config.bytes()));
  return config.parse(Buffer.from(formatExact(partitionMap)));
}

function partition(config: unknown): ReturnType<typeof partitionWorkflow> {
  try {
    return partitionWorkflow(config);
  } catch (cause) {
    if (!(cause instanceof BagError)) throw cause;
    const message = `there is no map and no manifest, and workflow_config cannot be cut into segments: ${cause.message}`;
    throw restateAs(BagError, cause, { message });
  }
}
