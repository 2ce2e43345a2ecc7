import { parseLayout } from '../../bag/layout.js';
import type { Layout } from '../../bag/layout.js';
import { optionGroup } from '../command.js';
import type { OptionValues } from '../command.js';

/** Under which keys blobs lie. */
export const layoutOptions = optionGroup('Keys of blobs, with the placeholders {ownerId}, {workflowId} and {sha256}', {
  'config-key': { type: 'string', value: 'TEMPLATE', describe: 'of workflow_config (default workflow-configs/{ownerId}/{workflowId}/{sha256}/config.json)' },
  'map-key': { type: 'string', value: 'TEMPLATE', describe: 'of partition_map (default workflow-partitions/{ownerId}/{workflowId}/{sha256}/partition_map.json)' },
  'manifest-key': { type: 'string', value: 'TEMPLATE', describe: 'of the manifest (default workflow-manifests/{ownerId}/{workflowId}/{sha256}/segment_manifest.json)' },
});

/** Throws `ConfigError` `LAYOUT_INVALID`. */
export function layoutSettings(values: OptionValues<typeof layoutOptions>): Layout {
  const { 'config-key': config, 'map-key': map, 'manifest-key': manifest } = values;
  return parseLayout({
    ...(config === undefined ? {} : { config }),
    ...(map === undefined ? {} : { map }),
    ...(manifest === undefined ? {} : { manifest }),
  });
}
