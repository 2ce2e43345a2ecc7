import { byteReader, readDocument } from '../../bag/byte-reader.js';
import { detect } from '../../bag/detect.js';
import type { SourceDocument } from '../../batch/source.js';
import { BagError } from '../../errors.js';
import { isValid } from '../../findings/checked-document.js';
import type { CheckedDocument } from '../../findings/checked-document.js';
import type { Finding } from '../../findings/finding.js';
import type { Effect } from '../../schema/schema-change.js';
import type { OptionValues } from '../command.js';
import type { CliIo } from '../io.js';
import { openSources } from '../open-source.js';
import { s3Settings } from '../options/s3-options.js';
import type { s3Options } from '../options/s3-options.js';
import { shortId } from '../reporters/findings.js';
import { plainValue } from '../validation/plain-value.js';
import type { Checker } from '../validation/schema-choice.js';
import { levelOf, ruleOf } from './diff-rules.js';
import type { Requirement } from './diff-rules.js';

export interface JudgeSettings {
  readonly bags: readonly string[];
  readonly s3: OptionValues<typeof s3Options>;
  readonly requirement: Requirement;
  readonly accepts: Checker;
  readonly acceptsNow: Checker;
}

/** Holds documents, bags out of their envelopes, against both schemas. Resolves to the number of those that break. */
export async function judgeBags(settings: JudgeSettings, io: CliIo, onDocument: (document: CheckedDocument) => Promise<void>): Promise<number> {
  const sources = await openSources(settings.bags, { io, s3: s3Settings(settings.s3), readOnly: true, excludedFor: () => [], isBlob: () => false });
  let failed = 0;
  for (const { source } of sources) {
    for await (const container of source.containers()) {
      for await (const document of container.documents()) {
        const judged = await judge(document, shortId(container.id, io.cwd), settings, io.cwd);
        if (!isValid(judged)) failed++;
        await onDocument(judged);
      }
    }
  }
  return failed;
}

async function judge({ id, line = 1, bytes }: SourceDocument, file: string, settings: JudgeSettings, cwd: string): Promise<CheckedDocument> {
  const findings: Finding[] = [];
  for (const value of bagsIn(bytes)) {
    const verdict = await compareVerdicts(value, settings);
    if (!verdict) continue;
    const { effect, message } = verdict;
    findings.push({ ...ruleOf(effect), level: levelOf(effect, settings.requirement), message, file, line, column: 1 });
  }
  return { id: shortId(id, cwd), file, findings };
}

async function compareVerdicts(value: unknown, { accepts, acceptsNow }: JudgeSettings): Promise<{ readonly effect: Effect; readonly message: string } | undefined> {
  const [was, is] = [accepts.accepts(value), acceptsNow.accepts(value)];
  if (was === is) return undefined;
  const [refusing, effect, what]: readonly [Checker, Effect, string] = was ? [acceptsNow, 'narrower', 'satisfied the old schema and not the new one'] : [accepts, 'wider', 'satisfies the new schema and not the old one'];
  const reason = (await refusing.issuesOf(value))[0];
  return { effect, message: `The document ${what}: ${reason?.message ?? 'no reason is given.'}` };
}

/** What is no JSON satisfies neither schema. */
function bagsIn(bytes: Uint8Array): readonly unknown[] {
  try {
    const root = readDocument(bytes);
    const { sites } = detect(byteReader, root);
    return (sites.length === 0 ? [root] : sites.map(({ value }) => value)).map(plainValue);
  } catch (error) {
    if (error instanceof BagError) return [];
    throw error;
  }
}
