import { formatExact, parseExact } from '../json/index.js';
import { partitionWorkflow } from './partition/index.js';
import type { ValueReader } from './value-reader.js';

/** The map that the legacy partitioner makes of a config, numbers spelled as in the config. Throws `BagError` `WORKFLOW_*`. */
export function partitionConfig<V>(reader: ValueReader<V>, config: V): V {
  const { partitionMap } = partitionWorkflow(parseExact(reader.bytes(config)));
  return reader.parse(Buffer.from(formatExact(partitionMap)));
}
