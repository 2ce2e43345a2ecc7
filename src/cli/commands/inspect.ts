import { inspect } from '../../run/inspect.js';
import type { InspectedDocument, InspectRequest } from '../../run/inspect.js';
import { defineCommand, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { dynamodbOptions, tableSettings } from '../options/dynamodb-options.js';
import { layoutOptions } from '../options/layout-options.js';
import { layoutSettings } from '../options/layout-settings.js';
import { outputOptions, outputSettings } from '../options/output-options.js';
import { parseChoice } from '../options/parse-value.js';
import { concurrencyOptions, concurrencySetting, selectionOptions, selectionSettings } from '../options/run-options.js';
import { s3Settings } from '../options/s3-options.js';
import { storeOptions, storeSettings } from '../options/store-options.js';
import { censusRows } from '../reporters/census-figures.js';
import { documentMembers, isFinding, unseenMembers, unseenRows } from '../reporters/migration-figures.js';
import { formatRefused, resumeMembers, resumeRows } from '../reporters/resume-figures.js';
import { openReporter, reporting } from '../reporters/outcome-reporter.js';
import { withProgress } from '../reporters/progress.js';
import { watchSignals } from '../watch-signals.js';

const options = {
  ...optionGroup('What to look for', {
    to: {
      type: 'string',
      value: 'lean|bridge',
      describe: 'the migration to reckon with (default lean, for rows of a table bridge)',
    },
  }),
  ...storeOptions,
  ...dynamodbOptions,
  ...concurrencyOptions,
  ...selectionOptions,
  ...layoutOptions,
  ...outputOptions,
};

type InspectArguments = CommandArguments<typeof options>;

export const command = defineCommand({
  usage: 'SOURCE…',
  positionals: { min: 1, max: Infinity },
  builder: options,
  examples: [
    ['what is in a directory, and what a migration would save', 'statebag inspect bags/'],
    [
      'bags with pointers: the store says what they lead to',
      'statebag inspect s3://my-bucket/paused/ --store s3://my-bucket',
    ],
    [
      'which bags are too large for Step Functions',
      "statebag inspect 'bags/**/*.json' --json | jq '.documents[] | select(.bytesBefore > 262144) | .id'",
    ],
  ],
  notes: [
    'Nothing is written. Exit 1 when something is unreadable or could not be migrated; a link to nothing is unreadable.',
    'Of a directory its *.json, *.ndjson and *.jsonl are read, in any case of letters; other names are counted as skipped.',
  ],
  handler: inspectCommand,
});

async function inspectCommand(args: InspectArguments, io: CliIo): Promise<number> {
  const { options } = args;
  const reporter = openReporter(io, outputSettings(options, io));
  const signals = watchSignals(io);
  const ports = {
    stop: signals.stop,
    onOutcome: (document: InspectedDocument) => reporter.add(inspectedMembers(document), isFinding(document)),
  };
  try {
    return await reporting(reporter, async () => {
      const request = readRequest(args);
      const { totals, resume, unseen } = await withProgress(io, !options.quiet, ports, (counting) =>
        inspect(request, counting),
      );
      const resumability = { ...resume.totals, refused: resume.refused };
      await reporter.finish({ totals, ...unseenMembers(unseen), ...(resume.totals.rows > 0 && { resumability }) }, [
        ...censusRows(totals),
        ...unseenRows(unseen),
        ...resumeRows(resume.totals),
      ]);
      if (!options.json) await print(io.stdout, formatRefused(resume.refused));
      return totals.quarantined + totals.failed > 0 || signals.stop.aborted ? EXIT.findings : EXIT.ok;
    });
  } finally {
    signals.release();
  }
}

function readRequest({ positionals, options: values }: InspectArguments): InspectRequest {
  const layout = layoutSettings(values);
  return {
    sources: positionals,
    ...(values.store !== undefined && { store: storeSettings(values, values.store, layout) }),
    ...(values.bucket !== undefined && { bucket: values.bucket }),
    ...(values.to !== undefined && { target: parseChoice('to', values.to, ['lean', 'bridge']) }),
    s3: s3Settings(values),
    tables: tableSettings(values),
    layout,
    concurrency: concurrencySetting(values),
    ...selectionSettings(values),
  };
}

function inspectedMembers(document: InspectedDocument) {
  const { envelope, bytesInline, hazards, dialects, resumability } = document;
  return {
    ...documentMembers(document),
    ...{ envelope, bytesInline, hazards, dialects },
    ...(resumability && { resumability: resumeMembers(resumability) }),
  };
}
