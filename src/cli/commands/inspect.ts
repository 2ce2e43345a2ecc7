import { defineCommand, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import { inspectSources } from '../inspection/inspect-sources.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { readingSettings } from '../../run/blob-sinks.js';
import { usualTarget } from '../migration/usual-target.js';
import { openSources } from '../../sources/open.js';
import { noStore, openStore } from '../../sources/open-store.js';
import { dynamodbOptions, tableSettings } from '../options/dynamodb-options.js';
import { layoutOptions } from '../options/layout-options.js';
import { layoutSettings } from '../options/layout-settings.js';
import { outputOptions, outputSettings } from '../options/output-options.js';
import { parseChoice } from '../options/parse-value.js';
import { concurrencyOptions, concurrencySetting, selectionOptions, selectionSettings } from '../options/run-options.js';
import { s3Settings } from '../options/s3-options.js';
import { storeOptions, storeSettings } from '../options/store-options.js';
import { ownPlaces } from '../../sources/own-files.js';
import { censusRows } from '../reporters/census-figures.js';
import { documentMembers, isFinding, unseenMembers, unseenRows } from '../reporters/migration-figures.js';
import { formatRefused, resumeMembers, resumeRows } from '../reporters/resume-figures.js';
import { openReporter, reporting } from '../reporters/outcome-reporter.js';
import type { OutcomeReporter } from '../reporters/outcome-reporter.js';
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
  const reporter = openReporter(io, outputSettings(args.options, io));
  const signals = watchSignals(io);
  try {
    return await reporting(reporter, async () => {
      const { totals, resume, report } = await census(args, reporter, signals.stop, io);
      const resumability = { ...resume.totals, refused: resume.refused };
      await reporter.finish({ totals, ...unseenMembers(report), ...(resume.totals.rows > 0 && { resumability }) }, [
        ...censusRows(totals),
        ...unseenRows(report),
        ...resumeRows(resume.totals),
      ]);
      if (!args.options.json) await print(io.stdout, formatRefused(resume.refused));
      return totals.quarantined + totals.failed > 0 || signals.stop.aborted ? EXIT.findings : EXIT.ok;
    });
  } finally {
    signals.release();
  }
}

async function census(
  { positionals, options: values }: InspectArguments,
  reporter: OutcomeReporter,
  stop: AbortSignal,
  io: CliIo,
) {
  const layout = layoutSettings(values);
  const target = parseChoice('to', values.to ?? usualTarget(positionals), ['lean', 'bridge']);
  const store =
    values.store === undefined
      ? undefined
      : await openStore(storeSettings(values, values.store, layoutSettings(values)), io.cwd);
  const sources = await openSources(positionals, {
    io,
    s3: s3Settings(values),
    tables: tableSettings(values),
    ...ownPlaces(store, layout, []),
  });
  return inspectSources({
    sources,
    settings: readingSettings({ target, manifestForm: 'list', layout }, store?.blobs ?? noStore(layout, values.bucket)),
    concurrency: concurrencySetting(values),
    selection: selectionSettings(values),
    quiet: values.quiet,
    stop,
    io,
    onDocument: (outcome, look, resumable) =>
      reporter.add(
        { ...documentMembers(outcome), ...look, ...(resumable && { resumability: resumeMembers(resumable) }) },
        isFinding(outcome),
      ),
  });
}
