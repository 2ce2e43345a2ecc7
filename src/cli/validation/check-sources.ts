import type { IsIgnored } from '../../sources/container-choice.js';
import { InventoryCount } from '../../sources/inventory.js';
import type { Inventory, Unseen } from '../../sources/inventory.js';
import type { DocumentSource, SourceContainer, SourceDocument } from '../../sources/source.js';
import { ConfigError, StateBagError } from '../../errors/index.js';
import { isValid } from '../../findings/checked-document.js';
import type { CheckedDocument } from '../../findings/checked-document.js';
import type { Finding } from '../../findings/finding.js';
import type { UnseenEntry } from '../../findings/finding-writer.js';
import { failureOf, hasLivedOn } from '../../run/outcome.js';
import type { OpenSource } from '../../sources/open.js';
import { checkDocument } from './check-document.js';
import type { CheckSettings } from './check-document.js';
import { mustFail } from './expectation.js';
import type { Expectation } from './expectations.js';
import type { Found } from './issue.js';

export interface SourcesSettings extends CheckSettings {
  readonly expect: Expectation;
  /** A source, file or object without documents is not a mistake. */
  readonly allowEmpty: boolean;
  /** Entries that are left out; `undefined` for none. */
  readonly isIgnored: IsIgnored | undefined;
  /** A path as people type it. */
  readonly shortened: (path: string) => string;
}

/** Where a check reports to. */
export interface CheckReporter {
  add(document: CheckedDocument): Promise<void>;
  addEntry(entry: UnseenEntry): Promise<void>;
}

/** What came of a run over sources. */
export interface Checked {
  /** Documents that are not as expected. */
  readonly failed: number;
  readonly inventory: Inventory;
}

/**
 * Checks every document of the sources. What cannot be read is no document: it is reported as an entry, whatever is
 * expected of documents, and so is what is skipped or empty. `accepted`: absolute paths of files that were checked
 * before. Throws `ConfigError` `SOURCE_EMPTY` at the end when a source holds no document: an export that was cut off
 * before its first line must not pass.
 */
export async function checkSources(
  sources: readonly OpenSource[],
  settings: SourcesSettings,
  accepted: ReadonlySet<string>,
  reporter: CheckReporter,
): Promise<Checked> {
  const run = new SourcesCheck(sources, settings, accepted, reporter);
  const empty: string[] = [];
  for (const { source } of sources) if (!(await run.check(source))) empty.push(settings.shortened(source.id));
  if (empty.length > 0 && !settings.allowEmpty)
    throw new ConfigError(
      'SOURCE_EMPTY',
      `${empty.join(', ')}: no document there, so nothing was validated; check the name and the export, or add --allow-empty`,
    );
  return run.checked;
}

class SourcesCheck {
  readonly #inventory: InventoryCount;
  #failed = 0;
  /** Documents, and what was checked or is gone before. */
  #met = 0;

  constructor(
    sources: readonly OpenSource[],
    private readonly settings: SourcesSettings,
    private readonly accepted: ReadonlySet<string>,
    private readonly reporter: CheckReporter,
  ) {
    this.#inventory = new InventoryCount(
      sources.map(({ source }) => source),
      {
        takesAliases: true,
        isIgnored: settings.isIgnored,
        onUnseen: (unseen) => reporter.addEntry(toEntry(unseen, settings)),
      },
    );
  }

  get checked(): Checked {
    return { failed: this.#failed, inventory: this.#inventory.counts };
  }

  /** Resolves to false for a source in which nothing is, read or not. */
  async check(source: DocumentSource): Promise<boolean> {
    const before = this.#met + this.#unread;
    try {
      for await (const container of this.#inventory.list(source, () => this.#met++)) {
        if (this.accepted.has(container.id)) this.#met++;
        else await this.#checkContainer(container, source);
      }
    } catch (error) {
      const isEmpty = error instanceof ConfigError && error.code === 'SOURCE_EMPTY';
      if (!(error instanceof StateBagError) || (error instanceof ConfigError && !isEmpty)) throw error;
      if (isEmpty && !this.settings.allowEmpty && this.#met + this.#unread === before) throw error;
      if (!isEmpty) await this.#inventory.noteUnreadable({ id: source.id, ...failureOf(error) });
    }
    return this.#met + this.#unread > before;
  }

  /** Entries that are there and were not read. */
  get #unread(): number {
    const { skipped, unreadable } = this.#inventory.counts;
    return skipped + unreadable;
  }

  async #checkContainer(container: SourceContainer, source: DocumentSource): Promise<void> {
    let documents = 0;
    try {
      for await (const document of container.documents()) {
        documents++;
        await this.#take(document, container.id);
      }
    } catch (error) {
      // A row that is gone was resumed, and has no bag any more.
      if (hasLivedOn(error)) this.#met++;
      else if (!(error instanceof StateBagError) || error instanceof ConfigError) throw error;
      else await this.#inventory.noteUnreadable({ id: container.id, ...failureOf(error) });
      return;
    }
    // An empty file that is the whole source is an empty source.
    const needsDocuments = container.id !== source.id && !this.settings.allowEmpty;
    await this.#inventory.noteRead(container.id, needsDocuments ? documents : undefined);
  }

  async #take(document: SourceDocument, container: string): Promise<void> {
    this.#met++;
    const checked = await checkOne(document, container, this.settings);
    if (!isValid(checked)) this.#failed++;
    await this.reporter.add(checked);
  }
}

export function toEntry(
  { kind, id, code, reason }: Unseen,
  { shortened }: Pick<SourcesSettings, 'shortened'>,
): UnseenEntry {
  const message = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}${reason.endsWith('.') ? '' : '.'}`;
  return { kind, file: shortened(id), code, message };
}

async function checkOne(
  document: SourceDocument,
  container: string,
  settings: SourcesSettings,
): Promise<CheckedDocument> {
  const found = await checkDocument(document, settings);
  const issues = [...found.issues, ...listHidden(document)];
  const checked = toChecked(settings.shortened(document.id), settings.shortened(container), { ...found, issues });
  return settings.expect === 'invalid' ? mustFail(checked) : checked;
}

/** Binary values of a row are not in its text: a bag in one of them would pass. */
function listHidden({ verdict }: SourceDocument): Found['issues'] {
  if (verdict?.code !== 'ATTRIBUTE_NOT_JSON') return [];
  const message = `${verdict.reason.charAt(0).toUpperCase()}${verdict.reason.slice(1)}.`;
  return [{ pointer: '', rule: verdict.code, level: 'error', message, line: 1, column: 1 }];
}

function toChecked(id: string, file: string, { schemas, issues }: Found): CheckedDocument {
  return { id, file, details: { schemas }, findings: issues.map((issue): Finding => ({ ...issue, file })) };
}
