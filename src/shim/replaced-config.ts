import { Bag, detectPath, digestInPointer, isEmpty } from '../bag/bag.js';
import { CONFIG, CONFIG_PATH, MANIFEST_PATH, MAP_PATH } from '../bag/members.js';
import type { Value } from '../bag/value.js';
import { sha256Hex } from '../store/address.js';
import type { AdaptedEvent } from './adapt.js';
import { changeIfWritable } from './context.js';
import type { ShimState } from './form.js';

/**
 * A result without paths to the event's program where its handler put another config and no map, wherever in the
 * result that is. Such a config is the program, and the paths that the shim put next to it would win over it.
 */
export function withoutReplacedPaths<V extends Value>(root: V, before: AdaptedEvent<V>, state: ShimState<V>): V {
  const edit = state.form.edit(root);
  for (const place of state.form.search(root, CONFIG)) {
    if (!hasOwnConfig(place.value, before, state)) continue;
    const stale = [MANIFEST_PATH, MAP_PATH].filter((name) => {
      const path = place.value.member(name)?.text();
      return path !== undefined && path === before.kept?.member(name)?.text();
    });
    changeIfWritable(() => {
      for (const name of stale) edit.draft(place).remove(name);
    });
  }
  return edit.result();
}

/**
 * True for a level whose program is a config that the event did not have. With a map, or a path to one, the map is the
 * program; a handler that sets the map to null takes it away.
 */
export function hasOwnConfig<V extends Value>(level: V, before: AdaptedEvent<V>, state: ShimState<V>): boolean {
  const { config, map, mapPath } = new Bag(level, { addresses: state.addresses });
  if (config.state !== 'inline' || !isEmpty(map) || (map.state === 'absent' && !isEmpty(mapPath))) return false;
  return !isConfigOfEvent(config.value, before, state);
}

function isConfigOfEvent<V extends Value>(
  config: V,
  { handed, kept }: AdaptedEvent<V>,
  { form, addresses }: ShimState<V>,
): boolean {
  const path = detectPath(kept?.member(CONFIG_PATH), addresses);
  if (path.state === 'pointer' && digestInPointer(path.pointer) === sha256Hex(config.bytes())) return true;
  const given = handed?.member(CONFIG);
  // The handler may have changed its own copy in place.
  return given !== undefined && !config.is(given) && form.isSame(config, given);
}
