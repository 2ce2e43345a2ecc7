import { createHash } from 'node:crypto';

/**
 * What a user writes without the shim: parse, cut, hash, stringify. Lossy for numbers, and measured for its speed only.
 */
export function roundTrip(bytes: Uint8Array): { readonly text: string; readonly blobs: readonly string[] } {
  return roundTripText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
}

/** The same for a line that is text already. */
export function roundTripText(line: string): { readonly text: string; readonly blobs: readonly string[] } {
  const document = JSON.parse(line) as Record<string, unknown>;
  const bag = (document.state_data ?? document) as Record<string, unknown>;
  const { workflow_config: config, partition_map: map, ...rest } = bag;
  const manifest = (map as { type?: string }[]).map((entry, index) => ({
    segment_id: index,
    segment_type: entry.type,
    segment_config: entry,
    dependencies: [],
    execution_order: index,
    type: entry.type,
  }));
  const blobs = [config, map, manifest].map((value) => JSON.stringify(value));
  const [configKey, mapKey, manifestKey] = blobs.map((text) => createHash('sha256').update(text).digest('hex'));
  delete rest._is_init;
  delete rest._status;
  const lean = {
    ...rest,
    state_bag_version: 2,
    workflow_config_s3_path: `s3://local/workflow-configs/${configKey}/config.json`,
    partition_map_s3_path: `s3://local/workflow-partitions/${mapKey}/partition_map.json`,
    segment_manifest_s3_path: `s3://local/workflow-manifests/${manifestKey}/segment_manifest.json`,
  };
  const text = JSON.stringify(document.state_data ? { ...document, state_data: lean } : lean);
  return { text, blobs };
}
