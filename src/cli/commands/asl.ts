import { findingsIn } from '../../asl/check/check-definition.js';
import type { AslSettings } from '../../asl/check/settings.js';
import { ASL_RULES } from '../../asl/rules.js';
import { ConfigError } from '../../errors/index.js';
import { definitionFiles } from '../asl/definition-files.js';
import { lookAtDefinitions } from '../asl/look-at-definitions.js';
import { patchFile } from '../asl/patch-file.js';
import { chooseAction } from '../choose-action.js';
import { defineCommand, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { formatOf, formatOptions } from '../options/format-options.js';
import { isColourful } from '../options/output-options.js';
import { parseChoice } from '../options/parse-value.js';
import { openFindingReporter } from '../reporters/finding-reporter.js';
import type { FindingReporter } from '../reporters/finding-reporter.js';

const options = {
  ...optionGroup('Patching', {
    apply: { type: 'boolean', describe: 'write the files; without it, only the difference is shown' },
    speaks: {
      type: 'string',
      value: 'lean|fat',
      describe: 'fat: also pass the paths of both fields, for functions wrapped with `speaks: "fat"` (default lean)',
    },
  }),
  ...formatOptions,
};

type AslArguments = CommandArguments<typeof options>;

export const command = defineCommand({
  usage: 'check|patch FILE…',
  positionals: { min: 2, max: Infinity },
  builder: options,
  examples: [
    ['every state that hands a program on', 'statebag asl check machine.asl.json'],
    ['templates too, as annotations in a pull request', "statebag asl check 'infra/**/*.yaml' --format github"],
    ['what a patch would change', 'statebag asl patch machine.asl.json'],
    ['change it', 'statebag asl patch machine.asl.json --apply'],
  ],
  notes: [
    'Reads JSON and YAML, JSONPath and JSONata, and the definitions inside CloudFormation and SAM templates. A directory is searched for files that hold one.',
    'Exit 1 when a state hands on workflow_config or partition_map; after a patch, when something is left that a person must change.',
  ],
  handler: aslCommand,
});

async function aslCommand(args: AslArguments, io: CliIo): Promise<number> {
  const [action = '', ...specs] = args.positionals;
  return chooseAction('asl', action, { check, patch })(specs, args, io);
}

async function check(specs: readonly string[], args: AslArguments, io: CliIo): Promise<number> {
  if (args.options.apply || args.options.speaks !== undefined)
    throw new ConfigError('USAGE', '--apply and --speaks belong to `statebag asl patch`');
  const files = await definitionFiles(specs, io);
  return reporting('check', args, io, (reporter) =>
    lookAtDefinitions(
      files,
      (bytes, { file }) => ({ id: file, file, findings: findingsIn(bytes, file) }),
      io,
      (document) => reporter.add(document),
    ),
  );
}

/** For people the difference goes to standard output, so that it can be piped; what is left to do goes beside it. */
async function patch(specs: readonly string[], args: AslArguments, io: CliIo): Promise<number> {
  const { apply, speaks = 'lean' } = args.options;
  const settings: AslSettings = { speaks: parseChoice('speaks', speaks, ['lean', 'fat']) };
  if (apply && specs.includes('-')) throw new ConfigError('USAGE', '--apply writes files; standard input is none');
  const files = await definitionFiles(specs, io);
  const isForPeople = formatOf(args.options) === 'pretty';
  const beside = isForPeople ? { ...io, stdout: io.stderr } : io;
  return reporting('patch', args, beside, (reporter) =>
    lookAtDefinitions(
      files,
      async (bytes, definition) => {
        const { document, diff } = await patchFile(bytes, definition, settings, apply);
        if (isForPeople && diff !== '') await print(io.stdout, diff);
        return document;
      },
      io,
      (document) => reporter.add(document),
    ),
  );
}

async function reporting(
  action: string,
  { options: values }: AslArguments,
  io: CliIo,
  work: (reporter: FindingReporter) => Promise<number>,
): Promise<number> {
  const settings = {
    check: `statebag asl ${action}`,
    format: formatOf(values),
    colour: isColourful(values, io),
    rules: () => Promise.resolve(ASL_RULES),
  };
  const reporter = await openFindingReporter(io, settings);
  try {
    const failed = await work(reporter);
    await reporter.finish();
    return failed === 0 ? EXIT.ok : EXIT.findings;
  } catch (error) {
    await reporter.fail(error);
    throw error;
  }
}
