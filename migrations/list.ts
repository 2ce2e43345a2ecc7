import type { Migration } from '../src/bag/migration.js';
import { bridge } from './bridge.js';
import { leanV2 } from './lean-v2.js';

/**
 * Every migration; each makes another version of the bag. Listed by hand, not found by scanning a directory: a bundled
 * Lambda has no directory.
 */
export const MIGRATIONS: readonly Migration[] = [leanV2, bridge];
