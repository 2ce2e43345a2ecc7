import { PAYLOAD_LIMIT } from '../../bag/inspect.js';
import { DEFAULT_LAYOUT } from '../../bag/layout.js';
import { defineCommand, optionGroup } from '../command.js';
import type { CommandArguments } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import { openSources } from '../open-source.js';
import { openStore } from '../open-store.js';
import { outputOptions, outputSettings } from '../options/output-options.js';
import { parseWhole } from '../options/parse-value.js';
import { s3Settings } from '../options/s3-options.js';
import { storeOptions, storeSettings } from '../options/store-options.js';
import { ownPlaces } from '../own-places.js';
import { reporting } from '../reporters/outcome-reporter.js';
import { jsonVerdicts, textVerdicts } from '../reporters/verdicts.js';
import type { VerdictReporter } from '../reporters/verdicts.js';
import type { CheckSettings } from '../validation/check-document.js';
import { checkSources } from '../validation/check-sources.js';
import { detectedSchema, parseSchemaChoice } from '../validation/schema-choice.js';

const options = {
  ...optionGroup('What to check', {
    schema: { type: 'string', value: 'NAME|FILE', describe: 'a schema of the project, or a JSON Schema file (default: by the looks of each document)' },
    'max-bytes': { type: 'string', value: 'N', describe: `bytes a document may have (default ${PAYLOAD_LIMIT}, for lean bags only)` },
  }),
  ...storeOptions,
  ...outputOptions,
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
    ['in a pipe', 'statebag validate - --json < bags.ndjson'],
  ],
  notes: [
    'Schemas: state-bag.v2, state-bag.fat, segment-manifest.v1, pointers.v1, journal.v1, plan.v1. A bag is validated out of its envelope.',
    'Exit 1 when a document is invalid, or none of the schemas recognises it.',
  ],
  handler: validateCommand,
});

async function validateCommand(args: ValidateArguments, io: CliIo): Promise<number> {
  const output = outputSettings(args.options, io);
  const reporter = output.json ? jsonVerdicts(io.stdout) : textVerdicts(io, output);
  return reporting(reporter, async () => {
    const invalid = await check(args, reporter, io);
    return invalid === 0 ? EXIT.ok : EXIT.findings;
  });
}

async function check({ positionals, options: values }: ValidateArguments, reporter: VerdictReporter, io: CliIo): Promise<number> {
  const store = values.store === undefined ? undefined : await openStore(storeSettings(values, values.store), io.cwd);
  const sources = await openSources(positionals, { io, s3: s3Settings(values), ...ownPlaces(store, DEFAULT_LAYOUT, []) });
  const maxBytes = values['max-bytes'];
  const settings: CheckSettings = {
    schema: values.schema === undefined ? detectedSchema : await parseSchemaChoice(values.schema, io),
    maxBytes: maxBytes === undefined ? PAYLOAD_LIMIT : parseWhole('max-bytes', maxBytes, 1),
    isBudgetAsked: maxBytes !== undefined,
    blobs: store?.blobs,
  };
  const totals = await checkSources(sources, settings, (verdict) => reporter.add(verdict));
  await reporter.finish(totals);
  return totals.invalid;
}
