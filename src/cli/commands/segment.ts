import type { ByteValue } from '../../bag/value.js';
import { readDocument } from '../../bag/value.js';
import { resolveSegment } from '../../bag/resolve.js';
import type { ResolvedSegment } from '../../bag/resolve.js';
import { defineCommand, flag, optionGroup, whole } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { noStore, openStore } from '../../store/open.js';
import { layoutOptions, layoutSettings, ONE_DOCUMENT, storeOptions, storeSettings } from '../options.js';
import { readInput } from '../read-input.js';

const options = {
  ...optionGroup('Which segment', {
    index: whole('N', 'position in the map, from 0', 0, { otherwise: 'the one that the event names' }),
  }),
  ...storeOptions,
  ...layoutOptions,
  ...optionGroup('Output', {
    json: flag('with its index and where it was found: {"segmentIndex","source","segmentConfig"}'),
  }),
};

export const command = defineCommand({
  positionals: [ONE_DOCUMENT],
  options,
  examples: [
    ['the program that a runner runs for this event', 'statebag segment event.json --store s3://my-bucket'],
    ['another segment of the same workflow', 'statebag segment event.json --index 3 --store ./store'],
    ['an event that carries everything needs no store', 'statebag segment - < fat.json'],
  ],
  notes: [
    'The bytes are those of the map or manifest, unchanged. An event without a program is an error, never another program.',
  ],
  findings: 'the event has no program, or it cannot be read',
  handler: segmentCommand,
});

async function segmentCommand(
  { positionals, options: values }: CommandArguments<typeof options>,
  io: CliIo,
): Promise<number> {
  const layout = layoutSettings(values);
  const event = await readInput(positionals[0]!, io);
  const blobs =
    values.store === undefined
      ? noStore(layout)
      : (await openStore(storeSettings(values, values.store, layout), io.cwd)).blobs;
  const resolved = await resolveSegment(readDocument(event), blobs, { index: values.index });
  await print(io.stdout, values.json ? asJson(resolved) : Buffer.concat([resolved.segmentConfig.bytes(), NEWLINE]));
  return EXIT.ok;
}

const NEWLINE = Buffer.from('\n');

/** The program goes in with its own bytes, so that nothing in it changes its spelling. */
function asJson({ segmentIndex, source, segmentConfig }: ResolvedSegment<ByteValue>): Uint8Array {
  const head = `{"segmentIndex":${segmentIndex ?? 'null'},"source":${JSON.stringify(source)},"segmentConfig":`;
  return Buffer.concat([Buffer.from(head), segmentConfig.bytes(), Buffer.from('}\n')]);
}
