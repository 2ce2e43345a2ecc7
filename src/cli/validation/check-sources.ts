import type { SourceContainer, SourceDocument } from '../../sources/source.js';
import { ConfigError, StateBagError } from '../../errors/index.js';
import { isValid } from '../../findings/checked-document.js';
import type { CheckedDocument } from '../../findings/checked-document.js';
import type { Finding } from '../../findings/finding.js';
import type { OpenSource } from '../../sources/open.js';
import { checkDocument } from './check-document.js';
import type { CheckSettings } from './check-document.js';
import { mustFail } from './expectation.js';
import type { Expectation } from './expectations.js';
import type { Found } from './issue.js';

export interface SourcesSettings extends CheckSettings {
  readonly expect: Expectation;
  /** A path as people type it. */
  readonly shortened: (path: string) => string;
}

/** What came of a run over sources. */
export interface Checked {
  /** Documents that are not as expected. */
  readonly failed: number;
  /** How many entries were not read because of their names, by source. */
  readonly skipped: ReadonlyMap<string, number>;
  /** Those of them in which there was no document, next to others with documents. */
  readonly empty: readonly string[];
}

/**
 * Checks every document. A file that cannot be read counts as an invalid one, whatever is expected of it; a
 * `ConfigError` ends it all. Throws `ConfigError` `SOURCE_EMPTY` at the end when a source holds no document: an export
 * that was cut off before its first line must not pass.
 */
export async function checkSources(
  sources: readonly OpenSource[],
  settings: SourcesSettings,
  onDocument: (document: CheckedDocument) => Promise<void>,
): Promise<Checked> {
  let failed = 0;
  const [skipped, empty] = [new Map<string, number>(), [] as string[]];
  const count = async (container: SourceContainer) => {
    let documents = 0;
    for await (const document of checkContainer(container, settings)) {
      documents++;
      if (!isValid(document)) failed++;
      await onDocument(document);
    }
    if (documents === 0) empty.push(settings.shortened(container.id));
    return documents;
  };
  const sourcesWithoutDocuments: string[] = [];
  for (const { source } of sources) {
    let documents = 0;
    const id = settings.shortened(source.id);
    const skip = () => skipped.set(id, (skipped.get(id) ?? 0) + 1);
    for await (const container of source.containers(undefined, skip)) documents += await count(container);
    if (documents === 0) sourcesWithoutDocuments.push(id);
  }
  if (sourcesWithoutDocuments.length > 0)
    throw new ConfigError(
      'SOURCE_EMPTY',
      `${sourcesWithoutDocuments.join(', ')}: no document there, so nothing was validated`,
    );
  return { failed, skipped, empty };
}

async function* checkContainer(container: SourceContainer, settings: SourcesSettings): AsyncIterable<CheckedDocument> {
  try {
    for await (const document of container.documents()) yield await checkOne(document, container.id, settings);
  } catch (error) {
    if (!(error instanceof StateBagError) || error instanceof ConfigError) throw error;
    yield unreadable(settings.shortened(container.id), error);
  }
}

async function checkOne(
  document: SourceDocument,
  container: string,
  settings: SourcesSettings,
): Promise<CheckedDocument> {
  const found = await checkDocument(document, settings);
  const checked = toChecked(settings.shortened(document.id), settings.shortened(container), found);
  return settings.expect === 'invalid' ? mustFail(checked) : checked;
}

function toChecked(id: string, file: string, { schemas, issues }: Found): CheckedDocument {
  return { id, file, details: { schemas }, findings: issues.map((issue): Finding => ({ ...issue, file })) };
}

function unreadable(file: string, { code, message }: StateBagError): CheckedDocument {
  const finding: Finding = { rule: code, level: 'error', message, file, line: 1, column: 1, pointer: '' };
  return { id: file, file, details: { schemas: [] }, findings: [finding] };
}
