import type { Migration } from '../src/bag/migration.js';
import { dropInitMarkers } from './0001-drop-init-markers.js';
import { pointWorkflowConfig } from './0002-point-workflow-config.js';
import { pointPartitionMap } from './0003-point-partition-map.js';
import { pointSegmentManifest } from './0004-point-segment-manifest.js';
import { shrinkSegmentManifest } from './0005-shrink-segment-manifest.js';
import { stampVersion } from './0006-stamp-version.js';
import { bridgePointers } from './0007-bridge-pointers.js';
import { rehomePaths } from './0008-rehome-paths.js';

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
