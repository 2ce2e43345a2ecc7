import { expect } from 'vitest';
import type { Ended } from './executions.js';
import { omit, parseMembers } from './json.js';
import type { Members } from './json.js';

/** An execution and the bag it began with, in the old form. */
interface Run {
  readonly ended: Ended;
  readonly began: Members;
}

const COUNTS = [
  'segment_to_run',
  'total_segments',
  'loop_counter',
  'llm_segments',
  'hitp_segments',
  'start_time',
  'state_history',
];

/**
 * Same segments in the same order, same things written into the state, same counts; and what was in the state before is
 * still there.
 */
export function assertSameRun(run: Run, reference: Run): void {
  expect(run.ended.executed).toEqual(reference.ended.executed);
  expect(written(run)).toEqual(written(reference));
  expect(parseMembers(run.ended.bag.current_state)).toMatchObject(parseMembers(run.began.current_state));
  for (const name of COUNTS) expect([name, run.ended.bag[name]]).toEqual([name, reference.ended.bag[name]]);
  expect(omit(run.ended.output, 'final_state')).toEqual(omit(reference.ended.output, 'final_state'));
}

/** Only sizes make the states of two runs differ, and those lie in what the executions began with. */
function written({ ended, began }: Run): Members {
  const before = parseMembers(began.current_state);
  return Object.fromEntries(
    Object.entries(parseMembers(ended.bag.current_state)).filter(([name]) => !Object.hasOwn(before, name)),
  );
}
