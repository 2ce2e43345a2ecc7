import { readDocument } from '../../bag/value.js';
import { BagError } from '../../errors/index.js';
import type { WireShim } from '../../shim/wire-shim.js';
import { defineCommand, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import { answerLines } from '../filter/answer-lines.js';
import { openWireShim, wireOptions } from '../filter/wire-options.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { readInput } from '../read-input.js';

const options = {
  ...wireOptions,
  ...optionGroup('The event', {
    event: { type: 'string', value: 'FILE', describe: 'the event that the result answers, as it came in' },
    'with-events': {
      type: 'boolean',
      describe: 'each line is {"event": as it came in, "result": what the runner answered}',
    },
  }),
};

export const command = defineCommand({
  usage: '[FILE|-] --store S',
  positionals: { min: 0, max: 1 },
  builder: options,
  examples: [
    ['the result of a runner as it is to go back', 'statebag seal result.json --event event.json --store ./store'],
    ['a sidecar: one result a line', 'statebag seal --ndjson --store s3://my-bucket'],
    [
      'the same with the events, so that what adapt added goes and what was lost comes back',
      'statebag seal --ndjson --with-events --store s3://my-bucket',
    ],
  ],
  notes: [
    'Bags in the result go lean, within the budget of Step Functions; every other byte stays as it is. A result without a bag passes unchanged.',
    'Knowing the event, seal takes out what adapt put into it, and puts back paths that a merge has lost.',
  ],
  handler: sealCommand,
});

async function sealCommand(
  { positionals, options: values }: CommandArguments<typeof options>,
  io: CliIo,
): Promise<number> {
  const shim = await openWireShim(values, io, 'seal');
  if (values.ndjson) {
    const answer = (line: Uint8Array) => (values['with-events'] ? sealPair(shim, line) : shim.seal(line));
    return (await answerLines(io, answer)) === 0 ? EXIT.ok : EXIT.findings;
  }
  const event = values.event === undefined ? undefined : await readInput(values.event, io);
  await print(io.stdout, await sealResult(shim, await readInput(positionals[0] ?? '-', io), event));
  return EXIT.ok;
}

async function sealResult(shim: WireShim, result: Uint8Array, event: Uint8Array | undefined): Promise<Uint8Array> {
  return shim.seal(result, event && (await shim.adapt(event)));
}

function sealPair(shim: WireShim, line: Uint8Array): Promise<Uint8Array> {
  const pair = readDocument(line);
  const [event, result] = [pair.member('event'), pair.member('result')];
  if (!event || !result)
    return Promise.reject(new BagError('PAIR_INVALID', 'a line with --with-events is {"event": …, "result": …}'));
  return sealResult(shim, result.bytes(), event.bytes());
}
