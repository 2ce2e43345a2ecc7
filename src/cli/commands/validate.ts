import { PAYLOAD_HEADROOM, PAYLOAD_LIMIT } from '../../bag/payload-limit.js';
import { defineCommand, optionGroup } from '../command.js';
import type { CommandArguments, OptionValues } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { formatOf, formatOptions } from '../options/format-options.js';
import { isColourful } from '../options/output-options.js';
import { parseChoice, parseWhole } from '../options/parse-value.js';
import { s3Settings } from '../options/s3-options.js';
import { storeOptions } from '../options/store-options.js';
import { openSources } from '../open-source.js';
import { openFindingReporter } from '../reporters/finding-reporter.js';
import type { FindingReporter } from '../reporters/finding-reporter.js';
import { shortId } from '../reporters/findings.js';
import type { Budget } from '../validation/budget.js';
import { checkSources } from '../validation/check-sources.js';
import { EXPECTATIONS } from '../validation/expectation.js';
import { openChecked } from '../validation/open-checked.js';
import { VALIDATION_RULES } from '../validation/rules.js';
import { detectedSchema, parseSchemaChoice } from '../validation/schema-choice.js';

const options = {
  ...optionGroup('What to check', {
    schema: { type: 'string', value: 'NAME|ID|FILE', describe: 'a schema of the project, or a JSON Schema file (default: by the looks of each document)' },
    'max-bytes': { type: 'string', value: 'N', describe: `bytes a document may have (default ${PAYLOAD_LIMIT}, for lean bags only)` },
    headroom: { type: 'string', value: 'N', describe: `bytes below --max-bytes from which a document is warned of (default ${PAYLOAD_HEADROOM})` },
    expect: { type: 'string', value: 'valid|invalid', describe: 'invalid: every document must fail, and one that does not is the error' },
  }),
  ...storeOptions,
  ...formatOptions,
};

type ValidateArguments = CommandArguments<typeof options>;

export const command = defineCommand({
  usage: 'SOURCE…',
  positionals: { min: 1, max: Infinity },
  builder: options,
  examples: [
    ['every document against the schema it claims to satisfy', 'statebag validate bags/'],
    ['a fixture must be a lean bag', 'statebag validate fixtures/bag.json --schema state-bag.v2'],
    ['pointers must lead somewhere too', 'statebag validate bags/ --store s3://my-bucket'],
    ['annotations in a pull request', "statebag validate 'fixtures/**/*.json' --format github"],
    ['fixtures that must fail', 'statebag validate fixtures/broken/ --expect invalid'],
    ['in a pipe', 'statebag validate - --json < bags.ndjson'],
  ],
  notes: [
    'Schemas: state-bag.v2, state-bag.fat, segment-manifest.v1, pointers.v1, journal.v1, plan.v1. A bag is validated out of its envelope.',
    'Exit 1 when a document is invalid, or none of the schemas recognises it.',
  ],
  handler: validateCommand,
});

async function validateCommand(args: ValidateArguments, io: CliIo): Promise<number> {
  const colour = isColourful(args.options, io);
  const settings = { check: 'statebag validate', format: formatOf(args.options), colour, rules: VALIDATION_RULES };
  const reporter = await openFindingReporter(io, settings);
  try {
    const failed = await check(args, reporter, io);
    await reporter.finish();
    return failed === 0 ? EXIT.ok : EXIT.findings;
  } catch (error) {
    await reporter.fail(error);
    throw error;
  }
}

async function check({ positionals, options: values }: ValidateArguments, reporter: FindingReporter, io: CliIo): Promise<number> {
  const budget = budgetOf(values);
  const expect = parseChoice('expect', values.expect ?? 'valid', EXPECTATIONS);
  const schema = values.schema === undefined ? detectedSchema : await parseSchemaChoice(values.schema, io);
  const { blobs, places } = await openChecked(values, io);
  const sources = await openSources(positionals, { io, s3: s3Settings(values), compressed: true, ...places });
  const shortened = (path: string) => shortId(path, io.cwd);
  return checkSources(sources, { schema, budget, expect, blobs, shortened }, (document) => reporter.add(document));
}

function budgetOf({ 'max-bytes': asked, headroom }: OptionValues<typeof options>): Budget {
  const maxBytes = asked === undefined ? PAYLOAD_LIMIT : parseWhole('max-bytes', asked, 1);
  return { maxBytes, headroom: headroom === undefined ? Math.min(PAYLOAD_HEADROOM, maxBytes >> 3) : parseWhole('headroom', headroom, 0), isForAll: asked !== undefined };
}
