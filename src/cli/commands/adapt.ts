import { adaptDocument } from '../adapt-document.js';
import { defineCommand, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { ConfigError } from '../../errors.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { readingSettings, writingSettings } from '../migration/settings.js';
import { noStore, openStore } from '../open-store.js';
import { layoutOptions, layoutSettings } from '../options/layout-options.js';
import { storeOptions, storeSettings } from '../options/store-options.js';
import { readInput } from '../read-input.js';

const options = {
  ...storeOptions,
  ...layoutOptions,
  ...optionGroup('What to do', { 'dry-run': { type: 'boolean', describe: 'name the blobs without writing them' } }),
};

export const command = defineCommand({
  usage: '[FILE|-] --store S',
  positionals: { min: 0, max: 1 },
  builder: options,
  examples: [
    ['what a wrapped runner would be given for this event', 'statebag adapt event.json --store ./store'],
    ['as a filter in front of a runner', 'statebag adapt --store s3://my-bucket < event.json | ./runner'],
  ],
  notes: [
    'The bag goes lean wherever it lies, its blobs are written, and segment_config, segment_index and the path of the manifest stand at the root. Every other byte stays as it is. An object that is no bag passes unchanged.',
  ],
  handler: adaptCommand,
});

async function adaptCommand({ positionals, options: values }: CommandArguments<typeof options>, io: CliIo): Promise<number> {
  if (values.store === undefined && !values['dry-run']) throw new ConfigError('STORE_MISSING', 'adapt writes blobs: say where with --store, or use --dry-run');
  const event = await readInput(positionals[0] ?? '-', io);
  const wanted = { target: 'lean', manifestForm: 'list', layout: layoutSettings(values) } as const;
  const blobs = values.store === undefined ? undefined : (await openStore(storeSettings(values, values.store), io.cwd)).blobs;
  const settings = blobs && !values['dry-run'] ? writingSettings(wanted, blobs) : readingSettings(wanted, blobs ?? noStore());
  await print(io.stdout, await adaptDocument(event, settings));
  return EXIT.ok;
}
