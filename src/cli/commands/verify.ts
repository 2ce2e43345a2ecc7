import { isVerified, verify } from '../../run/verify.js';
import type { VerifyOutcome, VerifyTotals } from '../../run/verify.js';
import { defineCommand, flag, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import {
  concurrencyOptions,
  damageOptions,
  damageSettings,
  dynamodbOptions,
  journalDirectory,
  journalOptions,
  mapOptions,
  mapSettings,
  outputOptions,
  outputSettings,
  reachSettings,
  storeOptions,
} from '../options.js';
import { openReporter, reporting, withProgress } from '../reporters/outcome-reporter.js';
import { formatCount } from '../reporters/format.js';
import type { TableRow } from '../reporters/format.js';
import { flawMembers, flawRows, unfinishedLines } from '../reporters/status-figures.js';

const options = {
  ...journalOptions,
  ...damageOptions,
  ...optionGroup('What to do', {
    'allow-empty': flag('a journal without a document that can still be verified is not a mistake'),
  }),
  ...mapOptions,
  ...concurrencyOptions,
  ...storeOptions,
  ...dynamodbOptions,
  ...outputOptions,
};

export const command = defineCommand({
  positionals: [],
  options,
  examples: [
    ['everything that the journal says was migrated', 'statebag verify --journal statebag-journal'],
    ['for a program', 'statebag verify --journal statebag-journal --json'],
    ['the documents have been moved', 'statebag verify --journal statebag-journal --map /old/bags=/new/bags'],
    ['the store has been moved', 'statebag verify --journal statebag-journal --store /mnt/copy-of-store'],
  ],
  notes: [
    'Each document must be what was written and satisfy its schema. Journal and blobs must restore its original byte for byte, and every segment must resolve to the same program. Nothing is written.',
    'A document that was modified or removed since cannot be verified and is a finding. That is normal after a resume. A row of a paused execution that was resumed since counts as resumed, and is not a finding.',
    'A document whose source of segments a later run overwrote counts as not comparable (SOURCE_OVERWRITTEN): it is as it was written, and not verified. It is not a finding beside verified documents. When no document is verified, the exit code is 1.',
    'Only what was migrated is verified. When a run was stopped before its end, verify says so (isClosed in --json), and its exit code is about the migrated documents alone; the exit code of statebag status says whether the migration is finished.',
  ],
  findings: 'a document differs from what was written or cannot be verified, or none was migrated',
  handler: verifyCommand,
});

async function verifyCommand({ options: values }: CommandArguments<typeof options>, io: CliIo): Promise<number> {
  const directory = journalDirectory(values, io);
  const output = outputSettings(values, io);
  const reporter = openReporter(io, output);
  const request = {
    journal: directory,
    concurrency: values.concurrency,
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
    await reporter.finish({ totals, isClosed: status.isClosed, ...flawMembers(status) }, [
      ...rows(totals),
      ...flawRows(status),
      ...left.map((line) => ['not verified', '', line] as const),
    ]);
    if (totals.verified === 0 && !output.quiet) io.stderr.write(`statebag: ${whyNothing(totals)}\n`);
    const { damaged, discrepancies } = status;
    if (damaged.length + discrepancies.length > 0) return EXIT.findings;
    return isVerified(totals) || (values['allow-empty'] && hasNothing(totals)) ? EXIT.ok : EXIT.findings;
  });
}

/** True when nothing is wrong, because nothing is left that could be verified. */
function hasNothing({ documents, resumed, overwritten }: VerifyTotals): boolean {
  return documents === resumed + overwritten;
}

function whyNothing({ documents, resumed, overwritten, moved, failed }: VerifyTotals): string {
  if (documents === 0) return 'the journal has no migrated document, so nothing was verified';
  const counts = { documents, 'changed since': moved, 'resumed since': resumed, 'not comparable': overwritten, failed };
  const figures = Object.entries(counts).flatMap(([name, count]) =>
    count > 0 ? `${name}: ${formatCount(count)}` : [],
  );
  return `nothing was verified (${figures.join(', ')})`;
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
  bagsWithoutSegments,
  overwritten,
}: VerifyTotals): readonly TableRow[] {
  return [
    ['documents', formatCount(documents)],
    ['verified', formatCount(verified)],
    ['changed since', formatCount(moved)],
    ...(resumed > 0 ? [['resumed since', formatCount(resumed)] as const] : []),
    ['failed', formatCount(failed)],
    ['segment programs compared', formatCount(segments)],
    ...(bagsWithoutSegments > 0
      ? [['bags without segments', formatCount(bagsWithoutSegments), 'nothing to compare'] as const]
      : []),
    ...(overwritten > 0 ? [['not comparable', formatCount(overwritten), NOT_COMPARABLE] as const] : []),
  ];
}

const NOT_COMPARABLE = 'as written, and not verified: a later run overwrote the source of their segments';
