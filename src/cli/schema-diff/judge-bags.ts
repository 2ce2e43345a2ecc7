import { readDocument } from '../../bag/value.js';
import type { ByteValue } from '../../bag/value.js';
import { BagDocument } from '../../bag/bag.js';
import { InventoryCount } from '../../sources/inventory.js';
import type { SourceContainer, SourceDocument } from '../../sources/source.js';
import { BagError, ConfigError, StateBagError } from '../../errors/index.js';
import { isValid } from '../../findings/checked-document.js';
import type { CheckedDocument } from '../../findings/checked-document.js';
import type { Finding } from '../../findings/finding.js';
import { failureOf } from '../../run/outcome.js';
import type { Effect } from '../../schema/schema-change.js';
import type { OptionValues } from '../command.js';
import type { CliIo } from '../io.js';
import { openSources } from '../../sources/open.js';
import { s3Settings } from '../options.js';
import type { s3Options } from '../options.js';
import { shortId } from '../reporters/format.js';
import { plainValue } from '../../validate/document-issues.js';
import type { ValidationIssue } from '../../validate/issue.js';
import { toEntry } from '../validation/check-sources.js';
import type { Checked, CheckReporter } from '../validation/check-sources.js';
import type { Checker } from '../validation/checker.js';
import { isUndecided } from '../validation/issue.js';
import { describeRefusal } from '../validation/refusal.js';
import { levelOf, ruleOf } from './diff-rules.js';
import type { Requirement } from './diff-rules.js';

export interface JudgeSettings {
  readonly bags: readonly string[];
  readonly s3: OptionValues<typeof s3Options>;
  readonly requirement: Requirement;
  readonly accepts: Checker;
  readonly acceptsNow: Checker;
}

/**
 * Validates documents, bags out of their envelopes, against both schemas. What cannot be read is reported as an entry,
 * and so is what is skipped or empty. Throws `ConfigError` `SOURCE_EMPTY` for a source without a document.
 */
export async function judgeBags(settings: JudgeSettings, io: CliIo, reporter: CheckReporter): Promise<Checked> {
  const sources = await openSources(settings.bags, {
    io,
    s3: s3Settings(settings.s3),
    readOnly: true,
    excludedFor: () => [],
    isBlob: () => false,
  });
  const shortened = (path: string) => shortId(path, io.cwd);
  const inventory = new InventoryCount(
    sources.map(({ source }) => source),
    { takesAliases: true, onUnseen: (unseen) => reporter.addEntry(toEntry(unseen, { shortened })) },
  );
  const judging: Judging = { settings, inventory, reporter, shortened, failed: 0 };
  for (const { source } of sources) {
    let met = 0;
    for await (const container of inventory.list(source, () => met++))
      met += await judgeContainer(container, source.id, judging);
    if (met === 0)
      throw new ConfigError('SOURCE_EMPTY', `${shortened(source.id)}: no document there to judge the schemas by`);
  }
  return { failed: judging.failed, inventory: inventory.counts };
}

interface Judging {
  readonly settings: JudgeSettings;
  readonly inventory: InventoryCount;
  readonly reporter: CheckReporter;
  readonly shortened: (path: string) => string;
  failed: number;
}

/** Resolves to the number of documents. */
async function judgeContainer(container: SourceContainer, source: string, judging: Judging): Promise<number> {
  const { settings, inventory, reporter, shortened } = judging;
  let documents = 0;
  try {
    for await (const document of container.documents()) {
      documents++;
      const judged = await judge(document, shortened, shortened(container.id), settings);
      if (!isValid(judged)) judging.failed++;
      await reporter.add(judged);
    }
  } catch (error) {
    if (!(error instanceof StateBagError) || error instanceof ConfigError) throw error;
    await inventory.noteUnreadable({ id: container.id, ...failureOf(error) });
    return documents + 1;
  }
  // An empty file that is the whole source is an empty source.
  await inventory.noteRead(container.id, container.id === source ? undefined : documents);
  return documents;
}

async function judge(
  { id, line, bytes }: SourceDocument,
  shortened: Judging['shortened'],
  file: string,
  settings: JudgeSettings,
): Promise<CheckedDocument> {
  const verdicts = await judgeBytes(bytes, settings);
  const findings = verdicts.map(({ line: own, ...verdict }) => ({
    column: 1,
    ...verdict,
    file,
    line: line ?? own ?? 1,
  }));
  return { id: shortened(id), file, findings };
}

type Verdict = Pick<Finding, 'rule' | 'level' | 'message' | 'hint' | 'line' | 'column'>;

/** What is not JSON says nothing of the change, and is not passed over. */
async function judgeBytes(bytes: Uint8Array, settings: JudgeSettings): Promise<readonly Verdict[]> {
  try {
    const verdicts: Verdict[] = [];
    for (const value of bagsIn(bytes)) verdicts.push(...(await compareVerdicts(value, settings)));
    return verdicts;
  } catch (error) {
    if (error instanceof BagError) return [{ rule: error.code, level: 'error', ...describeRefusal(error) }];
    throw error;
  }
}

async function compareVerdicts(
  subject: ByteValue,
  { accepts, acceptsNow, requirement }: JudgeSettings,
): Promise<readonly Verdict[]> {
  const value = plainValue(subject);
  const [before, after] = [await accepts.issuesOf(value, subject), await acceptsNow.issuesOf(value, subject)];
  const open = [...before, ...after].find(({ keyword }) => isUndecided(keyword));
  if (open) return [toVerdict(open)];
  const [was, is] = [before.length === 0, after.length === 0];
  if (was === is) return was ? [] : [NOT_JUDGED];
  const [[reason], effect, what]: readonly [readonly ValidationIssue[], Effect, string] = was
    ? [after, 'narrower', 'satisfied the old schema and not the new one']
    : [before, 'wider', 'satisfies the new schema and not the old one'];
  const message = `The document ${what}: ${reason?.message ?? 'no reason is given.'}`;
  return [{ ...ruleOf(effect), level: levelOf(effect, requirement), message }];
}

function toVerdict({ keyword, message, hint }: ValidationIssue): Verdict {
  return { rule: keyword, level: 'error', message, ...(hint !== undefined && { hint }), line: 1, column: 1 };
}

const NOT_JUDGED: Verdict = {
  rule: 'not-judged',
  level: 'warning',
  message: 'The document satisfies neither schema, so it says nothing of the change.',
  hint: 'Give documents that satisfied the old schema.',
};

function bagsIn(bytes: Uint8Array): readonly ByteValue[] {
  const root = readDocument(bytes);
  const { bags } = new BagDocument(root);
  return bags.length === 0 ? [root] : bags.map(({ value }) => value);
}
