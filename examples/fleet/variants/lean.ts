import { createHash } from 'node:crypto';
import type { BagFacts } from '../bag-facts.js';
import { layOutBag } from '../bag.js';
import { omit } from '../json-value.js';
import type { JsonObject, JsonValue } from '../json-value.js';
import { leanManifestEntries } from '../manifest.js';
import { s3Uri } from '../objects.js';
import type { FleetObject } from '../objects.js';
import { serialiseBytes } from '../serialise.js';
import { initialised } from './envelopes.js';
import { alone } from './variant.js';
import type { Variant } from './variant.js';

/** Already migrated: three paths where the values stood. */
export const lean: Variant = (facts) => {
  const { config, entries } = facts.workflow;
  const objects = {
    workflow_config_s3_path: blob(facts, 'workflow-configs', 'config.json', config),
    partition_map_s3_path: blob(facts, 'workflow-partitions', 'partition_map.json', facts.workflow.map),
    segment_manifest_s3_path: blob(facts, 'workflow-manifests', 'segment_manifest.json', leanManifestEntries(entries)),
  };
  const paths = Object.fromEntries(Object.entries(objects).map(([name, object]) => [name, s3Uri(object)]));
  return { document: initialised(leanBag(layOutBag(facts), paths)), objects: Object.values(objects) };
};

/** Not a bag at all: something else that lay in the same folder. */
export const foreign: Variant = (facts) => {
  const rows = Object.values(facts.state);
  return alone({
    order: facts.idempotencyKey,
    customer: { name: '김서연', tier: 2 },
    rows,
    total: facts.random.below(1e5) / 100,
  });
};

function leanBag(bag: JsonObject, paths: JsonObject): JsonObject {
  const kept = omit(bag, 'partition_map', '_is_init', '_status');
  const members = Object.entries(kept).flatMap(([name, value]) =>
    name === 'workflow_config'
      ? Object.entries<JsonValue>({ state_bag_version: 2, ...paths })
      : [[name, value] as const],
  );
  return Object.fromEntries([...members, ...Object.entries(paths)]);
}

/** Content-addressed: the SHA-256 of the bytes is part of the key. */
function blob(facts: BagFacts, prefix: string, file: string, value: JsonValue): FleetObject {
  const bytes = serialiseBytes(value, 'compact');
  const digest = createHash('sha256').update(bytes).digest('hex');
  return {
    bucket: facts.bucket,
    key: `${prefix}/${facts.ownerId}/${facts.workflow.workflowId}/${digest}/${file}`,
    bytes,
  };
}
