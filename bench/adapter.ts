import { fileURLToPath } from 'node:url';
import { detectDigest } from '../src/content-address.js';
import { LeanCheck } from '../src/shim/plain-values.js';
import { createStateBagShim } from '../src/index.js';
import type { ShimOptions, StateBagShim } from '../src/index.js';
import { createBlobStore, memoryObjectStore } from '../src/store/index.js';
import type { BlobStore, ObjectStore } from '../src/store/index.js';
import { interleave, median } from './median.js';
import { generateBag } from './scan.js';

export interface AdapterResult {
  /** Nanoseconds to see that an event holds a lean bag. */
  readonly recognise: number;
  /** Milliseconds to make a bag lean whose config and map were not met before; the store takes no time. */
  readonly miss: number;
  /** Milliseconds for the same bag met again. */
  readonly hit: number;
  readonly missOverHit: number;
  /**
   * Milliseconds from event to result around a handler that returns its event: a lean bag, the same without a budget, a
   * known fat one, and one that speaks fat.
   */
  readonly warmLean: number;
  readonly warmUnmeasured: number;
  readonly warmFat: number;
  readonly warmSpeaksFat: number;
  /** Calls of the store by all those warm invocations. */
  readonly warmStoreCalls: number;
}

type Bag = Record<string, unknown>;

/** What the adapter costs a Lambda, on a bag of 373 KB with a config of 202 KB: ratios side by side in one run. */
export async function benchAdapter(rounds = 60): Promise<AdapterResult> {
  const counted = countingStore();
  const bag = JSON.parse(Buffer.from(generateBag()).toString()) as Bag;
  const lean = (await shimOn(counted.store).write(bag)) as Bag;
  const { hit, miss } = await benchOffload(bag, rounds);
  return {
    recognise: benchRecognition(lean),
    miss,
    hit,
    missOverHit: miss / hit,
    ...(await benchWarm(counted, bag, lean, rounds)),
  };
}

function shimOn(
  store: BlobStore,
  options: Pick<ShimOptions, 'budget'> & { readonly speaks?: 'fat' } = {},
): StateBagShim<'lean' | 'fat'> {
  return createStateBagShim({ store, mode: 'rewrite', ...options });
}

const RECOGNITIONS = 200_000;

/** Events of several shapes in turn, parsed apart as in Lambda: no string of one is the string of another. */
function benchRecognition(lean: Bag): number {
  const shapes: readonly Bag[] = [
    lean,
    { state_data: lean },
    { state_data: { bag: lean, next_action: 'CONTINUE' } },
    { ...lean, loop_counter: 7 },
  ];
  const events = shapes.map((shape) => JSON.parse(JSON.stringify(shape)) as Bag);
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    let found = 0;
    const check = new LeanCheck(({ key }) => detectDigest(key));
    for (let at = 0; at < RECOGNITIONS; at++) found += check.isLeanEvent(events[at & 3]!) ? 1 : 0;
    if (found !== RECOGNITIONS) throw new Error('a lean bag was not recognised');
    return performance.now() - start;
  });
  return (median(times) / RECOGNITIONS) * 1e6;
}

/** Nothing but the offload: the state is left out and no result is measured. The store takes bytes and keeps none. */
async function benchOffload(bag: Bag, rounds: number): Promise<{ readonly hit: number; readonly miss: number }> {
  const shim = createStateBagShim({ store: countingStore(true).store, mode: 'rewrite', budget: false });
  const bare = { ...bag, current_state: {}, state_history: [] };
  let version = 0;
  const unknown = (): Bag => ({ ...bare, workflowId: `wf-${version++}` });
  await shim.write(bare);
  const medians = await interleave(
    [
      { name: 'hit', run: () => shim.write(bare) },
      { name: 'miss', run: () => shim.write(unknown()) },
    ],
    rounds,
  );
  return { hit: medians.get('hit')!, miss: medians.get('miss')! };
}

type Warm = Pick<AdapterResult, 'warmLean' | 'warmUnmeasured' | 'warmFat' | 'warmSpeaksFat' | 'warmStoreCalls'>;

async function benchWarm({ store, calls }: CountingStore, bag: Bag, lean: Bag, rounds: number): Promise<Warm> {
  const [speaksLean, unmeasured, speaksFat] = [
    shimOn(store),
    shimOn(store, { budget: false }),
    shimOn(store, { speaks: 'fat' }),
  ].map((shim) => shim.wrap((event) => ({ bag: event })));
  const contenders = [
    { name: 'lean', run: () => speaksLean!(lean) },
    { name: 'unmeasured', run: () => unmeasured!(lean) },
    { name: 'fat', run: () => speaksLean!(bag) },
    { name: 'speaks fat', run: () => speaksFat!(lean) },
  ];
  for (const { run } of contenders) await run();
  const before = calls();
  const medians = await interleave(contenders, rounds);
  const [warmLean, warmUnmeasured, warmFat, warmSpeaksFat] = contenders.map(({ name }) => medians.get(name)!);
  return {
    warmLean: warmLean!,
    warmUnmeasured: warmUnmeasured!,
    warmFat: warmFat!,
    warmSpeaksFat: warmSpeaksFat!,
    warmStoreCalls: calls() - before,
  };
}

interface CountingStore {
  readonly store: BlobStore;
  readonly calls: () => number;
}

function countingStore(keepsNothing = false): CountingStore {
  const objects = memoryObjectStore();
  let calls = 0;
  const counted: ObjectStore = {
    description: 'counted',
    keepsAttributes: true,
    get: (...request) => {
      calls += 1;
      return objects.get(...request);
    },
    put: (...request) => {
      calls += 1;
      return keepsNothing ? Promise.resolve('"v"') : objects.put(...request);
    },
    list: (...request) => objects.list(...request),
    delete: (...request) => objects.delete(...request),
  };
  return { store: createBlobStore({ objects: counted, bucket: 'local' }), calls: () => calls };
}

function report(result: AdapterResult): string {
  const ms = (value: number) => `${value.toFixed(3)} ms`;
  return [
    `recognise a lean bag          ${result.recognise.toFixed(0)} ns`,
    `offload 250 KB, not met yet   ${ms(result.miss)}`,
    `offload 250 KB, known         ${ms(result.hit)}   (${result.missOverHit.toFixed(1)} times cheaper)`,
    `warm invocation, lean bag     ${ms(result.warmLean)}`,
    `the same without a budget     ${ms(result.warmUnmeasured)}`,
    `warm invocation, fat bag      ${ms(result.warmFat)}`,
    `warm invocation, speaks fat   ${ms(result.warmSpeaksFat)}`,
    `store calls when warm         ${result.warmStoreCalls}`,
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(report(await benchAdapter()));
