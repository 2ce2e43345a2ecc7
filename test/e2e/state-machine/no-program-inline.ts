import { isMembers } from './json.js';
import type { Members } from './json.js';
import type { Inspect } from './payload-limit.js';

const PROGRAMS = ['workflow_config', 'partition_map', 'segment_config'];

/** Throws for a payload with a bag that holds a program. What a pointer of any form stands for is not held. */
export const assertNoProgramInline: Inspect = (place, payload) => {
  for (const bag of bagsIn(payload)) {
    const inline = PROGRAMS.find((name) => isInline(bag[name]));
    if (inline !== undefined) throw new Error(`The ${place} has ${inline} inline.`);
  }
};

/**
 * Wherever the machine keeps a bag. The arguments of a branch beside its bag are none, nor is the context in a row of a
 * paused execution.
 */
function bagsIn(payload: unknown): readonly Members[] {
  const data = member(payload, 'state_data');
  const places = [payload, data, member(data, 'bag'), member(member(payload, 'run'), 'state_data')];
  return places.filter(isMembers).filter((bag) => bag.loop_counter !== undefined);
}

function member(value: unknown, name: string): unknown {
  return isMembers(value) ? value[name] : undefined;
}

function isInline(value: unknown): boolean {
  return value !== undefined && value !== null && !(isMembers(value) && value.__s3_pointer__ === true);
}
