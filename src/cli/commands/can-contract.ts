import type { ContractCheck, Remainder } from '../../run/contract-check.js';
import { survey } from '../../run/survey.js';
import { defineCommand, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { dynamodbOptions, tableSettings } from '../options/dynamodb-options.js';
import { layoutOptions } from '../options/layout-options.js';
import { layoutSettings } from '../options/layout-settings.js';
import { outputOptions, outputSettings } from '../options/output-options.js';
import { parseChoice } from '../options/parse-value.js';
import { concurrencyOptions, concurrencySetting } from '../options/run-options.js';
import { s3Settings } from '../options/s3-options.js';
import { storeOptions, storeSettings } from '../options/store-options.js';
import { surveyOptions } from '../options/survey-options.js';
import { openReporter, reporting } from '../reporters/outcome-reporter.js';
import type { OutcomeReporter } from '../reporters/outcome-reporter.js';
import { formatCount } from '../reporters/sizes.js';
import type { TableRow } from '../reporters/table.js';
import { watchSignals } from '../watch-signals.js';

const options = {
  ...surveyOptions,
  ...optionGroup('What to look for', {
    accept: {
      type: 'string',
      value: 'bridge',
      describe: 'bags of the bridge form may stay: their readers go on understanding pointers',
    },
  }),
  ...storeOptions,
  ...dynamodbOptions,
  ...concurrencyOptions,
  ...layoutOptions,
  ...outputOptions,
};

type ContractArguments = CommandArguments<typeof options>;

export const command = defineCommand({
  usage: 'SOURCE…',
  positionals: { min: 1, max: Infinity },
  builder: options,
  examples: [
    [
      'what is paused, in files, in a bucket, in a table and in executions',
      'statebag can-contract paused/ s3://my-bucket/paused/ dynamodb://TaskTokens-v3-prod sfn://arn:aws:states:eu-central-1:123456789012:stateMachine:engine',
    ],
    [
      'until when the last of it can be met',
      "statebag can-contract sfn://$ARN --json | jq -r '.documents[].until' | sort | tail -1",
    ],
  ],
  notes: [
    'Exit 0 only when everything was looked at and nothing needs the shim. Else the answer is "no", or "not proven" when something',
    'was not looked at: a source without documents, a file that is not read because of its name, a link to nothing, anything unreadable.',
    'Of a directory its *.json, *.ndjson and *.jsonl are read, in any case of letters; a glob reads whatever it matches.',
    '--allow-empty is for empty sources only. A state machine without executions that run or may be redriven is not empty: it answers yes.',
    'Of an execution the input of the newest state entered is looked at: of those that run, and of those that failed less than 14 days ago and may be redriven.',
    'Only the sources that are named are looked at: name every table, bucket and state machine.',
  ],
  handler: canContract,
});

async function canContract(args: ContractArguments, io: CliIo): Promise<number> {
  const reporter = openReporter(io, outputSettings(args.options, io));
  const signals = watchSignals(io);
  try {
    return await reporting(reporter, async () => {
      const answer = await check(args, reporter, signals.stop, io);
      await reporter.finish(
        { totals: totalsOf(answer), canContract: answer.canContract, answer: answerOf(answer) },
        rows(answer),
      );
      return answer.canContract ? EXIT.ok : EXIT.findings;
    });
  } finally {
    signals.release();
  }
}

function check(
  { positionals, options: values }: ContractArguments,
  reporter: OutcomeReporter,
  stop: AbortSignal,
  io: CliIo,
): Promise<ContractCheck> {
  const accepted = values.accept === undefined ? undefined : parseChoice('accept', values.accept, ['bridge']);
  const layout = layoutSettings(values);
  const request = {
    sources: positionals,
    ...(values.store !== undefined && { store: storeSettings(values, values.store, layout) }),
    s3: s3Settings(values),
    tables: tableSettings(values),
    layout,
    concurrency: concurrencySetting(values),
    allowEmpty: values['allow-empty'],
    acceptBridge: accepted !== undefined,
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

function totalsOf({ documents, generations, remaining, needing, blind }: ContractCheck) {
  return { documents, remaining, needing, ...generations, ...blind };
}

function answerOf({ canContract: may, needing }: ContractCheck): 'yes' | 'no' | 'not proven' {
  if (may) return 'yes';
  return needing > 0 ? 'no' : 'not proven';
}

function rows(check: ContractCheck): readonly TableRow[] {
  const { documents, generations, blind, needing } = check;
  const met = Object.entries(generations).flatMap(([name, count]): TableRow[] =>
    count > 0 ? [[`  ${name}`, formatCount(count)]] : [],
  );
  const unseen = Object.entries(blind).flatMap(([name, count]): TableRow[] =>
    count > 0 ? [[name, formatCount(count), UNSEEN[name as keyof typeof blind]]] : [],
  );
  return [
    ['documents', formatCount(documents)],
    ...met,
    ...unseen,
    ['need the shim', formatCount(needing)],
    ['the shim may go', answerOf(check), remark(check)],
  ];
}

const UNSEEN = {
  unreadable: 'files, objects, rows, executions or directories that could not be read',
  skipped: 'files of other names or kinds, not read',
  empty: 'places without a document',
};

function remark({ canContract: may, remaining, needing }: ContractCheck): string {
  if (may) return 'if these were all the places where bags are';
  const unproven = remaining - needing;
  if (unproven === 0) return '';
  return `${needing > 0 ? 'and not proven: ' : ''}${formatCount(unproven)} could not be judged, see below`;
}
