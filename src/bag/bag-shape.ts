import { LEAF } from '../json/index.js';
import type { Shape } from '../json/index.js';

/** An entry of a map or manifest: its own members, no further. */
const ENTRY: Shape = { anyMember: LEAF };

/** A partition_map or segment_manifest: a list of entries or a dict of them. */
const ENTRIES: Shape = { items: ENTRY, anyMember: ENTRY };

/**
 * What one scan of a document records: the members of every object on the way to the bag, the bag's own members,
 * and the entries of its map and manifest. User data (`current_state`, `input`) is validated and left closed.
 */
export const BAG_SHAPE: Shape = makeBagShape();

function makeBagShape(): Shape {
  const members: Record<string, Shape> = {
    partition_map: ENTRIES,
    segment_manifest: ENTRIES,
    workflow_config: { anyMember: LEAF },
  };
  const shape: Shape = { members, anyMember: LEAF };
  for (const wrapper of ['Payload', 'state_data', 'bag']) members[wrapper] = shape;
  return shape;
}
