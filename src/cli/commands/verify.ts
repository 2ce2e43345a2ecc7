import { verify } from '../../run/verify.js';
import type { VerifyTotals } from '../../run/verify.js';
import type { VerifyOutcome } from '../../run/verify-documents.js';
import { defineCommand } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { dynamodbOptions } from '../options/dynamodb-options.js';
import { damageOptions, damageSettings, journalOptions, requireJournal } from '../options/journal-options.js';
import { mapOptions, mapSettings } from '../options/map-options.js';
import { outputOptions, outputSettings } from '../options/output-options.js';
import { concurrencyOptions, concurrencySetting } from '../options/run-options.js';
import { storeOptions } from '../options/store-options.js';
import { reachSettings } from '../reach-settings.js';
import { openReporter, reporting } from '../reporters/outcome-reporter.js';
import { withProgress } from '../reporters/progress.js';
import { formatCount } from '../reporters/sizes.js';
import { damageRows, unfinishedLines } from '../reporters/status-figures.js';

const options = {
  ...journalOptions,
  ...damageOptions,
  ...mapOptions,
  ...concurrencyOptions,
  ...storeOptions,
  ...dynamodbOptions,
  ...outputOptions,
};

export const command = defineCommand({
  usage: '--journal DIR',
  positionals: { min: 0, max: 0 },
  builder: options,
  examples: [
    ['everything the journal says was migrated', 'statebag verify --journal statebag-journal'],
    ['for a program', 'statebag verify --journal statebag-journal --json'],
    ['the documents have been moved', 'statebag verify --journal statebag-journal --map /old/bags=/new/bags'],
    ['the store has been moved', 'statebag verify --journal statebag-journal --store /mnt/copy-of-store'],
  ],
  notes: [
    'Each document must be what was written, satisfy its schema, give its original back byte for byte from journal and blobs,',
    'and lead to the same program at every segment index. Nothing is written.',
    'A document that changed or vanished since cannot be verified and counts as a finding (exit 1): after a resume that is life.',
    'Only what was migrated is verified. When a run was stopped before it came to its end, verify says so (isClosed in --json) and its exit code',
    'is about the migrated documents alone; the exit code of statebag status says whether the migration is finished.',
    'A row of a paused execution that was resumed since counts as resumed, and is no finding.',
  ],
  handler: verifyCommand,
});

async function verifyCommand({ options: values }: CommandArguments<typeof options>, io: CliIo): Promise<number> {
  const directory = requireJournal(values, io);
  const output = outputSettings(values, io);
  const reporter = openReporter(io, output);
  const request = {
    journal: directory,
    concurrency: concurrencySetting(values),
    ...damageSettings(values),
    ...mapSettings(values),
    ...reachSettings(values),
  };
  const onOutcome = (outcome: VerifyOutcome) =>
    reporter.add(
      documentMembers(outcome),
      (outcome.outcome !== 'verified' && outcome.outcome !== 'resumed') || outcome.code !== undefined,
    );
  return reporting(reporter, async () => {
    const { totals, status } = await withProgress(io, !output.quiet, { onOutcome }, (ports) => verify(request, ports));
    const left = unfinishedLines(status.unfinished, directory);
    const { damaged } = status;
    await reporter.finish({ totals, isClosed: status.isClosed, ...(damaged.length > 0 && { damaged }) }, [
      ...rows(totals),
      ...damageRows(damaged),
      ...left.map((line) => ['not verified', '', line] as const),
    ]);
    const isVerified = totals.verified + totals.resumed === totals.documents && damaged.length === 0;
    return isVerified ? EXIT.ok : EXIT.findings;
  });
}

function documentMembers({ id, outcome, segments, code, reason }: VerifyOutcome) {
  return { id, outcome, segments, ...(code && { code }), ...(reason && { reason }) };
}

function rows({
  documents,
  verified,
  moved,
  resumed,
  failed,
  segments,
}: VerifyTotals): readonly (readonly [string, string])[] {
  return [
    ['documents', formatCount(documents)],
    ['verified', formatCount(verified)],
    ['changed since', formatCount(moved)],
    ...(resumed > 0 ? [['resumed since', formatCount(resumed)] as const] : []),
    ['failed', formatCount(failed)],
    ['segment programs compared', formatCount(segments)],
  ];
}
