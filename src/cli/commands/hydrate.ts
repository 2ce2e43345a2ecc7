import { defineCommand } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import { hydrateDocument } from '../hydrate-document.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { noStore, openStore } from '../../sources/open-store.js';
import { layoutOptions } from '../options/layout-options.js';
import { layoutSettings } from '../options/layout-settings.js';
import { storeOptions, storeSettings } from '../options/store-options.js';
import { readInput } from '../read-input.js';

const options = { ...storeOptions, ...layoutOptions };

export const command = defineCommand({
  usage: 'FILE|- --store S',
  positionals: { min: 1, max: 1 },
  builder: options,
  examples: [
    ['a lean bag as an old runner knows it', 'statebag hydrate lean.json --store s3://my-bucket'],
    ['through a pipe', 'statebag hydrate - --store ./store < lean.json > fat.json'],
  ],
  notes: [
    'workflow_config and partition_map come back with the bytes they had; everything else keeps its own. The file is not changed.',
  ],
  handler: hydrateCommand,
});

async function hydrateCommand(
  { positionals, options: values }: CommandArguments<typeof options>,
  io: CliIo,
): Promise<number> {
  const layout = layoutSettings(values);
  const bytes = await readInput(positionals[0]!, io);
  const blobs =
    values.store === undefined
      ? noStore(layout)
      : (await openStore(storeSettings(values, values.store, layout), io.cwd)).blobs;
  await print(io.stdout, await hydrateDocument(bytes, blobs));
  return EXIT.ok;
}
