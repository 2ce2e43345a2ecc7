import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBlobStore } from '../../../src/store/blob-store.js';
import { faultyStore, seededFaults } from '../../fakes/faulty-store.js';
import { deliver, execute } from './deliveries.js';
import type { Traces } from './deliveries.js';
import type { Bucket } from './executions.js';
import { freshProcesses } from './fresh-processes.js';
import type { Fate } from './fresh-processes.js';
import type { Ground } from './ground.js';

const DEATHS = [
  { when: 'with one blob stored', death: 1 },
  { when: 'with two blobs stored', death: 2 },
  { when: 'with three blobs stored', death: 3 },
  { when: 'with its answer ready', death: 'before answering' },
] as const;

/** The same event handled more than once: the same pointers, and no further blob. */
export function redeliverySuite(name: string, prepare: () => Promise<Ground>): void {
  describe(`an event delivered again, over ${name}`, () => {
    let ground: Ground;
    beforeAll(async () => {
      ground = await prepare();
    });
    afterAll(() => ground.close());

    for (const speaks of ['lean', 'fat'] as const) {
      it(`leaves what one delivery leaves, when a ${speaks} runner gets an old bag of 371 KB several times, also at once`, async () => {
        const again = await deliver(ground, speaks, async ({ warm, cold, event }) => {
          const answers = await Promise.all([warm(event), warm(event), cold(event), cold(event)]);
          return same([...answers, await warm(event), await cold(event)]);
        });
        expect(again).toEqual(await deliver(ground, speaks, ({ cold, event }) => cold(event)));
        expect(again.keys).toHaveLength(3);
      });

      for (const { when, death } of DEATHS) {
        it(`leaves what one delivery leaves, when the process of a ${speaks} runner dies ${when} and another takes over`, async () => {
          const again = await deliver(ground, speaks, async ({ mortal, cold, event }) => {
            await expect(mortal(death)(event)).rejects.toThrow('Task timed out');
            return cold(event);
          });
          expect(again).toEqual(await deliver(ground, speaks, ({ cold, event }) => cold(event)));
        });
      }
    }

    describe('by a machine that tries again', () => {
      let undisturbed: Traces;
      beforeAll(async () => {
        undisturbed = (await runOn(await ground.openBucket())).traces;
      });

      for (const { when, death } of DEATHS.slice(1)) {
        it(`leads to the same end, when every process dies ${when} at the first delivery`, async () => {
          const { traces, redelivered } = await runOn(await ground.openBucket(), { death });
          expect(traces).toEqual(undisturbed);
          expect(redelivered).toBeGreaterThan(2);
        });
      }

      it('leads to the same end while the store fails now and then', async () => {
        const { objects, bucket } = await ground.openBucket();
        const failing = faultyStore(objects, seededFaults(3, 0.1, ['unavailable', 'timeout', 'lost-reply']));
        const { traces, redelivered } = await runOn(
          { objects, bucket },
          { openStore: () => createBlobStore({ objects: failing, bucket }) },
        );
        expect(traces).toEqual(undisturbed);
        expect(redelivered).toBeGreaterThan(2);
      });
    });
  });
}

/** A whole execution, each call of a runner in a process of its own. */
async function runOn(
  place: Bucket,
  fate: Partial<Fate> = {},
): Promise<{ readonly traces: Traces; readonly redelivered: number }> {
  let redelivered = 0;
  const onRedelivery = (): void => {
    redelivered += 1;
  };
  const deploy = freshProcesses({ openStore: () => createBlobStore(place), onRedelivery, ...fate });
  return { traces: await execute(place, deploy), redelivered };
}

function same(answers: readonly unknown[]): unknown {
  for (const answer of answers) expect(answer).toEqual(answers[0]);
  return answers[0];
}
