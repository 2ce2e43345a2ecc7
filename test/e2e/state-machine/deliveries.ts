import { createBlobStore } from '../../../src/store/blob-store.js';
import { halfOffloadedInitializer } from './beginnings.js';
import { makeOldBag } from './cases.js';
import { wrapRunner } from './deployment.js';
import type { Deploy, Speech } from './deployment.js';
import { runFromStart } from './executions.js';
import type { Bucket } from './executions.js';
import type { Ground } from './ground.js';
import { parseMembers, sendJson } from './json.js';
import type { Members } from './json.js';
import type { LambdaFunction } from './lambda-tasks.js';
import { mortalSandbox } from './mortal-sandbox.js';
import type { Death } from './mortal-sandbox.js';
import { StateFiles } from './state-files.js';

/** What was left behind: the last answer, what ran, and every key in the bucket. */
export interface Traces {
  /** As text, with the name of the bucket taken out, so that two buckets compare. */
  readonly answer: string;
  readonly executed: readonly string[];
  readonly keys: readonly string[];
}

/** A wrapped runner in processes of several fates, and an old bag of 371 KB as its event. */
export interface Handlers {
  readonly event: Members;
  /** One process for all calls. */
  readonly warm: LambdaFunction;
  /** A process for each call, with nothing in its caches. */
  readonly cold: LambdaFunction;
  readonly mortal: (death: Death) => LambdaFunction;
}

/** Hands a runner one event in a bucket of its own, as often and in whatever way `work` likes. */
export async function deliver(
  ground: Ground,
  speaks: Speech,
  work: (handlers: Handlers) => Promise<unknown>,
): Promise<Traces> {
  const place = await ground.openBucket();
  const executed: string[] = [];
  const world = { files: new StateFiles(place.objects, place.bucket), executed };
  const openStore = () => createBlobStore(place);
  const load = (store = openStore()) => wrapRunner(world, store, speaks, 'rewrite');
  const answer = await work({
    event: makeOldBag('hitp', 'headline', place.bucket),
    warm: overTheWire(load()),
    cold: overTheWire((event) => load()(event)),
    mortal: (death) => overTheWire(mortalSandbox(openStore(), death, load)),
  });
  return tracesOf(answer, executed, place);
}

function overTheWire(handler: LambdaFunction): LambdaFunction {
  return async (event) => sendJson(await handler(parseMembers(sendJson(event))));
}

/** Runs a whole execution, one with branches; its first bag has pointers of the last legacy release. */
export async function execute(place: Bucket, deploy: Deploy): Promise<Traces> {
  const bag = makeOldBag('inline-group', 'headline', place.bucket);
  const initialize = halfOffloadedInitializer(bag, new StateFiles(place.objects, place.bucket));
  const ended = await runFromStart(initialize, { place, deploy });
  return tracesOf(ended.bag, ended.executed, place);
}

async function tracesOf(answer: unknown, executed: readonly string[], { objects, bucket }: Bucket): Promise<Traces> {
  const keys: string[] = [];
  for await (const { key } of objects.list(bucket, '')) keys.push(key);
  return {
    answer: JSON.stringify(answer).replaceAll(`s3://${bucket}/`, 's3://bucket/'),
    executed: withoutRepetitions(executed),
    keys,
  };
}

/** A segment may well run again when the answer of the first time is lost, but only right then. */
function withoutRepetitions(executed: readonly string[]): readonly string[] {
  return executed.filter((line, at) => line !== executed[at - 1]);
}
