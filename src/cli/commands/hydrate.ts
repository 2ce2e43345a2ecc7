import { defineCommand } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import { hydrateDocument } from '../hydrate-document.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { noStore, openStore } from '../../store/open.js';
import { layoutOptions, layoutSettings, ONE_DOCUMENT, storeOptions, storeSettings } from '../options.js';
import { readInput } from '../read-input.js';

const options = { ...storeOptions, ...layoutOptions };

export const command = defineCommand({
  positionals: [ONE_DOCUMENT],
  options,
  examples: [
    ['a lean bag in the form that an old runner reads', 'statebag hydrate lean.json --store s3://my-bucket'],
    ['through a pipe', 'statebag hydrate - --store ./store < lean.json > fat.json'],
  ],
  notes: [
    'workflow_config and partition_map get the bytes that they had; everything else stays as it is. The file is not changed.',
  ],
  findings: 'the document cannot be read, or a pointer in it cannot be followed',
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
