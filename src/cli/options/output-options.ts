import { optionGroup } from '../command.js';
import type { OptionValues } from '../command.js';
import type { CliIo } from '../io.js';

/** How a command speaks. */
export const outputOptions = optionGroup('Output', {
  json: { type: 'boolean', describe: 'one JSON document on standard output and nothing else there' },
  quiet: { type: 'boolean', describe: 'no progress and no hints' },
  'no-color': { type: 'boolean', describe: 'no colours (also: the environment variable NO_COLOR)' },
});

export interface OutputSettings {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Whether standard output takes colours. */
  readonly colour: boolean;
}

export function outputSettings(values: OptionValues<typeof outputOptions>, io: CliIo): OutputSettings {
  return { json: values.json, quiet: values.quiet, colour: isColourful(values, io) };
}

/** Whether standard output takes colours, and nobody refused them. */
export function isColourful(values: { readonly 'no-color': boolean }, { stdout, env }: CliIo): boolean {
  return stdout.isTTY === true && !values['no-color'] && (env.NO_COLOR ?? '') === '';
}
