import { defineCommand } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import { answerLines } from '../filter/answer-lines.js';
import { openWireShim, wireOptions } from '../filter/wire-options.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { ONE_DOCUMENT } from '../options.js';
import { readInput } from '../read-input.js';

export const command = defineCommand({
  positionals: [{ ...ONE_DOCUMENT, usage: '[FILE|-]' }],
  options: wireOptions,
  examples: [
    ['what a wrapped runner receives for this event', 'statebag adapt event.json --store ./store'],
    ['as a filter in front of a runner', 'statebag adapt --store s3://my-bucket < event.json | ./runner'],
    ['a sidecar: one event a line, for as long as there are any', 'statebag adapt --ndjson --store s3://my-bucket'],
  ],
  notes: [
    'Bags become lean, their blobs are written, and segment_config is added at the root, with the member added_by_statebag_shim as its mark. Every other byte stays as it is. An object that is not a bag passes unchanged.',
    'With --ndjson, the answer to a line that fails is {"errorType","errorMessage"}.',
  ],
  findings: 'the event, or with --ndjson a line, cannot be adapted',
  handler: adaptCommand,
});

async function adaptCommand(
  { positionals, options: values }: CommandArguments<typeof wireOptions>,
  io: CliIo,
): Promise<number> {
  const shim = await openWireShim(values, io);
  const adapt = async (event: Uint8Array) => (await shim.adapt(event)).bytes;
  if (values.ndjson) return (await answerLines(io, adapt)) === 0 ? EXIT.ok : EXIT.findings;
  await print(io.stdout, await adapt(await readInput(positionals[0] ?? '-', io)));
  return EXIT.ok;
}
