import { readDocument } from '../../bag/value.js';
import { BagError } from '../../errors/index.js';
import type { WireShim } from '../../shim/wire-shim.js';
import { defineCommand, flag, optionGroup, path } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import { answerLines } from '../filter/answer-lines.js';
import { openWireShim, wireOptions } from '../filter/wire-options.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { ONE_DOCUMENT } from '../options.js';
import { readInput } from '../read-input.js';

const options = {
  ...wireOptions,
  ...optionGroup('The event', {
    event: path('file', 'FILE', 'the event that the result answers, as it came in', {
      conflicts: { ndjson: 'give the event of each line, with --with-events' },
    }),
    'with-events': flag('each line is {"event": as it came in, "result": what the runner answered}', {
      requires: { ndjson: 'it is about lines; give --event FILE for one document' },
    }),
  }),
};

export const command = defineCommand({
  positionals: [{ ...ONE_DOCUMENT, usage: '[FILE|-]' }],
  options,
  examples: [
    ['convert the result of a runner', 'statebag seal result.json --event event.json --store ./store'],
    ['a sidecar: one result a line', 'statebag seal --ndjson --store s3://my-bucket'],
    [
      'the same with the events: what adapt added is removed, and what was lost is restored',
      'statebag seal --ndjson --with-events --store s3://my-bucket',
    ],
  ],
  notes: [
    'Bags in the result become lean, within the budget of Step Functions; every other byte stays as it is. A result without a bag passes unchanged.',
    'With the event, seal removes what adapt added to it, and restores paths that a merge has lost.',
  ],
  findings: 'the result, or with --ndjson a line, cannot be sealed',
  handler: sealCommand,
});

async function sealCommand(
  { positionals, options: values }: CommandArguments<typeof options>,
  io: CliIo,
): Promise<number> {
  const shim = await openWireShim(values, io);
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
