import { parseList, parseMembers } from './json.js';
import type { Members } from './json.js';
import type { LambdaFunction } from './lambda-tasks.js';
import { openBag } from './open-bag.js';
import type { World } from './runner.js';

/** The engine's merges. None of them looks at a program. */
export function makeDataManager(world: World): LambdaFunction {
  let merges = 0;
  return async (event) => {
    const bag = openBag(event);
    if (event.action === 'merge_callback') return answer(mergeCallback(bag, parseMembers(event.callback_result)));
    if (event.action !== 'aggregate_branches') throw new Error(`Unknown action ${JSON.stringify(event.action)}`);
    merges += 1;
    return answer({ ...(await mergeBranches(bag, parseList(event.branch_results), world)), ...manifestAfterMerge(bag, merges) });
  };
}

function answer(bag: Members): Members {
  return { state_data: bag, next_action: 'CONTINUE' };
}

function mergeCallback(bag: Members, { user_response: response }: Members): Members {
  const { question: _asked, ...state } = parseMembers(bag.current_state);
  const human_answer = { ...parseMembers(response), segment: bag.segment_to_run };
  return { ...bag, current_state: { ...state, human_answer } };
}

/** What each branch put into the state of its own, in the order of the branches; they began with one state. */
async function mergeBranches(bag: Members, results: readonly unknown[], { files }: World): Promise<Members> {
  const { pending_branches: _done, ...rest } = bag;
  const before = parseMembers(bag.current_state);
  let current_state = before;
  for (const result of results) {
    const { branch_id: id, final_state_s3_path: path } = parseMembers(result);
    const after = Object.entries(await files.load(path)).filter(([name]) => !Object.hasOwn(before, name));
    current_state = { ...current_state, ...Object.fromEntries(after), [`chain of ${String(id)}`]: (await files.load(path)).chain };
  }
  return { ...rest, current_state: { ...current_state, chain: before.chain } };
}

/**
 * What merges of every release do to the path of the manifest: they build their answer from a branch's result, which has
 * none, or put the manifest of a distributed map's results there, which is about something else.
 */
function manifestAfterMerge({ ownerId, workflowId }: Members, merges: number): Members {
  const results = `s3://distributed-results/${String(ownerId)}/${String(workflowId)}/${merges}/manifest.json`;
  return { segment_manifest_s3_path: merges % 2 === 1 ? null : results };
}
