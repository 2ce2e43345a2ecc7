import { seededRandom } from '../../../examples/fleet/random.js';
import { createStateBagShim } from 'statebag-shim';
import type { BlobStore, Mode } from 'statebag-shim';
import { makeDataManager } from './data-manager.js';
import { findInEvent, findInline } from './find-segment.js';
import type { Functions, LambdaFunction } from './lambda-tasks.js';
import { makeRunner } from './runner.js';
import type { World } from './runner.js';
import { storeTaskToken } from './token-table.js';
import type { TokenTable } from './token-table.js';

/** What every deployment is made of. */
export interface Parts {
  readonly world: World;
  readonly table: TokenTable;
  readonly initialize: LambdaFunction;
}

/** Makes the functions of a deployment from its parts. */
export type Deploy = (parts: Parts) => Functions;

/** The engine as it was: old runners, old bags, nothing wrapped. */
export const legacyDeployment: Deploy = ({ world, table, initialize }) => ({
  Initialize: initialize,
  ExecuteSegment: makeRunner(world, findInline),
  ManageStateData: makeDataManager(world),
  StoreTaskToken: storeTaskToken(table),
});

export type Speech = 'lean' | 'fat';

/** A runner of either kind with the shim around it. */
export function wrapRunner(world: World, store: BlobStore, speaks: Speech, mode: Mode): LambdaFunction {
  return createStateBagShim({ store, mode, speaks }).wrap(
    makeRunner(world, speaks === 'lean' ? findInEvent : findInline),
  );
}

interface Rollout {
  /** Each function opens a store of its own, as functions do that share nothing but a bucket. */
  readonly openStore: () => BlobStore;
  readonly mode: Mode;
  readonly seed: number;
  /** Default: some merges go to a function without the shim, as none of them reads a program. */
  readonly allMergesWrapped?: boolean;
  /** Told what kind of function takes each call. */
  readonly onCall?: (kind: string) => void;
}

/**
 * The engine in the middle of a roll-out: every call of a runner may go to an old or a new one, every merge to a
 * wrapped or a bare one.
 */
export function rollout(options: Rollout): Deploy {
  return ({ world, table, initialize }) => {
    const { openStore, mode } = options;
    const runner = (speaks: Speech) => wrapRunner(world, openStore(), speaks, mode);
    const shim = createStateBagShim({ store: openStore, mode });
    const manager = makeDataManager(world);
    const merges: Functions = {
      'wrapped merge': shim.wrap(manager, { segment: false }),
      ...(options.allMergesWrapped ? {} : { 'bare merge': manager }),
    };
    const toss = tosser(options);
    return {
      Initialize: initialize,
      ExecuteSegment: toss({ 'lean runner': runner('lean'), 'fat runner': runner('fat') }),
      ManageStateData: toss(merges),
      StoreTaskToken: shim.wrap(storeTaskToken(table), { segment: false }),
    };
  };
}

/** Sends each call to one of several functions, as the seed has it. */
function tosser({ seed, onCall }: Rollout) {
  const random = seededRandom(seed);
  return (functions: Functions): LambdaFunction =>
    (event) => {
      const [kind, call] = random.pick(Object.entries(functions));
      onCall?.(kind);
      return call(event);
    };
}
