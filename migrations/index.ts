import { LEGACY_VERSION } from '../src/bag/bag.js';
import type { Bag } from '../src/bag/bag.js';
import type { BagVersion, Migration } from '../src/bag/migration.js';
import { isOfNewestEra, needsMigration } from '../src/bag/plan.js';
import { InternalError } from '../src/errors/index.js';
import { MIGRATIONS } from './list.js';

/** What a run makes of a bag. */
export type Target = 'lean' | 'bridge';

/** The newest version of the lean bag, which is the highest number that a migration leads to. */
export const NEWEST_VERSION = Math.max(...MIGRATIONS.flatMap(({ to }) => (typeof to === 'number' ? [to] : [])));

/** The version of the bag to which each target leads. */
const TARGETS: Readonly<Record<Target, BagVersion>> = { lean: NEWEST_VERSION, bridge: 'bridge' };

/**
 * The migrations from one version to another, in the order of `up`; `down` runs them backwards. Empty when both are the
 * same. Exactly one migration makes a version, so the path is followed back from its end. Throws `InternalError`:
 * `MIGRATION_PATH_MISSING` when no migration makes a version on the way, `MIGRATION_PATH_AMBIGUOUS` when several do.
 */
export function pathBetween(from: BagVersion, to: BagVersion, migrations = MIGRATIONS): readonly Migration[] {
  if (from === to) return [];
  const makers = migrations.filter((each) => each.to === to);
  if (makers.length > 1) throw ambiguous(to, makers);
  const [last] = makers;
  if (last === undefined) throw missing(from, to);
  // Each migration is taken once, so that a circle of them has an end.
  const others = migrations.filter((each) => each !== last);
  return [...pathBetween(from, last.from, others), last];
}

function missing(from: BagVersion, to: BagVersion): InternalError {
  return new InternalError(
    'MIGRATION_PATH_MISSING',
    `no migrations lead from version ${from} of the bag to version ${to}; please report this message`,
  );
}

function ambiguous(version: BagVersion, makers: readonly Migration[]): InternalError {
  const names = makers.map(({ id }) => id).join(' and ');
  return new InternalError(
    'MIGRATION_PATH_AMBIGUOUS',
    `${names} both make version ${version} of the bag; please report this message`,
  );
}

/** The migrations of a legacy bag to a target, in the order of `up`. */
export function pathTo(target: Target): readonly Migration[] {
  return pathBetween(LEGACY_VERSION, TARGETS[target]);
}

/**
 * The migrations that a bag needs to reach a target, in the order of `up`. Empty when it stays as it is: it is of that
 * version, or of a later one than this build knows. They begin at version 1 whenever a member is in an older form,
 * because a merge can bring one into a stamped bag.
 */
export function pathFor(bag: Bag, target: Target, isFormAsked = false): readonly Migration[] {
  if (needsMigration(bag, target, isFormAsked)) return pathTo(target);
  return target === 'lean' && isOutdated(bag) ? pathBetween(bag.version, NEWEST_VERSION) : [];
}

/** True for a bag of a later version than this build knows. What its members mean there is not known. */
export function isOfLaterVersion(bag: Bag): boolean {
  return bag.version > NEWEST_VERSION;
}

/** True for a bag of an older version than the newest. False for a later version and for the newest era. */
export function isOutdated(bag: Bag): boolean {
  return bag.version < NEWEST_VERSION && !isOfNewestEra(bag);
}
