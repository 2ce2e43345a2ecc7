import type { ReplayedStep, ReplayGap, ReplayReport, ReplayTotals } from '../../replay/replay.js';
import type { StepOutcome } from '../../replay/replay-step.js';
import { replay } from '../../replay/replay.js';
import { EXECUTIONS_SCHEME } from '../../sources/open.js';
import { defineCommand, flag, list, optionGroup, text, whole } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import {
  layoutOptions,
  layoutSettings,
  outputOptions,
  outputSettings,
  s3Settings,
  storeOptions,
  storeSettings,
  surveyOptions,
  surveySettings,
} from '../options.js';
import { watchSignals } from '../orders.js';
import { formatCount } from '../reporters/format.js';
import type { TableRow } from '../reporters/format.js';
import { openReporter, reporting } from '../reporters/outcome-reporter.js';
import type { OutcomeReporter } from '../reporters/outcome-reporter.js';
import { ignoredRows, ignoreMembers, inventoryRows } from '../reporters/run-figures.js';

const options = {
  ...optionGroup('What to replay', {
    function: list(
      text(
        'NAME',
        'function or activity that runs segments: a name, a partial ARN or an ARN; a version or an alias counts',
        {
          otherwise: 'all; events with an action or a task token run no segment',
        },
      ),
    ),
    limit: whole('N', 'executions, files or objects of each source; the newest of a state machine'),
    'allow-unread-children': flag('executions and map runs that were started need not be among the sources'),
    'allow-running': flag('exported histories may end before the end of the execution'),
  }),
  ...surveyOptions,
  ...storeOptions,
  ...layoutOptions,
  ...outputOptions,
};

type ReplayArguments = CommandArguments<typeof options>;

export const command = defineCommand({
  positionals: [
    {
      usage: 'SOURCE…',
      describe:
        'sfn://{arn of a state machine or map run}, or exported histories: a file, a directory, a glob in quotes, s3://bucket/prefix, or - for standard input; *.ndjson and *.jsonl hold a history a line',
    },
  ],
  options,
  examples: [
    [
      'the executions of a state machine, before the mode rewrite',
      'statebag replay sfn://arn:aws:states:eu-central-1:123456789012:stateMachine:engine --store s3://my-bucket',
    ],
    [
      'an exported history',
      'aws stepfunctions get-execution-history --execution-arn $ARN --output json | statebag replay - --store s3://my-bucket',
    ],
    [
      'only the function that runs segments',
      'statebag replay histories/ --function engine-execute-segment --store s3://my-bucket',
    ],
    [
      'the steps whose program differs',
      'statebag replay histories/ --json | jq \'.documents[] | select(.outcome == "differs")\'',
    ],
  ],
  notes: [
    'The answer is "yes" when every history was read and every step runs the same program, "no" when one does not, and "not proven" when something was not read, or when no step was compared. Nothing is written.',
    'The old rules are those of one era, "pre": the runner of February, the last release before lean bags. Bags of other eras, such as those with a state_s3_path or with a manifest alone, are not compared and make the answer "not proven". docs/replay.md says what is compared, and what is not.',
    'An execution that is running is compared up to its last event and counted as running. Of a state machine, that is no gap; of an exported history it is one, unless --allow-running is given.',
    'Pointers are followed in the store as it is now. An object that is gone or was replaced since cannot be replayed.',
  ],
  findings: 'a step runs another program, or something was not read; 0 is a proof for the recorded steps',
  handler: replayCommand,
});

async function replayCommand(args: ReplayArguments, io: CliIo): Promise<number> {
  const reporter = openReporter(io, outputSettings(args.options, io));
  const signals = watchSignals(io);
  try {
    return await reporting(reporter, async () => {
      const report = await replayAll(args, reporter, signals.stop, io);
      const { ignore } = args.options;
      await reporter.finish({ ...report, ...ignoreMembers(ignore), totals: totalsIn(report) }, rows(report, ignore));
      return report.answer === 'yes' ? EXIT.ok : EXIT.findings;
    });
  } finally {
    signals.release();
  }
}

