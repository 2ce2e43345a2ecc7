import type { AslSettings } from '../../asl/check/settings.js';
import { ASL_RULES } from '../../asl/rules.js';
import { ConfigError } from '../../errors/index.js';
import { checkContext, checkFile } from '../asl/check-file.js';
import { definitionFiles } from '../asl/definition-files.js';
import { lookAtDefinitions } from '../asl/look-at-definitions.js';
import type { Looked } from '../asl/look-at-definitions.js';
import { patchFile } from '../asl/patch-file.js';
import { choice, defineCommand, optionGroup, withDefault } from '../command.js';
import type { CommandArguments, OptionValues, Positional } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { print } from '../io.js';
import { applyOptions, formatOf, formatOptions, isColourful } from '../options.js';
import { openFindingReporter } from '../reporters/finding-reporter.js';
import type { FindingReporter } from '../reporters/finding-reporter.js';

const FILES: Positional = {
  usage: 'FILE…',
  describe: 'a file, a glob in quotes, - for standard input, or a directory that is searched for definitions',
};

const READS =
  'Reads JSON and YAML, JSONPath and JSONata, and the definitions inside CloudFormation and SAM templates. Terraform files are not read.';

export const check = defineCommand({
  positionals: [FILES],
  options: formatOptions,
  examples: [
    ['every state that passes a program on', 'statebag asl check machine.asl.json'],
    ['templates too, as annotations in a pull request', "statebag asl check 'infra/**/*.yaml' --format github"],
  ],
  notes: [READS],
  findings: 'a state passes workflow_config or partition_map on, or a definition cannot be read',
  handler: checkCommand,
});

const patchOptions = {
  ...applyOptions('write the files'),
  ...optionGroup('What to do', {
    speaks: withDefault(
      choice(['lean', 'fat'], 'fat: also pass the paths of both fields, for functions wrapped with `speaks: "fat"`'),
      'lean',
    ),
  }),
  ...formatOptions,
};

type PatchArguments = CommandArguments<typeof patchOptions>;

export const patch = defineCommand({
  positionals: [FILES],
  options: patchOptions,
  examples: [
    ['what a patch would change', 'statebag asl patch machine.asl.json'],
    ['change it', 'statebag asl patch machine.asl.json --apply'],
  ],
  notes: [READS, 'Prints the difference. What a person must change is reported after it.'],
  findings: 'something is left that a person must change, or a definition cannot be read',
  handler: patchCommand,
});

async function checkCommand(
  { positionals, options }: CommandArguments<typeof formatOptions>,
  io: CliIo,
): Promise<number> {
  const files = await definitionFiles(positionals, io);
  const context = checkContext(files, io);
  return reporting('check', options, io, (reporter) =>
    lookAtDefinitions(
      files,
      (bytes, definition) => checkFile(bytes, definition, context),
      io,
      (document) => reporter.add(document),
    ),
  );
}

/** For people, the difference goes to standard output, so that it can be piped, and findings to standard error. */
async function patchCommand({ positionals, options }: PatchArguments, io: CliIo): Promise<number> {
  const { apply, speaks } = options;
  const settings: AslSettings = { speaks };
  if (apply && positionals.includes('-'))
    throw new ConfigError('USAGE', '--apply writes files; standard input is not a file');
  const files = await definitionFiles(positionals, io);
  const context = checkContext(files, io);
  const isForPeople = formatOf(options) === 'pretty';
  const beside = isForPeople ? { ...io, stdout: io.stderr } : io;
  return reporting('patch', options, beside, (reporter) =>
    lookAtDefinitions(
      files,
      async (bytes, definition) => {
        const { document, diff } = await patchFile(bytes, definition, settings, apply, context);
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
  values: OptionValues<typeof formatOptions>,
  io: CliIo,
  work: (reporter: FindingReporter) => Promise<Looked>,
): Promise<number> {
  const settings = {
    check: `statebag asl ${action}`,
    format: formatOf(values),
    colour: isColourful(values, io),
    rules: () => Promise.resolve(ASL_RULES),
  };
  const reporter = await openFindingReporter(io, settings);
  try {
    const { failed, conclusion } = await work(reporter);
    await reporter.finish(conclusion);
    return failed === 0 ? EXIT.ok : EXIT.findings;
  } catch (error) {
    await reporter.fail(error);
    throw error;
  }
}
