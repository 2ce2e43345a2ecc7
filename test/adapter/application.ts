import { Services, merge, resume, rowFor, runSegment, startChild } from './application-handlers.js';
import type { Call } from './application-handlers.js';
import { ITEMS, sent } from './application-workflow.js';
import { without } from './bags.js';
import type { Json } from './bags.js';

/*
 * An application of the old engine: its workflow, its handlers, and the machine that takes a bag from one handler to
 * the next. A deployment calls the handlers, with the shim around them or without.
 */

/** The application takes fewer, with its retry and its pauses. */
const MAX_LOOPS = 60;

/** What an execution leaves. */
export interface Ended {
  /** The bag at the end, as a handler of a next state gets it. */
  readonly bag: Json;
  /** One line for each segment that ran. */
  readonly ran: readonly string[];
}

/** Runs the application from its first bag to its end. */
export async function runApplication(first: Json, call: Call, services = new Services(call)): Promise<Ended> {
  const last = await new Application(call, services).run(first);
  let bag: Json = {};
  await call('finish', last, (event) => {
    bag = event;
    return {};
  });
  return { bag, ran: services.ran };
}

/** The state machine. */
class Application {
  readonly #call: Call;
  readonly #services: Services;

  constructor(call: Call, services: Services) {
    this.#call = call;
    this.#services = services;
  }

  /** The loop of the state machine: runs segment after segment. Resolves with the last bag. */
  async run(first: Json): Promise<Json> {
    let bag = first;
    for (let loops = 0; loops < MAX_LOOPS; loops++) {
      const answer = await this.#segment({ ...bag, loop_counter: loops });
      bag = await this.#bagAfter(answer);
      if ((bag.segment_to_run as number) >= (bag.total_segments as number)) return bag;
    }
    throw new Error(`The workflow did not end after ${MAX_LOOPS} loops`);
  }

  /** A delivery that is recorded comes a second time, as after a lost reply. */
  async #segment(event: Json): Promise<Json> {
    const answer = await this.#call('segment', event, (got, place) => runSegment(got, place, this.#services));
    return answer.deliver_again === true ? this.#segment(event) : answer;
  }

  /** The bag for the next segment. */
  async #bagAfter(answer: Json): Promise<Json> {
    const bag = answer.state_data as Json;
    switch (answer.next_action) {
      case 'ROOT':
        return without(answer, 'next_action');
      case 'TEXT':
        return (JSON.parse(answer.body as string) as { bag: Json }).bag;
      case 'LIST':
        return (answer.results as { bag: Json }[])[0]!.bag;
      case 'ROW':
        return this.#services.rows.at(-1)!.context as Json;
      case 'PARALLEL_GROUP':
        return this.#fork(bag);
      case 'DISTRIBUTE':
        return this.#distribute(bag);
      case 'CHILD':
        return this.#startChild(bag);
      case 'PAUSED_FOR_HITP':
        return this.#pause(bag);
      default:
        return bag;
    }
  }

  async #fork(bag: Json): Promise<Json> {
    const branch_results: Json[] = [];
    for (const { branch_id, partition_map } of bag.pending_branches as Json[]) {
      let own = bag;
      for (let index = 0; index < (partition_map as Json[]).length; index++) {
        const event = { state_data: own, branch_id, partition_map, segment_to_run: index };
        own = (await this.#segment(event)).state_data as Json;
      }
      branch_results.push({ branch_id, bag: own });
    }
    return this.#merge({ state_data: { bag }, branch_results });
  }

  /** A Map over pointers of the inline manifest. */
  async #distribute(bag: Json): Promise<Json> {
    const branch_results: Json[] = [];
    for (const item of (bag.segment_manifest as Json[]).slice(ITEMS.first, ITEMS.end)) {
      const { segment_index, segment_id, manifest_s3_path } = item;
      const own = { segment_index, segment_id, manifest_s3_path, execution_mode: 'MAP_REDUCE' };
      const answer = await this.#segment({ ...own, state_data: bag });
      branch_results.push({ segment_id, bag: answer.state_data });
    }
    return this.#merge({ state_data: { bag: { ...bag, segment_to_run: ITEMS.end } }, branch_results });
  }

  async #startChild(bag: Json): Promise<Json> {
    const { child_input } = await this.#call('child', { state_data: { bag } }, startChild);
    const child = await this.run(child_input as Json);
    return this.#merge({ state_data: { bag }, child_result: { bag: child } });
  }

  /** The first time the bag of the machine goes on after the answer, the second time the context of the row does. */
  async #pause(bag: Json): Promise<Json> {
    const { rows } = this.#services;
    const count = rows.length;
    await this.#call('pause', { TaskToken: `token-${count}`, state_data: bag }, (event) => {
      rows.push(sent(rowFor(event)));
      return { status: 'stored' };
    });
    const callback_result = await this.#call('resume', { row: rows.at(-1), answer: `yes ${count}` }, resume);
    const { user_response, state_data } = callback_result;
    return this.#merge(
      count === 0 ? { state_data: { bag }, callback_result } : { state_data, callback_result: { user_response } },
    );
  }

  async #merge(event: Json): Promise<Json> {
    return (await this.#call('merge', event, merge)).state_data as Json;
  }
}
