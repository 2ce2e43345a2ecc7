import type { BagVersion, Migration } from '../src/bag/migration.js';
import { bridge } from './bridge.js';
import { leanV2 } from './lean-v2.js';

/** What a run makes of a bag. */
export type Target = 'lean' | 'bridge';

/** Every migration. Listed by hand, not found by scanning a directory: a bundled Lambda has no directory. */
export const MIGRATIONS: readonly Migration[] = [leanV2, bridge];

/** The version of the bag to which each target leads. */
export const TARGETS: Readonly<Record<Target, BagVersion>> = { lean: leanV2.to, bridge: bridge.to };
