import { isMembers, parseList, parseMembers, parseNumber } from './json.js';
import type { Members } from './json.js';

/** A runner of the new kind: the program is in the event, and it looks nowhere else. */
export function findInEvent({ segment_config: segment }: Members): Members {
  return parseMembers(segment);
}

/**
 * A runner of the old kind, with the old kind's dangers: without a map the workflow is over, and an index beyond the
 * map runs the whole workflow at once. It mends the entry it executes in place, so that the map goes back changed.
 */
export function findInline(event: Members, bag: Members): Members | undefined {
  if (!isMembers(bag.workflow_config)) throw new Error('workflow_config is None');
  const isBranch = event.branch_id !== undefined;
  const map = isBranch ? event.partition_map : bag.partition_map;
  if (map === undefined || map === null) return undefined;
  const entry = parseList(map)[parseNumber((isBranch ? event : bag).segment_to_run)];
  return isMembers(entry) ? mend(entry) : { ...bag.workflow_config, id: 'the whole workflow', type: 'normal' };
}

function mend(entry: Members): Members {
  const nodes = entry.nodes === undefined ? [] : parseList(entry.nodes).filter((node) => node !== null);
  return Object.assign(entry, { nodes, branches: entry.branches ?? [] });
}
