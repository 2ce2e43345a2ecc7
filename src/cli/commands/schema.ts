import { ConfigError } from '../../errors/index.js';
import { defineCommand, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { formatOf, formatOptions } from '../options/format-options.js';
import { isColourful } from '../options/output-options.js';
import { parseChoice } from '../options/parse-value.js';
import { s3Options } from '../options/s3-options.js';
import { openFindingReporter } from '../reporters/finding-reporter.js';
import { DIFF_RULES, REQUIREMENTS } from '../schema-diff/diff-rules.js';
import { diffSchemas } from '../schema-diff/diff-schemas.js';

const options = {
  ...optionGroup('What must hold', {
    require: {
      type: 'string',
      value: 'WHAT',
      describe: `${REQUIREMENTS.join(', ')} (default full: stored documents and readers of the old schema)`,
    },
    bags: {
      type: 'string',
      multiple: true,
      value: 'SOURCE',
      describe: 'documents to hold against both schemas: a file, directory, glob or s3://bucket/prefix',
    },
  }),
  ...s3Options,
  ...formatOptions,
};

export const command = defineCommand({
  usage: 'diff OLD NEW',
  positionals: { min: 3, max: 3 },
  builder: options,
  examples: [
    [
      'what a new version does to stored bags and to old readers',
      'statebag schema diff state-bag.v2 drafts/state-bag.v3.json',
    ],
    ['only stored bags matter', 'statebag schema diff old.json new.json --require backward'],
    ['over real bags too', 'statebag schema diff state-bag.v2 next.json --bags bags/'],
  ],
  notes: [
    'OLD and NEW are schemas of the project by name or $id, or JSON Schema files. Backward: what satisfies OLD satisfies NEW. Forward: what satisfies NEW satisfies OLD.',
    'Exit 1 when what must hold does not, or cannot be told.',
  ],
  handler: schemaCommand,
});

async function schemaCommand(
  { positionals, options: values }: CommandArguments<typeof options>,
  io: CliIo,
): Promise<number> {
  const [action, before = '', after = ''] = positionals;
  if (action !== 'diff')
    throw new ConfigError('USAGE', `statebag schema knows diff, not "${action ?? ''}"; see \`statebag schema --help\``);
  const requirement = parseChoice('require', values.require ?? 'full', REQUIREMENTS);
  const settings = {
    check: 'statebag schema diff',
    format: formatOf(values),
    colour: isColourful(values, io),
    rules: () => Promise.resolve(DIFF_RULES),
  };
  const reporter = await openFindingReporter(io, settings);
  try {
    const failed = await diffSchemas({ before, after, requirement, bags: values.bags, s3: values }, io, (document) =>
      reporter.add(document),
    );
    await reporter.finish();
    return failed === 0 ? EXIT.ok : EXIT.findings;
  } catch (error) {
    await reporter.fail(error);
    throw error;
  }
}
