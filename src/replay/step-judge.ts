import { textMember } from '../bag/value.js';
import type { Value } from '../bag/value.js';
import { formatFunction, isCallTo, parseFunction } from './called-function.js';
import type { CalledFunction } from './called-function.js';
import { namesProgram, pointsToState } from './find-program.js';
import { UnknownEvent } from './history.js';
import type { RecordedStep } from './history.js';
import type { StepReplay, StepResult } from './replay-step.js';

/** Says of each recorded step what became of it, and keeps which functions were called. */
export class StepJudge {
  readonly #replayer: StepReplay;
  /** Functions of the request, and as what each is asked for. */
  readonly #asked: ReadonlyMap<string, CalledFunction>;
  readonly #uncalled: Set<string>;
  readonly #called = new Set<string>();

  /** `functions`: those that run segments; default: all. */
  constructor(replayer: StepReplay, functions: readonly string[] = []) {
    this.#replayer = replayer;
    this.#asked = new Map(functions.map((text) => [text, parseFunction(text)]));
    this.#uncalled = new Set(functions);
  }

  /** Functions of the request of which there was no call so far. */
  get uncalled(): readonly string[] {
    return Array.from(this.#uncalled);
  }

  /** Functions and activities that were called so far, with their versions and aliases. */
  get called(): readonly string[] {
    return Array.from(this.#called).toSorted();
  }

  /** Never rejects for a step that cannot be read or resolved. */
  async judge({ called, event, isOtherService }: RecordedStep): Promise<StepResult> {
    const isChosen = this.#choose(called, isOtherService);
    // A call of a function that the history does not name may be one of those.
    if (this.#asked.size > 0 && !isChosen && called.name !== '')
      return { outcome: 'no-segment', reason: 'the function is not one of --function' };
    if (event instanceof UnknownEvent) return { outcome: 'failed', code: event.code, reason: event.reason };
    if (this.#asked.size > 0 && !isChosen) return UNNAMED;
    if (isOtherService) return judgeOtherService(called.name, event);
    const other = isChosen ? undefined : findOtherPurpose(event);
    if (other !== undefined) return { outcome: 'no-segment', reason: other };
    const result = await this.#replayer.replay(event.bytes());
    if (result.outcome === 'no-bag' && pointsToState(event)) return ELSEWHERE;
    return result.outcome === 'no-bag' && namesProgram(event) ? HIDDEN : result;
  }

  #choose(called: CalledFunction, isOtherService: boolean): boolean {
    if (!isOtherService && called.name !== '') this.#called.add(formatFunction(called));
    const chosen = Array.from(this.#asked).filter(([, asked]) => isCallTo(asked, called));
    for (const [text] of chosen) this.#uncalled.delete(text);
    return chosen.length > 0;
  }
}

/** Members next to a bag in events of functions that store a token or merge results, and run no segment. */
const TOKENS = ['TaskToken', 'taskToken', 'task_token'];

function findOtherPurpose(event: Value): string | undefined {
  const action = textMember(event, 'action');
  if (action !== undefined) return `the event asks for the action ${action}`;
  const token = TOKENS.find((name) => (event.member(name)?.text() ?? '') !== '');
  return token && `the event hands over a task token (${token})`;
}

/** A queue or a container may be read by a runner, which is not seen in a history. */
function judgeOtherService(request: string, event: Value): StepResult {
  if (!namesProgram(event)) return { outcome: 'no-segment', reason: `${request} gets no program` };
  return {
    outcome: 'failed',
    code: 'BAG_HIDDEN',
    reason: `${request} gets a bag or a program, and what reads it there is not known; if it is not a runner, name the runners with --function`,
  };
}

const UNNAMED: StepResult = {
  outcome: 'failed',
  code: 'STEP_UNKNOWN',
  reason: 'the history does not name the function, so that it may be one of --function',
};

/** Neither the old rules nor the shim find the bag, so that nothing is compared. */
const HIDDEN: StepResult = {
  outcome: 'failed',
  code: 'BAG_HIDDEN',
  reason: 'members of a bag are in the event at a place where no bag is expected, so the step was not compared',
};

const ELSEWHERE: StepResult = {
  outcome: 'failed',
  code: 'BAG_HIDDEN',
  reason:
    'the event has a pointer in place of a state, in which a bag may be, so the step was not compared; if the function is not a runner, name the runners with --function',
};