function replayAll(
  { positionals, options: values }: ReplayArguments,
  reporter: OutcomeReporter,
  stop: AbortSignal,
  io: CliIo,
): Promise<ReplayReport> {
  const layout = layoutSettings(values);
  const request = {
    sources: positionals,
    ...(values.store !== undefined && { store: storeSettings(values, values.store, layout) }),
    s3: s3Settings(values),
    layout,
    functions: values.function,
    ...surveySettings(values),
    ...(values.limit !== undefined && { limit: values.limit }),
    allowsUnreadChildren: values['allow-unread-children'],
    allowsRunning: values['allow-running'],
  };
  return replay(request, {
    context: io,
    stop,
    onStep: (step) => reporter.add({ ...step }, isFinding(step)),
    onGap: ({ kind, ...gap }: ReplayGap) => reporter.add({ outcome: kind, ...gap }, true),
  });
}

/** As `--json` spells them. */
function totalsIn({ totals }: ReplayReport) {
  const {
    'old-fails': oldFails,
    'shim-fails': shimFails,
    'no-segment': noSegment,
    'no-bag': noBag,
    ...others
  } = totals;
  return { ...others, oldFails, shimFails, noSegment, noBag };
}

const FINDINGS: ReadonlySet<StepOutcome> = new Set(['differs', 'old-fails', 'shim-fails', 'failed']);

function isFinding({ outcome }: ReplayedStep): boolean {
  return FINDINGS.has(outcome);
}

const REMARKS: readonly (readonly [StepOutcome, string])[] = [
  ['same', 'the shim runs the same program, before and after it rewrites the bag'],
  ['differs', 'the shim runs another program'],
  ['old-fails', 'the old runner ends with an error, or runs what is not a segment'],
  ['shim-fails', 'the shim refuses the event, or does not rewrite it'],
  ['failed', 'not compared: something could not be read, or it is of another era'],
  ['no-segment', 'no segment runs for this event'],
  ['no-bag', 'the event holds no bag'],
];

function rows(report: ReplayReport, ignore: readonly string[]): readonly TableRow[] {
  const { answer, totals, inventory, limited, uncalled, called } = report;
  return [
    ['old rules', report.oldRules, 'era of the old runner: February, the last release before lean bags'],
    ['executions', formatCount(totals.executions), running(totals)],
    ['steps', formatCount(totals.steps), 'invocations of functions and activities, and requests to other services'],
    ...REMARKS.flatMap(([outcome, remark]): TableRow[] =>
      totals[outcome] > 0 || outcome === 'same' ? [[`  ${outcome}`, formatCount(totals[outcome]), remark]] : [],
    ),
    ...inventoryRows(inventory),
    ...ignoredRows(inventory, ignore),
    ...countRow(
      'unread children',
      totals.unreadChildren,
      'started executions and map runs that are not in the sources',
    ),
    ...countRow('not understood', totals.unknownEvents, 'events of types that this release does not know'),
    ...limited.map(limitedRow),
    ...uncalled.map((name): TableRow => ['never called', '', describeUncalled(name, called)]),
    ['same programs', answer, answer === 'yes' ? 'in every recorded step' : 'see below'],
  ];
}

function limitedRow(source: string): TableRow {
  const what = source.startsWith(EXECUTIONS_SCHEME) ? 'older executions' : 'further histories';
  return ['limited', '', `${what} of ${source} were not read, because of --limit`];
}

/** More names than this are only counted. */
const MOST_NAMES = 10;

function describeUncalled(name: string, called: readonly string[]): string {
  if (called.length === 0) return `no history calls the function ${name}, or another one`;
  const more = called.length > MOST_NAMES ? `, and ${called.length - MOST_NAMES} more` : '';
  return `no history calls the function ${name}; they call ${called.slice(0, MOST_NAMES).join(', ')}${more}`;
}

function running({ running: count }: ReplayTotals): string {
  return count > 0 ? `${formatCount(count)} had not ended when their histories were read` : '';
}

function countRow(label: string, count: number, remark: string): readonly TableRow[] {
  return count > 0 ? [[label, formatCount(count), remark]] : [];
}
