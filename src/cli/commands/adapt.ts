import { defineCommand } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import { answerLines } from '../filter/answer-lines.js';
import { openWireShim, wireOptions } from '../filter/wire-options.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { readInput } from '../read-input.js';

export const command = defineCommand({
  usage: '[FILE|-] --store S',
  positionals: { min: 0, max: 1 },
  builder: wireOptions,
  examples: [
    ['what a wrapped runner would be given for this event', 'statebag adapt event.json --store ./store'],
    ['as a filter in front of a runner', 'statebag adapt --store s3://my-bucket < event.json | ./runner'],
    ['a sidecar: one event a line, for as long as there are any', 'statebag adapt --ndjson --store s3://my-bucket'],
  ],
  notes: [
    'The bag goes lean wherever it lies, its blobs are written, and segment_config is added at the root, with the member added_by_statebag_shim as its mark. Every other byte stays as it is. An object that is no bag passes unchanged.',
    'With --ndjson a line that fails is answered with {"errorType","errorMessage"}, and the exit code is 1 in the end.',
  ],
  handler: adaptCommand,
});

async function adaptCommand(
  { positionals, options: values }: CommandArguments<typeof wireOptions>,
  io: CliIo,
): Promise<number> {
  const shim = await openWireShim(values, io, 'adapt');
  const adapt = async (event: Uint8Array) => (await shim.adapt(event)).bytes;
  if (values.ndjson) return (await answerLines(io, adapt)) === 0 ? EXIT.ok : EXIT.findings;
  await print(io.stdout, await adapt(await readInput(positionals[0] ?? '-', io)));
  return EXIT.ok;
}
