import { makeFleet } from '../../examples/fleet/fleet.js';

/** Spellings that no reading and printing by JavaScript would leave as they are. */
export const ODD_STATE =
  '{"big": 9007199254740993, "whole": 1.0, "tiny": 1e-7, "huge":123456789012345678901234567890, "text":"\\u00e9\\/"}';

export const PROGRAMS = [
  '{"type": "normal", "id": 0, "nodes": [{"id": "a", "weight": 1.0}]}',
  '{"type": "normal", "id": 1, "nodes": [{"id": "b", "weight": 9007199254740993}]}',
];

/** A small fat bag, spelled as Python spells one. */
export function fatBagText(members = ''): string {
  return `{"ownerId": "acme", "workflowId": "invoices", "segment_to_run": 1, "total_segments": 2, "loop_counter": 0, "state_history": [], "current_state": ${ODD_STATE}, "workflow_config": {"nodes": [{"id": "a", "weight": 1.0}, {"id": "b"}], "edges": []}, "partition_map": [${PROGRAMS.join(', ')}]${members}}`;
}

/** A bag of 371 KB, and its workflow's bytes. */
export function headlineBag(seed = 5): Buffer {
  const [document] = [...makeFleet({ seed, bags: 1, workflows: 1, size: 'headline' })];
  return document!.bytes;
}
