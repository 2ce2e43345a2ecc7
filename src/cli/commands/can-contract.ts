import type { ContractCheck, Remainder } from '../../run/contract-check.js';
import { readStoreBucket } from '../../run/store-bucket.js';
import type { StoreBucket } from '../../run/store-bucket.js';
import { survey } from '../../run/survey.js';
import { choice, defineCommand, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import {
  READ_SOURCES,
  concurrencyOptions,
  dynamodbOptions,
  expiryOption,
  layoutOptions,
  layoutSettings,
  outputOptions,
  outputSettings,
  s3Settings,
  storeOptions,
  storeSettings,
  surveyOptions,
  surveySettings,
  tableSettings,
} from '../options.js';
import { bucketRows } from '../reporters/bucket-figures.js';
import { gateRows, ignoreMembers } from '../reporters/run-figures.js';
import { openReporter, reporting } from '../reporters/outcome-reporter.js';
import type { OutcomeReporter } from '../reporters/outcome-reporter.js';
import { formatCount } from '../reporters/format.js';
import type { TableRow } from '../reporters/format.js';
import { watchSignals } from '../orders.js';

const options = {
  ...surveyOptions,
  ...optionGroup('What to look for', {
    ...expiryOption,
    accept: choice(['bridge'], 'bags of the bridge form may stay: their readers understand pointers without the shim'),
  }),
  ...storeOptions,
  ...dynamodbOptions,
  ...concurrencyOptions,
  ...layoutOptions,
  ...outputOptions,
};

type ContractArguments = CommandArguments<typeof options>;

export const command = defineCommand({
  positionals: [READ_SOURCES],
  options,
  examples: [
    [
      'what is paused, in files, in a bucket, in a table and in executions',
      'statebag can-contract paused/ s3://my-bucket/paused/ dynamodb://TaskTokens-v3-prod sfn://arn:aws:states:eu-central-1:123456789012:stateMachine:engine',
    ],
    [
      'until when the last of them can be read',
      "statebag can-contract sfn://$ARN --json | jq -r '.documents[].until' | sort | tail -1",
    ],
  ],
  notes: [
    'The answer is "yes", "no", or "not proven" when something was not read: a source without documents, a file that is skipped because of its name, a link to nothing, anything unreadable.',
    'Of a directory its *.json, *.ndjson and *.jsonl are read, in any case of letters; a glob reads whatever it matches.',
    '--allow-empty is for empty sources only. A state machine without executions that run or may be redriven is not empty: it answers yes.',
    'Of an execution the input of the newest state entered is read: of those that run, and of those that failed less than 14 days ago and may be redriven.',
    'Only the sources that are named are read: name every table, bucket and state machine.',
  ],
  findings: 'something needs the shim or was not read; 0 is a proof',
  handler: canContract,
});

async function canContract(args: ContractArguments, io: CliIo): Promise<number> {
  const reporter = openReporter(io, outputSettings(args.options, io));
  const signals = watchSignals(io);
  try {
    return await reporting(reporter, async () => {
      const found = await check(args, reporter, signals.stop, io);
      const bucket = await storeBucket(args);
      const answer = { ...found, canContract: found.canContract && mayExpire(bucket, args) };
      await reporter.finish(
        {
          totals: totalsOf(answer),
          inventory: answer.inventory,
          ...ignoreMembers(args.options.ignore),
          canContract: answer.canContract,
          answer: answerOf(answer),
          ...(bucket && { bucket }),
        },
        [...rows(answer, args.options.ignore), ...(bucket ? bucketRows(bucket) : [])],
      );
      return answer.canContract ? EXIT.ok : EXIT.findings;
    });
  } finally {
    signals.release();
  }
}

function storeBucket({ options: values }: ContractArguments): Promise<StoreBucket | undefined> {
  if (values.store === undefined) return Promise.resolve(undefined);
  const layout = layoutSettings(values);
  return readStoreBucket({ store: storeSettings(values, values.store, layout), layout });
}

/** The programs of lean bags are in the store only: without them no reader can go on. */
function mayExpire(bucket: StoreBucket | undefined, { options }: ContractArguments): boolean {
  return options['allow-expiry'] || (bucket?.dangers ?? []).length === 0;
}

function check(
  { positionals, options: values }: ContractArguments,
  reporter: OutcomeReporter,
  stop: AbortSignal,
  io: CliIo,
): Promise<ContractCheck> {
  const layout = layoutSettings(values);
  const request = {
    sources: positionals,
    ...(values.store !== undefined && { store: storeSettings(values, values.store, layout) }),
    s3: s3Settings(values),
    tables: tableSettings(values),
    layout,
    concurrency: values.concurrency,
    ...surveySettings(values),
    acceptBridge: values.accept === 'bridge',
  };
  return survey(request, { context: io, stop, onOutcome: (remainder) => reporter.add(reported(remainder), true) });
}

function reported({ id, generation, blind, code, reason, until }: Remainder) {
  const end = until === undefined ? 'until it is rewritten or removed' : `until ${until.at}, when ${until.why}`;
  return {
    id,
    outcome: blind ?? generation,
    code,
    reason: blind === undefined ? `${reason}; ${end}` : reason,
    generation,
    until: until?.at ?? null,
  };
}

function totalsOf({ documents, generations, remaining, needing }: ContractCheck) {
  return { documents, remaining, needing, ...generations };
}

function answerOf({ canContract: may, needing }: ContractCheck): 'yes' | 'no' | 'not proven' {
  if (may) return 'yes';
  return needing > 0 ? 'no' : 'not proven';
}

function rows(check: ContractCheck, ignore: readonly string[]): readonly TableRow[] {
  const { documents, generations, inventory, needing } = check;
  const met = Object.entries(generations).flatMap(([name, count]): TableRow[] =>
    count > 0 ? [[`  ${name}`, formatCount(count)]] : [],
  );
  return [
    ['documents', formatCount(documents)],
    ...met,
    ...gateRows(inventory, ignore),
    ['need the shim', formatCount(needing)],
    ['the shim may go', answerOf(check), remark(check, ignore)],
  ];
}

function remark({ canContract: may, remaining, needing }: ContractCheck, ignore: readonly string[]): string {
  if (may)
    return `if these were all the places where bags are${ignore.length > 0 ? ', and no bag is in what was ignored' : ''}`;
  const unproven = remaining - needing;
  if (unproven === 0) return '';
  return `${needing > 0 ? 'and not proven: ' : ''}${formatCount(unproven)} could not be judged, see below`;
}
