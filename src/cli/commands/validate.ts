import { resolve } from 'node:path';
import { PAYLOAD_HEADROOM, PAYLOAD_LIMIT } from '../../bag/members.js';
import { parseIgnore } from '../../sources/container-choice.js';
import type { UnseenEntry } from '../../findings/finding-writer.js';
import { choice, defineCommand, optionGroup, text, whole, withDefault } from '../command.js';
import type { CommandArguments, OptionValues } from '../command.js';
import { EXIT } from '../exit-code.js';
import type { CliIo } from '../io.js';
import {
  READ_SOURCES,
  formatOf,
  formatOptions,
  isColourful,
  layoutOptions,
  layoutSettings,
  storeOptions,
  surveyOptions,
} from '../options.js';
import { openFindingReporter } from '../reporters/finding-reporter.js';
import { shortId } from '../reporters/format.js';
import type { Budget } from '../validation/budget.js';
import type { Checked, CheckReporter, SourcesSettings } from '../validation/check-sources.js';
import { answerOf, conclude } from '../validation/answer.js';
import { EXPECTATIONS } from '../validation/expectations.js';
import { acceptPlainFile } from '../validation/plain-files.js';
import { FAT, LEAN, namedSchema, parseSchemaChoice } from '../validation/schema-choice.js';

const options = {
  ...optionGroup('What to check', {
    schema: text(
      'NAME|ID|FILE',
      'lean (or state-bag), fat, auto (the members of each document decide), another schema of the project, or a JSON Schema file',
      { otherwise: 'lean' },
    ),
    'max-bytes': whole('N', 'bytes that a document may have', 1, { otherwise: `${PAYLOAD_LIMIT}, for bags only` }),
    headroom: whole('N', 'a document within so many bytes of the limit produces a warning', 0, {
      otherwise: String(PAYLOAD_HEADROOM),
    }),
    expect: withDefault(
      choice(EXPECTATIONS, 'invalid: every document must fail, and one that does not is the error'),
      'valid',
    ),
  }),
  ...surveyOptions,
  ...storeOptions,
  ...layoutOptions,
  ...formatOptions,
};

type ValidateArguments = CommandArguments<typeof options>;

export const command = defineCommand({
  positionals: [READ_SOURCES],
  options,
  examples: [
    ['every document must be a lean bag', 'statebag validate bags/'],
    ['old bags are expected, none may be over the limit', 'statebag validate old-bags/ --schema fat'],
    ['old and lean bags, manifests, journals: each by its members', 'statebag validate mixed/ --schema auto'],
    ['file names that may begin with a dash', 'git ls-files -z bags/ | xargs -0 statebag validate --'],
    ['the targets of pointers must exist too', 'statebag validate bags/ --store s3://my-bucket'],
    ['annotations in a pull request', "statebag validate 'fixtures/**/*.json' --format github"],
    ['fixtures that must fail', 'statebag validate fixtures/broken/ --expect invalid'],
    ['in a pipe', 'statebag validate - --json < bags.ndjson'],
  ],
  notes: [
    `Schemas: ${LEAN} (lean, state-bag), ${FAT} (fat), segment-manifest.v1, pointers.v1, journal.v1, plan.v1. A bag is validated out of its envelope.`,
    'The answer is "yes", "no", or "not proven" when something was not read: a file that is skipped because of its name, a link to nothing, an empty file, anything unreadable.',
    'Of a directory its *.json, *.ndjson and *.jsonl are read, in any case of letters and with .gz too; a glob reads whatever it matches.',
    'A source without a document is an error (exit 2) without --allow-empty. --ignore is for files that are not documents; the answer repeats it.',
  ],
  findings: 'a document is invalid, or is not a bag where a bag is expected, or something was not read',
  handler: validateCommand,
});

async function validateCommand(args: ValidateArguments, io: CliIo): Promise<number> {
  const colour = isColourful(args.options, io);
  const settings = { check: 'statebag validate', format: formatOf(args.options), colour, rules };
  const reporter = await openFindingReporter(io, settings);
  try {
    const entries: UnseenEntry[] = [];
    const addEntry = (entry: UnseenEntry) => {
      entries.push(entry);
      return reporter.addEntry(entry);
    };
    const checked = await check(args, { add: (document) => reporter.add(document), addEntry }, io);
    const answer = answerOf(checked);
    await reporter.finish(conclude(answer, checked, entries, args.options.ignore));
    return answer === 'yes' ? EXIT.ok : EXIT.findings;
  } catch (error) {
    await reporter.fail(error);
    throw error;
  }
}

const rules = async () => (await import('../validation/rules.js')).VALIDATION_RULES;

async function check(
  { positionals, options: values }: ValidateArguments,
  reporter: CheckReporter,
  io: CliIo,
): Promise<Checked> {
  const settings = await settingsOf(values, io);
  try {
    return await checkAll(positionals, values, settings, reporter, io);
  } finally {
    await settings.schema.close?.();
  }
}

/** Files in which there is nothing to find come first; the machinery of sources is loaded for the others. */
async function checkAll(
  positionals: readonly string[],
  values: ValidateArguments['options'],
  settings: SourcesSettings,
  reporter: CheckReporter,
  io: CliIo,
): Promise<Checked> {
  const others: string[] = [];
  const accepted = new Set<string>();
  const isPlain = values.store === undefined && settings.expect === 'valid' && !positionals.includes('-');
  for (const spec of positionals) {
    const path = resolve(io.cwd, spec);
    if (accepted.has(path)) continue;
    const document =
      isPlain && settings.isIgnored?.(path) !== true ? await acceptPlainFile(spec, io.cwd, settings) : undefined;
    if (document) {
      accepted.add(path);
      await reporter.add(document);
    } else others.push(spec);
  }
  if (others.length === 0)
    return {
      failed: 0,
      inventory: { ...NOTHING_UNSEEN, read: accepted.size, ...(settings.isIgnored && { ignored: 0 }) },
    };
  const { checkSpecs } = await import('../validation/check-specs.js');
  const { failed, inventory } = await checkSpecs(others, values, settings, accepted, io, reporter);
  return { failed, inventory: { ...inventory, read: accepted.size + inventory.read } };
}

const NOTHING_UNSEEN = { skipped: 0, unreadable: 0, empty: 0 };

async function settingsOf(values: OptionValues<typeof options>, io: CliIo): Promise<SourcesSettings> {
  const hasLayout = [values['config-key'], values['map-key'], values['manifest-key']].some(
    (template) => template !== undefined,
  );
  if (hasLayout) layoutSettings(values);
  return {
    schema: values.schema === undefined ? namedSchema(LEAN) : await parseSchemaChoice(values.schema, io),
    budget: budgetOf(values),
    expect: values.expect,
    allowEmpty: values['allow-empty'],
    isIgnored: await parseIgnore(values.ignore, io.cwd),
    blobs: undefined,
    shortened: (path) => shortId(path, io.cwd),
  };
}

function budgetOf({ 'max-bytes': asked, headroom }: OptionValues<typeof options>): Budget {
  const maxBytes = asked ?? PAYLOAD_LIMIT;
  return {
    maxBytes,
    headroom: headroom ?? Math.min(PAYLOAD_HEADROOM, maxBytes >> 3),
    isForAll: asked !== undefined,
  };
}
