import pMap, { pMapSkip } from 'p-map';
import { ConfigError } from '../errors/index.js';
import { MetPlaces } from '../sources/container-choice.js';
import type { DocumentSource, Skipped, SourceContainer, SourceDocument } from '../sources/source.js';
import { failureOf, hasLivedOn, notStarted } from './outcome.js';
import { blobDigestOf, isJournalLine } from './document.js';

/**
 * Something of which nothing can be said. `unreadable`: reading it failed. `skipped`: it was not read. `empty`: no
 * document was found where one is expected.
 */
export interface Blind {
  readonly kind: 'unreadable' | 'skipped' | 'empty';
  readonly id: string;
  readonly code: string;
  readonly reason: string;
}

export interface InventoryOptions {
  readonly sources: readonly DocumentSource[];
  /** Containers in hand at a time. */
  readonly concurrency: number;
  /** A source, file or object without documents is not a mistake. */
  readonly allowEmpty: boolean;
  /** Ends the survey after the containers in hand. */
  readonly stop?: AbortSignal | undefined;
  /** Called for blobs and journal lines of the tool, wherever they are: they are not documents. */
  readonly onOwn?: (document: SourceDocument) => void;
  readonly onDocument: (document: SourceDocument) => void | Promise<void>;
  readonly onBlind: (blind: Blind) => void | Promise<void>;
}

/**
 * Reads every document of the sources, one source after the other, and writes nothing. Whatever was not looked at is
 * told to `onBlind` and does not end the survey. Throws `ConfigError` for a source that is wrong in itself.
 */
export async function readInventory(options: InventoryOptions): Promise<void> {
  const places = new MetPlaces(options.sources);
  for (const source of options.sources) await new SourceSurvey(source, options, places).run();
}

/** The survey of one source. */
class SourceSurvey {
  private met = 0;
  private blind = 0;

  constructor(
    private readonly source: DocumentSource,
    private readonly options: InventoryOptions,
    private readonly places: MetPlaces,
  ) {}

  async run(): Promise<void> {
    const { concurrency, stop } = this.options;
    await pMap(this.listed(), (container) => this.readContainer(container), { concurrency });
    if (stop?.aborted) await this.note(stopped(this.source.id));
    else if (this.met + this.blind === 0 && !this.mayBeEmpty) await this.note(emptySource(this.source.id));
  }

  private get mayBeEmpty(): boolean {
    return this.options.allowEmpty || this.source.mayBeEmpty === true;
  }

  private async *listed(): AsyncIterable<SourceContainer> {
    const { stop, allowEmpty } = this.options;
    const skipped: Skipped[] = [];
    try {
      for await (const container of this.source.containers(stop, (one) => skipped.push(one))) {
        if (stop?.aborted) return;
        // What is only read may be read under two names, but not twice under one.
        if (this.places.isNew({}, container.id)) yield container;
        else this.met++;
      }
    } catch (error) {
      if (stop?.aborted || (isEmptySource(error) && (allowEmpty || skipped.length > 0))) return;
      if (error instanceof ConfigError) throw error;
      await this.note(unreadable(this.source.id, error));
    } finally {
      for (const one of skipped) await this.note({ kind: 'skipped', ...one });
    }
  }

  private async readContainer(container: SourceContainer): Promise<typeof pMapSkip> {
    const { stop, onDocument } = this.options;
    const documents = container.documents(stop)[Symbol.asyncIterator]();
    let count = 0;
    for (;;) {
      const next = await documents.next().catch((error: unknown) => this.failed(container, error));
      if (next === undefined) return pMapSkip;
      if (next.done === true) break;
      count++;
      if (blobDigestOf(next.value) !== undefined || isJournalLine(next.value)) {
        this.options.onOwn?.(next.value);
        continue;
      }
      this.met++;
      await onDocument(next.value);
    }
    if (count === 0 && container.id !== this.source.id && !this.mayBeEmpty)
      await this.note(emptyContainer(container.id));
    return pMapSkip;
  }

  private async failed({ id }: SourceContainer, error: unknown): Promise<undefined> {
    // A row that is gone was resumed: its bag is met in its execution.
    if (hasLivedOn(error)) this.met++;
    else await this.note(unreadable(id, error));
  }

  private async note(blind: Blind): Promise<void> {
    this.blind++;
    await this.options.onBlind(blind);
  }
}

function isEmptySource(error: unknown): boolean {
  return error instanceof ConfigError && error.code === 'SOURCE_EMPTY';
}

function unreadable(id: string, error: unknown): Blind {
  const { code, reason } = failureOf(error);
  return { kind: 'unreadable', id, code, reason };
}

function stopped(id: string): Blind {
  const { code, reason } = notStarted(id, 0);
  return { kind: 'unreadable', id, code: code ?? '', reason: reason ?? '' };
}

function emptySource(id: string): Blind {
  return {
    kind: 'empty',
    id,
    code: 'SOURCE_EMPTY',
    reason:
      'not one document is there, as after an export that broke off or with a mistyped name; check it, or add --allow-empty',
  };
}

function emptyContainer(id: string): Blind {
  return {
    kind: 'empty',
    id,
    code: 'FILE_EMPTY',
    reason: 'no document is in it, as after an export that broke off; check it, or add --allow-empty',
  };
}
