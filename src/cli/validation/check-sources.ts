import { InventoryCount } from '../../sources/inventory.js';
import type { Inventory } from '../../sources/inventory.js';
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
  readonly inventory: Inventory;
  /** How many entries were not read because of their names or kinds, by source. */
  readonly skipped: ReadonlyMap<string, number>;
  /** Containers without a document, next to others with documents. */
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
  const { shortened } = settings;
  const [skipped, empty, withoutDocuments] = [new Map<string, number>(), [] as string[], [] as string[]];
  const inventory = new InventoryCount(
    sources.map(({ source }) => source),
    {
      takesAliases: true,
      onUnseen: ({ kind, id }) => {
        if (kind === 'empty') empty.push(shortened(id));
      },
    },
  );
  let failed = 0;
  const checkAll = async (container: SourceContainer): Promise<number> => {
    let documents = 0;
    for await (const document of checkContainer(container, inventory, settings)) {
      documents++;
      if (!isValid(document)) failed++;
      await onDocument(document);
    }
    return documents;
  };
  for (const { source } of sources) {
    const skippedBefore = inventory.counts.skipped;
    let met = 0;
    for await (const container of inventory.list(source, () => met++)) met += await checkAll(container);
    const passedOver = inventory.counts.skipped - skippedBefore;
    if (passedOver > 0) skipped.set(shortened(source.id), passedOver);
    if (met === 0) withoutDocuments.push(shortened(source.id));
  }
  if (withoutDocuments.length > 0)
    throw new ConfigError(
      'SOURCE_EMPTY',
      `${withoutDocuments.join(', ')}: no document there, so nothing was validated`,
    );
  return { failed, inventory: inventory.counts, skipped, empty };
}

async function* checkContainer(
  container: SourceContainer,
  inventory: InventoryCount,
  settings: SourcesSettings,
): AsyncIterable<CheckedDocument> {
  let documents = 0;
  try {
    for await (const document of container.documents()) {
      documents++;
      yield await checkOne(document, container.id, settings);
    }
  } catch (error) {
    if (!(error instanceof StateBagError) || error instanceof ConfigError) throw error;
    await inventory.noteUnreadable({ id: container.id, code: error.code, reason: error.message });
    yield unreadable(settings.shortened(container.id), error);
    return;
  }
  await inventory.noteRead(container.id, documents);
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
