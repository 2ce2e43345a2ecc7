import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import validate from 'asl-validator';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBlobStore } from '../../src/store/blob-store.js';
import { memoryObjectStore } from 'statebag-shim/memory';
import { assertSameRun } from '../e2e/state-machine/assert-same-run.js';
import { leanInitializer, legacyInitializer } from '../e2e/state-machine/beginnings.js';
import { makeOldBag } from '../e2e/state-machine/cases.js';
import { legacyDeployment, wrapRunner } from '../e2e/state-machine/deployment.js';
import type { Deploy, Speech } from '../e2e/state-machine/deployment.js';
import { runFromStart } from '../e2e/state-machine/executions.js';
import type { Bucket } from '../e2e/state-machine/executions.js';
import { flatDefinition } from '../e2e/state-machine/flat-definition.js';
import type { Inspect } from '../e2e/state-machine/payload-limit.js';
import { PAYLOAD_LIMIT } from '../e2e/state-machine/payload-limit.js';

const BIN = fileURLToPath(new URL('../../dist/src/cli/bin.js', import.meta.url));

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'statebag-patched-'));
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** The machine as the built command leaves it. */
function patched(definition: StateMachineDefinition, speaks: Speech): StateMachineDefinition {
  const file = join(dir, 'machine.asl.json');
  writeFileSync(file, JSON.stringify(definition, undefined, 2));
  execFileSync(process.execPath, [BIN, 'asl', 'patch', file, '--apply', '--speaks', speaks], { stdio: 'pipe' });
  execFileSync(process.execPath, [BIN, 'asl', 'check', file], { stdio: 'pipe' });
  return JSON.parse(readFileSync(file, 'utf8')) as StateMachineDefinition;
}

/** The runner is wrapped; the initialiser makes a lean bag itself. */
function wrapped(place: Bucket, speaks: Speech): Deploy {
  return ({ world, initialize }) => {
    const store = createBlobStore(place);
    return { Initialize: initialize, ExecuteSegment: wrapRunner(world, store, speaks, 'rewrite') };
  };
}

/** Throws for a payload in which one of the fields is, at any depth. */
const assertNoField: Inspect = (place, payload) => {
  const field = /"(?:workflow_config|partition_map)":[[{]/.exec(JSON.stringify(payload))?.[0];
  if (field !== undefined) throw new Error(`The ${place} has ${field}`);
};

describe('a machine of the flat era, patched', () => {
  it('is one whose legacy runs end at a bag of 371 KB', async () => {
    const place = { objects: memoryObjectStore(), bucket: 'local' };
    const bag = makeOldBag('chain', 'headline', place.bucket);
    const running = runFromStart(legacyInitializer(bag), {
      place,
      deploy: legacyDeployment,
      definition: flatDefinition(bag),
    });
    await expect(running).rejects.toMatchObject({ name: 'States.DataLimitExceeded' });
  });

  it.each<Speech>(['lean', 'fat'])(
    'brings 371 KB to the end that its small twin comes to as it was, with %s runners',
    async (speaks) => {
      const place = { objects: memoryObjectStore(), bucket: 'local' };
      const small = makeOldBag('chain', 'small', place.bucket);
      const reference = await runFromStart(legacyInitializer(small), {
        place,
        deploy: legacyDeployment,
        definition: flatDefinition(small),
      });
      const bag = makeOldBag('chain', 'headline', place.bucket);
      const definition = patched(flatDefinition(bag), speaks);
      expect(validate(structuredClone(definition)).errorsText()).toBe('');
      const ended = await runFromStart(leanInitializer(bag, createBlobStore(place)), {
        place,
        deploy: wrapped(place, speaks),
        definition,
        inspect: assertNoField,
      });
      assertSameRun({ ended, began: bag }, { ended: reference, began: small });
      expect(ended.executed.length).toBeGreaterThan(3);
      expect(ended.scales.largest).toBeLessThanOrEqual(PAYLOAD_LIMIT);
      expect(ended.bag.segment_manifest_s3_path).toMatch(/^s3:\/\/local\/workflow-manifests\//);
    },
  );
});
