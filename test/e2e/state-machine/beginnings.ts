import { createHash } from 'node:crypto';
import { buildLeanBag } from 'statebag-shim';
import type { BlobStore } from 'statebag-shim';
import { omit, parseMembers, parseNumber, parseText } from './json.js';
import type { Members } from './json.js';
import type { LambdaFunction } from './lambda-tasks.js';
import type { StateFiles } from './state-files.js';

/** The initialiser of the last legacy release: the bag, with everything inline. */
export function legacyInitializer(bag: Members): LambdaFunction {
  return () => Promise.resolve({ state_data: bag, next_action: 'STARTED' });
}

/** An initialiser on `buildLeanBag`: the config comes from the database, and no map is made beforehand. */
export function leanInitializer(bag: Members, store: BlobStore): LambdaFunction {
  return async () => {
    const rest = omit(bag, 'workflow_config', 'partition_map', 'segment_manifest_s3_path', '_is_init', '_status');
    const [ownerId, workflowId] = [parseText(bag.ownerId), parseText(bag.workflowId)];
    const lean = await buildLeanBag(
      { ownerId, workflowId, workflowConfig: parseMembers(bag.workflow_config), bag: rest },
      store,
    );
    return { state_data: lean, next_action: 'STARTED' };
  };
}

/** What the last legacy release really sent to the first segment: objects over 10 KiB as its own pointers. */
export function halfOffloadedInitializer(bag: Members, files: StateFiles): LambdaFunction {
  return async () => {
    const offloaded = {
      workflow_config: await offload('workflow_config', bag, files),
      partition_map: await offload('partition_map', bag, files),
    };
    return { state_data: { ...bag, ...offloaded }, next_action: 'STARTED' };
  };
}

async function offload(name: string, bag: Members, { objects, bucket }: StateFiles): Promise<Members> {
  const startTime = parseNumber(bag.start_time);
  const key = `workflows/${parseText(bag.workflowId)}/executions/${parseText(bag.idempotency_key)}/${name}_${startTime * 1000}.json`;
  const bytes = Buffer.from(JSON.stringify(bag[name]));
  await objects.put({ bucket, key }, bytes);
  const checksum = createHash('md5').update(bytes).digest('hex').slice(0, 8);
  return {
    __s3_pointer__: true,
    bucket,
    key,
    size_bytes: bytes.length,
    checksum,
    field_name: name,
    created_at: startTime + 0.25,
  };
}
