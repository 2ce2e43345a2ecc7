import { ConfigError } from '../../errors/index.js';
import { FORMATS } from '../../findings/format-names.js';
import type { Format } from '../../findings/format-names.js';
import { optionGroup } from '../command.js';
import type { OptionValues } from '../command.js';
import { parseChoice } from './parse-value.js';

/** How a check tells what it found. */
export const formatOptions = optionGroup('Output', {
  format: { type: 'string', value: 'NAME', describe: `${FORMATS.join(', ')} (default pretty)` },
  json: { type: 'boolean', describe: 'the same as --format json' },
  'no-color': { type: 'boolean', describe: 'no colours (also: the environment variable NO_COLOR)' },
});

/** Throws `ConfigError` `USAGE` for a format that there is not, and for two. */
export function formatOf({ format, json }: OptionValues<typeof formatOptions>): Format {
  const chosen = format === undefined ? undefined : parseChoice('format', format, FORMATS);
  if (json && chosen !== undefined && chosen !== 'json')
    throw new ConfigError('USAGE', `--json and --format ${chosen} are two formats`);
  return json ? 'json' : (chosen ?? 'pretty');
}
