import { parseList, parseMembers, parseNumber, parseText } from './json.js';
import type { Members } from './json.js';
import type { LambdaFunction } from './lambda-tasks.js';
import { openBag } from './open-bag.js';
import type { StateFiles } from './state-files.js';
import { takeStep } from './step.js';
import type { Step } from './step.js';

/** What the functions of one execution share. */
export interface World {
  readonly files: StateFiles;
  /** One line for each segment that was executed, in order. */
  readonly executed: string[];
}

/** How a runner of some generation comes by the program of its segment. */
export type FindSegment = (event: Members, bag: Members) => Members | undefined;

/**
 * The engine's runner, for whatever way there is to a program. It answers with the bag it was given, changed where the
 * segment changed it.
 */
export function makeRunner(world: World, findSegment: FindSegment): LambdaFunction {
  return async (event) => {
    const bag = openBag(event);
    const segment = findSegment(event, bag);
    if (!segment) return { state_data: bag, next_action: 'COMPLETE' };
    const isBranch = event.branch_id !== undefined;
    const index = parseNumber((isBranch ? event : bag).segment_to_run);
    const count = isBranch ? parseList(event.partition_map).length : parseNumber(bag.total_segments);
    const step = takeStep(segment, { index, count }, parseMembers(bag.current_state));
    record(world, event, segment, step);
    return isBranch
      ? branchAnswer(world, event, bag, step)
      : { state_data: nextBag(bag, segment, step), next_action: step.nextAction };
  };
}

function record({ executed }: World, { branch_id: branch = 'main' }: Members, segment: Members, step: Step): void {
  if (step.nextAction === 'PAUSED_FOR_HITP') return;
  executed.push(`${parseText(branch)} ${JSON.stringify([segment.id, segment.type, segment.node_ids])}`);
}

function nextBag(bag: Members, segment: Members, { state, nextIndex, pendingBranches }: Step): Members {
  const state_history = [...parseList(bag.state_history), { segment: bag.segment_to_run, type: segment.type }];
  const pending_branches = pendingBranches === undefined ? {} : { pending_branches: pendingBranches };
  return { ...bag, ...pending_branches, state_history, current_state: state, segment_to_run: nextIndex };
}

/** A branch leaves the parent's index alone, and its final state in a file. */
async function branchAnswer(
  { files }: World,
  event: Members,
  bag: Members,
  { state, nextIndex, nextAction }: Step,
): Promise<Members> {
  const isDone = nextAction === 'COMPLETE';
  const key = `workflow-states/${parseText(bag.ownerId)}/${parseText(bag.workflowId)}/branches/${parseText(event.branch_id)}/output.json`;
  const final_state_s3_path = isDone ? await files.save(key, state) : null;
  return {
    state_data: { ...bag, current_state: state },
    segment_to_run: nextIndex,
    next_action: nextAction,
    final_state_s3_path,
  };
}
