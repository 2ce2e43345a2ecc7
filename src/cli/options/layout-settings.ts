import { parseLayout } from '../../bag/keys.js';
import type { Layout } from '../../bag/keys.js';
import type { OptionValues } from '../command.js';
import type { layoutOptions } from './layout-options.js';

/** Throws `ConfigError` `LAYOUT_INVALID`. */
export function layoutSettings(values: OptionValues<typeof layoutOptions>): Layout {
  const { 'config-key': config, 'map-key': map, 'manifest-key': manifest } = values;
  return parseLayout({
    ...(config === undefined ? {} : { config }),
    ...(map === undefined ? {} : { map }),
    ...(manifest === undefined ? {} : { manifest }),
  });
}
