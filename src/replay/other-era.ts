import { isEmpty } from '../bag/bag.js';
import type { Bag } from '../bag/bag.js';
import { isMissing } from '../bag/value.js';

/*
 * Bags that the runner of the era `pre` did not run. What the runners of other eras did with them is not known here.
 */

/** The era whose runner the old rules are those of: February, the last release before state bags became lean. */
export const OLD_RULES_ERA = 'pre';

/** Members that only initialisers and runners after the era `pre` write. */
const LATER_MEMBERS = ['manifest_id', '__hot_batch__', '__warm_batch__', '__cold_batch__'];

/** Why a runner of another era ran an event with these bags, as far as their members say it. */
export function findOtherEra(bags: readonly Bag[]): string | undefined {
  if (bags.some(({ isFlatEra }) => isFlatEra))
    return 'a bag of the flat era (January): it has light_config, or a state_s3_path that is not null';
  const later = LATER_MEMBERS.find((name) => bags.some((bag) => !isMissing(bag.get(name))));
  return later && `a bag of an era after "${OLD_RULES_ERA}" (mid, post or head): it has ${later}`;
}

/** The same for an event for which the old rules end with an error: nothing that they read is in its bags. */
export function findUnreadable(bags: readonly Bag[]): string | undefined {
  const isReadable = ({ config, map, mapPath }: Bag) => [config, map, mapPath].some((field) => !isEmpty(field));
  if (bags.length === 0 || bags.some(isReadable)) return undefined;
  return `a bag that has its program only in a manifest or at workflow_config_s3_path, which runners of the era "${OLD_RULES_ERA}" do not read`;
}
