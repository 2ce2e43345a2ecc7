import { optionGroup } from '../command.js';

/** Under which keys blobs are stored. */
export const layoutOptions = optionGroup('Keys of blobs, with the placeholders {ownerId}, {workflowId} and {sha256}', {
  'config-key': {
    type: 'string',
    value: 'TEMPLATE',
    describe: 'of workflow_config (default workflow-configs/{ownerId}/{workflowId}/{sha256}/config.json)',
  },
  'map-key': {
    type: 'string',
    value: 'TEMPLATE',
    describe: 'of partition_map (default workflow-partitions/{ownerId}/{workflowId}/{sha256}/partition_map.json)',
  },
  'manifest-key': {
    type: 'string',
    value: 'TEMPLATE',
    describe: 'of the manifest (default workflow-manifests/{ownerId}/{workflowId}/{sha256}/segment_manifest.json)',
  },
});
