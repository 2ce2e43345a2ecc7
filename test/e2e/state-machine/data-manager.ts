import { omit, parseList, parseMembers, parseText } from './json.js';
import type { Members } from './json.js';
import type { LambdaFunction } from './lambda-tasks.js';
import { openBag } from './open-bag.js';
import type { World } from './runner.js';
import type { StateFiles } from './state-files.js';

/** The engine's merges. None of them looks at a program. */
export function makeDataManager(world: World): LambdaFunction {
  let merges = 0;
  return async (event) => {
    const bag = openBag(event);
    if (event.action === 'merge_callback') return answer(mergeCallback(bag, parseMembers(event.callback_result)));
    if (event.action !== 'aggregate_branches') throw new Error(`Unknown action ${JSON.stringify(event.action)}`);
    merges += 1;
    return answer({
      ...(await mergeBranches(bag, parseList(event.branch_results), world)),
      ...(await manifestAfterMerge(bag, merges, world)),
    });
  };
}

function answer(bag: Members): Members {
  return { state_data: bag, next_action: 'CONTINUE' };
}

function mergeCallback(bag: Members, { user_response: response }: Members): Members {
  const state = omit(parseMembers(bag.current_state), 'question');
  const human_answer = { ...parseMembers(response), segment: bag.segment_to_run };
  return { ...bag, current_state: { ...state, human_answer } };
}

/** What each branch put into the state of its own, in the order of the branches; they began with one state. */
async function mergeBranches(bag: Members, results: readonly unknown[], { files }: World): Promise<Members> {
  const before = parseMembers(bag.current_state);
  const news = await Promise.all(results.map((result) => newsOf(parseMembers(result), before, files)));
  return { ...omit(bag, 'pending_branches'), current_state: Object.assign({}, before, ...news) as Members };
}

async function newsOf(
  { branch_id: id, final_state_s3_path: path }: Members,
  before: Members,
  files: StateFiles,
): Promise<Members> {
  const { chain, ...after } = await files.load(path);
  const added = Object.entries(after).filter(([name]) => !Object.hasOwn(before, name));
  return { ...Object.fromEntries(added), [`chain of ${parseText(id)}`]: chain };
}

/**
 * What merges of every release do to the path of the manifest: they build their answer from a branch's result, which
 * has none, or put the manifest of a distributed map's results there, which is about something else.
 */
async function manifestAfterMerge({ workflowId }: Members, merges: number, { files }: World): Promise<Members> {
  if (merges % 2 === 1) return { segment_manifest_s3_path: null };
  const key = `distributed-results/${parseText(workflowId)}/${merges}/manifest.json`;
  const results = await files.save(key, {
    DestinationBucket: files.bucket,
    ResultFiles: { FAILED: [], PENDING: [], SUCCEEDED: [] },
  });
  return { segment_manifest_s3_path: results };
}
