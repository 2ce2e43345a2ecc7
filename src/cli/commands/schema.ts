import { choice, defineCommand, list, optionGroup, text, withDefault } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { formatOf, formatOptions, isColourful, s3Options } from '../options.js';
import { openFindingReporter } from '../reporters/finding-reporter.js';
import type { UnseenEntry } from '../../findings/finding-writer.js';
import { answerOf, conclude } from '../validation/answer.js';
import { DIFF_RULES, REQUIREMENTS } from '../schema-diff/diff-rules.js';
import { diffSchemas } from '../schema-diff/diff-schemas.js';

const options = {
  ...optionGroup('What must hold', {
    require: withDefault(
      choice(
        REQUIREMENTS,
        'backward: stored documents stay valid; forward: readers of the old schema can read new ones',
      ),
      'full',
      'full: both',
    ),
    bags: list(
      text('SOURCE', 'documents to validate against both schemas: a file, directory, glob or s3://bucket/prefix'),
    ),
  }),
  ...s3Options,
  ...formatOptions,
};

export const diff = defineCommand({
  positionals: [
    { usage: 'OLD', describe: 'a schema of the project by name or $id, or a JSON Schema file' },
    { usage: 'NEW', describe: 'the same' },
  ],
  options,
  examples: [
    [
      'what a new version does to stored bags and to old readers',
      'statebag schema diff state-bag.v2 drafts/state-bag.v3.json',
    ],
    ['only stored bags matter', 'statebag schema diff old.json new.json --require backward'],
    ['over real bags too', 'statebag schema diff state-bag.v2 next.json --bags bags/'],
  ],
  notes: ['Backward: what satisfies OLD satisfies NEW. Forward: what satisfies NEW satisfies OLD.'],
  findings: 'the requirement is broken, or cannot be decided',
  handler: schemaCommand,
});

async function schemaCommand(
  { positionals, options: values }: CommandArguments<typeof options>,
  io: CliIo,
): Promise<number> {
  const [before = '', after = ''] = positionals;
  const settings = {
    check: 'statebag schema diff',
    format: formatOf(values),
    colour: isColourful(values, io),
    rules: () => Promise.resolve(DIFF_RULES),
  };
  const reporter = await openFindingReporter(io, settings);
  try {
    const entries: UnseenEntry[] = [];
    const addEntry = (entry: UnseenEntry) => {
      entries.push(entry);
      return reporter.addEntry(entry);
    };
    const { failed, inventory } = await diffSchemas(
      { before, after, requirement: values.require, bags: values.bags, s3: values },
      io,
      { add: (document) => reporter.add(document), addEntry },
    );
    if (inventory === undefined) {
      await reporter.finish();
      return failed === 0 ? EXIT.ok : EXIT.findings;
    }
    const answer = answerOf({ failed, inventory });
    await reporter.finish(conclude(answer, { inventory }, entries, []));
    return answer === 'yes' ? EXIT.ok : EXIT.findings;
  } catch (error) {
    await reporter.fail(error);
    throw error;
  }
}
