import type { Migration } from '../src/bag/migration.js';
import {
  dropInitMarkers,
  pointWorkflowConfig,
  pointPartitionMap,
  pointSegmentManifest,
  shrinkSegmentManifest,
  stampVersion,
} from './lean-v2.js';
import { bridgePointers, rehomePaths } from './bridge.js';

/** What a migration makes of a bag. */
export type Target = 'lean' | 'bridge';

/**
 * The steps to each target, in the order of `up`; `down` runs them backwards. Listed by hand, not found by scanning a
 * directory: a bundled Lambda has no directory.
 */
export const MIGRATIONS: Readonly<Record<Target, readonly Migration[]>> = {
  lean: [
    dropInitMarkers,
    pointWorkflowConfig,
    pointPartitionMap,
    pointSegmentManifest,
    shrinkSegmentManifest,
    stampVersion,
  ],
  bridge: [dropInitMarkers, bridgePointers, rehomePaths],
};
