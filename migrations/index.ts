import { LEGACY_VERSION } from '../src/bag/bag.js';
import type { Bag } from '../src/bag/bag.js';
import type { BagVersion, Migration } from '../src/bag/migration.js';
import { isOfNewestEra, needsMigration } from '../src/bag/plan.js';
import { InternalError } from '../src/errors.js';
import { MIGRATIONS, TARGETS } from './list.js';
import type { Target } from './list.js';

export type { Target } from './list.js';

/**
 * The shortest chain of migrations from one version to another, in the order of `up`; `down` runs them backwards.
 * Empty when both are the same. Throws `InternalError` `MIGRATION_PATH_MISSING` when there is none.
 */
export function pathBetween(from: BagVersion, to: BagVersion): readonly Migration[] {
  const seen = new Set([from]);
  const queue: { readonly version: BagVersion; readonly path: readonly Migration[] }[] = [{ version: from, path: [] }];
  for (const { version, path } of queue) {
    if (version === to) return path;
    for (const migration of MIGRATIONS.filter((each) => each.from === version && !seen.has(each.to))) {
      seen.add(migration.to);
      queue.push({ version: migration.to, path: [...path, migration] });
    }
  }
  throw new InternalError(
    'MIGRATION_PATH_MISSING',
    `no chain of migrations leads from version ${from} of the bag to version ${to}; please report this message`,
  );
}

/** The migrations of a legacy bag to a target, in the order of `up`. */
export function pathTo(target: Target): readonly Migration[] {
  return pathBetween(LEGACY_VERSION, TARGETS[target]);
}

/**
 * The migrations that a bag needs to reach a target, in the order of `up`. Empty when it stays as it is. They begin at
 * version 1 whenever a member is in an older form, because a merge can bring one into a stamped bag.
 */
export function pathFor(bag: Bag, target: Target, isFormAsked = false): readonly Migration[] {
  if (needsMigration(bag, target, isFormAsked)) return pathTo(target);
  const to = TARGETS[target];
  const isOlder = typeof to === 'number' && bag.version < to && !isOfNewestEra(bag);
  return isOlder ? pathBetween(bag.version, to) : [];
}
