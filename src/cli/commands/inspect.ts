import { inspect } from '../../run/inspect.js';
import { isProven } from '../../run/inventory.js';
import type { InspectRequest, InspectedDocument } from '../../run/inspect.js';
import { choice, defineCommand, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import {
  READ_SOURCES,
  concurrencyOptions,
  dynamodbOptions,
  layoutOptions,
  layoutSettings,
  outputOptions,
  outputSettings,
  s3Settings,
  selectionOptions,
  selectionSettings,
  storeOptions,
  storeSettings,
  surveyOptions,
  surveySettings,
  tableSettings,
} from '../options.js';
import {
  documentMembers,
  ignoredRows,
  ignoreMembers,
  inventoryMembers,
  inventoryRows,
  isFinding,
  stoppedRows,
} from '../reporters/run-figures.js';
import { censusRows } from '../reporters/census-figures.js';
import { formatRefused, resumeMembers, resumeRows } from '../reporters/resume-figures.js';
import { openReporter, reporting, withProgress } from '../reporters/outcome-reporter.js';
import { Findings, paintFor } from '../reporters/format.js';
import type { Unseen } from '../../sources/inventory.js';
import { watchSignals } from '../orders.js';

const options = {
  ...surveyOptions,
  ...optionGroup('What to look for', {
    to: choice(['lean', 'bridge'], 'the migration to calculate with', {
      otherwise: 'lean, for rows of a table bridge',
    }),
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
  positionals: [READ_SOURCES],
  options,
  examples: [
    ['what is in a directory, and what a migration would save', 'statebag inspect bags/'],
    [
      'bags with pointers, which are followed in the store',
      'statebag inspect s3://my-bucket/paused/ --store s3://my-bucket',
    ],
    [
      'which bags are too large for Step Functions',
      "statebag inspect 'bags/**/*.json' --json | jq '.documents[] | select(.bytesBefore > 262144) | .id'",
    ],
  ],
  notes: [
    'Nothing is written. A link to nothing is unreadable. Without --store, pointers are not followed, and their documents count as not known.',
    'Of a directory its *.json, *.ndjson and *.jsonl are read, in any case of letters and compressed or not; other names are skipped, and listed.',
  ],
  findings: 'a document could not be migrated, something was not read or not understood, or the run was stopped',
  handler: inspectCommand,
});

/** Codes of documents of which nothing is proved, whatever their outcome is. */
const FLAWS: ReadonlySet<string> = new Set(['ATTRIBUTE_NOT_JSON', 'BAG_HIDDEN', 'DUPLICATE_MEMBER']);

async function inspectCommand(args: InspectArguments, io: CliIo): Promise<number> {
  const { options } = args;
  const output = outputSettings(options, io);
  const reporter = openReporter(io, output);
  const signals = watchSignals(io);
  const ports = {
    stop: signals.stop,
    onOutcome: (document: InspectedDocument) =>
      reporter.add(inspectedMembers(document), isFinding(document) || FLAWS.has(document.code ?? '')),
  };
  try {
    return await reporting(reporter, async () => {
      const request = readRequest(args);
      const { totals, resume, unseen, inventory, skippedOrEmpty } = await withProgress(
        io,
        !options.quiet,
        ports,
        (counting) => inspect(request, counting),
      );
      const resumability = { ...resume.totals, refused: resume.refused };
      const { complete } = unseen;
      const members = {
        totals,
        complete,
        ...inventoryMembers({ inventory, notStarted: unseen.notStarted }),
        ...ignoreMembers(options.ignore),
        skipped: skippedOrEmpty.filter(({ kind }) => kind === 'skipped'),
        empty: skippedOrEmpty.filter(({ kind }) => kind === 'empty'),
      };
      await reporter.finish({ ...members, ...(resume.totals.rows > 0 && { resumability }) }, [
        ...censusRows(totals, complete),
        ...inventoryRows(inventory),
        ...ignoredRows(inventory, options.ignore),
        ...stoppedRows(unseen),
        ...resumeRows(resume.totals),
      ]);
      if (!options.json)
        await print(
          io.stdout,
          formatRefused(resume.refused) + (await formatEntries(skippedOrEmpty, output.colour, io)),
        );
      const { quarantined, failed, notStarted } = totals;
      // A slip in a condition looks like a place without bags.
      const isNothing = options.where.length > 0 && totals.documents === 0 && !options['allow-empty'];
      const isKnown = quarantined + failed + notStarted === 0 && isProven(inventory);
      return complete && !isNothing && isKnown ? EXIT.ok : EXIT.findings;
    });
  } finally {
    signals.release();
  }
}

async function formatEntries(entries: readonly Unseen[], colour: boolean, io: CliIo): Promise<string> {
  const findings = new Findings();
  for (const { kind, ...entry } of entries) findings.add({ ...entry, outcome: kind });
  return findings.format(io.cwd, (await paintFor(colour)).bad);
}

function readRequest({ positionals, options: values }: InspectArguments): InspectRequest {
  const layout = layoutSettings(values);
  return {
    sources: positionals,
    ...(values.store !== undefined && { store: storeSettings(values, values.store, layout) }),
    ...(values.bucket !== undefined && { bucket: values.bucket }),
    ...(values.to !== undefined && { target: values.to }),
    s3: s3Settings(values),
    tables: tableSettings(values),
    layout,
    concurrency: values.concurrency,
    ...surveySettings(values),
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
