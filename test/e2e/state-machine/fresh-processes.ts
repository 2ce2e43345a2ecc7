import { createHash } from 'node:crypto';
import { createStateBagShim } from 'statebag-shim';
import type { BlobStore } from 'statebag-shim';
import { makeDataManager } from './data-manager.js';
import { wrapRunner } from './deployment.js';
import type { Deploy, Speech } from './deployment.js';
import { parseNumber } from './json.js';
import type { Members } from './json.js';
import type { LambdaFunction } from './lambda-tasks.js';
import { mortalSandbox } from './mortal-sandbox.js';
import type { Death } from './mortal-sandbox.js';
import type { World } from './runner.js';
import { storeTaskToken } from './token-table.js';

export interface Fate {
  readonly openStore: () => BlobStore;
  /** What becomes of the process that an event is delivered to first. Default: it lives. */
  readonly death?: Death;
  /** Told of each event that is delivered again. */
  readonly onRedelivery?: () => void;
}

/**
 * A deployment in which every call of a runner gets a process of its own, without anything in its caches. Old and new
 * runners take turns from segment to segment, and the same event always goes to the same kind.
 */
export function freshProcesses(fate: Fate): Deploy {
  return ({ world, table, initialize }) => ({
    Initialize: initialize,
    ExecuteSegment: redelivering(world, fate),
    ManageStateData: makeDataManager(world),
    StoreTaskToken: createStateBagShim({ store: fate.openStore, mode: 'rewrite' }).wrap(storeTaskToken(table), {
      segment: false,
    }),
  });
}

function redelivering(world: World, { openStore, death, onRedelivery }: Fate): LambdaFunction {
  const delivered = new Set<string>();
  return (event) => {
    const load = (store: BlobStore) => wrapRunner(world, store, speechFor(event), 'rewrite');
    const id = createHash('sha256').update(JSON.stringify(event)).digest('hex');
    const isFirst = !delivered.has(id);
    delivered.add(id);
    if (!isFirst) onRedelivery?.();
    return isFirst && death !== undefined ? mortalSandbox(openStore(), death, load)(event) : load(openStore())(event);
  };
}

function speechFor({ segment_to_run: index }: Members): Speech {
  return parseNumber(index) % 2 === 0 ? 'fat' : 'lean';
}
