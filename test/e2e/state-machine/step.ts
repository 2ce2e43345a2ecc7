import { isMembers, parseList, parseMembers } from './json.js';
import type { Members } from './json.js';
import { runNodes } from './programs.js';

/** Where in its map a segment stands. */
export interface Position {
  readonly index: number;
  readonly count: number;
}

/** What came of a segment. */
export interface Step {
  readonly state: Members;
  readonly nextIndex: number;
  readonly nextAction: 'CONTINUE' | 'COMPLETE' | 'PAUSED_FOR_HITP' | 'PARALLEL_GROUP';
  readonly pendingBranches?: readonly Members[];
}

/** Executes a segment: asks a person first, hands branches to the machine, or runs the nodes. */
export function takeStep(segment: Members, position: Position, state: Members): Step {
  const { index, count } = position;
  if (segment.type === 'hitp' && !isAnswered(state, index)) {
    return { state: { ...state, question: questionOf(segment) }, nextIndex: index, nextAction: 'PAUSED_FOR_HITP' };
  }
  const nextIndex = index + 1;
  if (segment.type === 'parallel_group')
    return { state, nextIndex, nextAction: 'PARALLEL_GROUP', pendingBranches: branchesOf(segment) };
  const nextAction = nextIndex < count ? 'CONTINUE' : 'COMPLETE';
  return { state: runNodes(segment, state), nextIndex, nextAction };
}

function isAnswered({ human_answer: answer }: Members, index: number): boolean {
  return isMembers(answer) && answer.segment === index;
}

function questionOf(segment: Members): unknown {
  return parseList(segment.nodes).map((node) => parseMembers(node).label);
}

function branchesOf(segment: Members): readonly Members[] {
  return parseList(segment.branches).map((value) => {
    const { branch_id, partition_map } = parseMembers(value);
    return { branch_id, partition_map };
  });
}
