import type { SourceContainer, SourceDocument } from '../../batch/source.js';
import { ConfigError, StateBagError } from '../../errors.js';
import { isValid } from '../../findings/checked-document.js';
import type { CheckedDocument } from '../../findings/checked-document.js';
import type { Finding } from '../../findings/finding.js';
import type { OpenSource } from '../open-source.js';
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

/**
 * Checks every document. A file that cannot be read counts as an invalid one, whatever is expected of it; a
 * `ConfigError` ends it all. Resolves to the number of documents that are not as expected.
 */
export async function checkSources(
  sources: readonly OpenSource[],
  settings: SourcesSettings,
  onDocument: (document: CheckedDocument) => Promise<void>,
): Promise<number> {
  let failed = 0;
  for (const { source } of sources) {
    for await (const container of source.containers()) {
      for await (const document of checkContainer(container, settings)) {
        if (!isValid(document)) failed++;
        await onDocument(document);
      }
    }
  }
  return failed;
}

async function* checkContainer(container: SourceContainer, settings: SourcesSettings): AsyncIterable<CheckedDocument> {
  try {
    for await (const document of container.documents()) yield await checkOne(document, container.id, settings);
  } catch (error) {
    if (!(error instanceof StateBagError) || error instanceof ConfigError) throw error;
    yield unreadable(settings.shortened(container.id), error);
  }
}

async function checkOne(document: SourceDocument, container: string, settings: SourcesSettings): Promise<CheckedDocument> {
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
