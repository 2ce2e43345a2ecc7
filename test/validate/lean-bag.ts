const digest = (digit: string) => digit.repeat(64);

/** A lean bag with nothing wrong, as the last era would hold it. */
export const leanBag = Object.freeze({
  ownerId: 'tenant-9',
  workflowId: 'invoice-check',
  segment_to_run: 0,
  loop_counter: 0,
  max_loop_iterations: 100,
  total_segments: 2,
  max_concurrency: 1,
  distributed_strategy: 'SAFE',
  start_time: 1769760000,
  llm_segments: 0,
  hitp_segments: 1,
  state_bag_version: 2,
  workflow_config_s3_path: `s3://flow-state/workflow-configs/tenant-9/invoice-check/${digest('a')}/config.json`,
  partition_map_s3_path: `s3://flow-state/workflow-partitions/tenant-9/invoice-check/${digest('b')}/partition_map.json`,
  segment_manifest_s3_path: `s3://flow-state/workflow-manifests/tenant-9/invoice-check/${digest('c')}/segment_manifest.json`,
  current_state: { invoices: 3 },
});

/** A copy without some members. */
export function without(value: object, ...names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}
