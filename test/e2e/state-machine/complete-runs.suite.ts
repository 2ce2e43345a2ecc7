import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHAPES } from '../../../examples/fleet/blocks.js';
import type { Shape } from '../../../examples/fleet/blocks.js';
import { createStateBagShim } from 'statebag-shim';
import { createBlobStore } from '../../../src/store/blob-store.js';
import { memoryObjectStore } from 'statebag-shim/memory';
import { assertSameRun } from './assert-same-run.js';
import { halfOffloadedInitializer, leanInitializer, legacyInitializer } from './beginnings.js';
import { makeOldBag } from './cases.js';
import { legacyDeployment, rollout } from './deployment.js';
import { runFromStart, takeOver } from './executions.js';
import type { Ended, ExecutionOptions } from './executions.js';
import type { Ground } from './ground.js';
import { parseMembers } from './json.js';
import type { Members } from './json.js';
import { assertNoProgramInline } from './no-program-inline.js';
import { PAYLOAD_LIMIT, sizeOf } from './payload-limit.js';
import { StateFiles } from './state-files.js';

type Begin = (bag: Members, options: ExecutionOptions) => Promise<Ended>;

const BEGINNINGS: readonly { readonly title: string; readonly mode: 'rewrite' | 'strict'; readonly begin: Begin }[] = [
  {
    title: 'begun with buildLeanBag, no fat bag tolerated,',
    mode: 'strict',
    begin: (bag, options) => runFromStart(leanInitializer(bag, createBlobStore(options.place)), options),
  },
  { title: 'taken over with everything inline', mode: 'rewrite', begin: takeOver },
  {
    title: 'begun by the last legacy release, with pointers of its own,',
    mode: 'rewrite',
    begin: (bag, options) =>
      runFromStart(halfOffloadedInitializer(bag, new StateFiles(options.place.objects, options.place.bucket)), options),
  },
];

/** Whole executions on alternating runners, held against the engine as it was with small bags. */
export function completeRunsSuite(name: string, prepare: () => Promise<Ground>): void {
  describe(`the state machine over ${name}`, () => {
    let ground: Ground;
    beforeAll(async () => {
      ground = await prepare();
    });
    afterAll(() => ground.close());

    for (const shape of SHAPES) {
      for (const [at, { title, mode, begin }] of BEGINNINGS.entries()) {
        it(`brings a ${shape} workflow of 371 KB, ${title} to the end that its small twin comes to`, async () => {
          const place = await ground.openBucket();
          const began = makeOldBag(shape, 'headline', place.bucket);
          expect(sizeOf(began)).toBe(371 * 1024);
          const kinds = new Set<string>();
          const deploy = rollout({
            openStore: () => createBlobStore(place),
            mode,
            seed: at,
            onCall: (kind) => kinds.add(kind),
          });
          const ended = await begin(began, { place, deploy, inspect: assertNoProgramInline });
          assertSameRun({ ended, began }, await reference(shape));
          expect(ended.bag).toMatchObject(leanPaths(place.bucket));
          expect([...kinds]).toEqual(expect.arrayContaining(['lean runner', 'fat runner']));
          expect(ended.scales.largest).toBeLessThanOrEqual(PAYLOAD_LIMIT);
        });
      }
    }

    it('brings a workflow to its end whose state alone is larger than a payload may be', async () => {
      const place = await ground.openBucket();
      const openStore = () => createBlobStore(place);
      const began = makeOldBag('fanout', 'overgrown', place.bucket);
      expect(sizeOf(began.current_state)).toBeGreaterThan(PAYLOAD_LIMIT);
      const deploy = rollout({ openStore, mode: 'rewrite', seed: 4, allMergesWrapped: true });
      const ended = await takeOver(began, { place, deploy, inspect: assertNoProgramInline });
      const bag = parseMembers(await createStateBagShim({ store: openStore }).read(ended.bag).hydrated());
      assertSameRun({ ended: { ...ended, bag }, began }, await reference('fanout'));
    });
  });
}

/** The new form, whole: merges took the path of the manifest away or put another's there. */
function leanPaths(bucket: string): Members {
  const at = (folder: string): unknown =>
    expect.stringMatching(new RegExp(`^s3://${bucket}/${folder}/owner-a/wf-.*/[0-9a-f]{64}/`));
  return {
    state_bag_version: 2,
    workflow_config_s3_path: at('workflow-configs'),
    partition_map_s3_path: at('workflow-partitions'),
    segment_manifest_s3_path: at('workflow-manifests'),
  };
}

interface Reference {
  readonly ended: Ended;
  readonly began: Members;
}

const REFERENCES = new Map<Shape, Promise<Reference>>();

/** The engine as it was, with a bag it can carry. */
function reference(shape: Shape): Promise<Reference> {
  const known = REFERENCES.get(shape) ?? runReference(shape);
  REFERENCES.set(shape, known);
  return known;
}

async function runReference(shape: Shape): Promise<Reference> {
  const place = { objects: memoryObjectStore(), bucket: 'local' };
  const began = makeOldBag(shape, 'small', place.bucket);
  return { ended: await runFromStart(legacyInitializer(began), { place, deploy: legacyDeployment }), began };
}
