import { createHash } from 'node:crypto';
import type { DocumentSource, Replacement, SourceContainer, SourceDocument } from '../source.js';
import { ConfigError, ConflictError, StateBagError } from '../../errors/index.js';
import { assertStorable, itemBytes, writeUnits } from './attributes.js';
import { bagPlace, editedRow, rowDocument, rowEdits, TOKEN } from './bags.js';
import { formatRowId, keyValues, parseRowId } from './id.js';
import type { TableSpec } from './id.js';
import type { IndexShape, Row, RowTable, TableShape } from './port.js';

/** `dynamodb://Table`: the rows of paused executions, all of them or those of one key. */
export class TableSource implements DocumentSource {
  constructor(
    readonly id: string,
    private readonly table: RowTable,
    private readonly spec: TableSpec,
  ) {}

  async *containers(signal?: AbortSignal): AsyncIterable<SourceContainer> {
    const shape = await this.table.shape(signal);
    const index = this.indexOf(shape);
    const pages = this.spec.equals.size > 0 ? this.query(shape, index, signal) : this.scan(signal);
    for await (const page of pages) {
      signal?.throwIfAborted();
      for (const row of page)
        yield index && !index.isWhole
          ? RowContainer.named(this.table, formatRowId(this.table.name, shape.keys, row), signal)
          : await RowContainer.loaded(this.table, row, signal);
    }
  }

  container(id: string): SourceContainer {
    return RowContainer.named(this.table, id);
  }

  private indexOf({ indexes }: TableShape): IndexShape | undefined {
    const { index } = this.spec;
    if (index === undefined) return undefined;
    const found = indexes.get(index);
    if (found) return found;
    const there = [...indexes.keys()].join(', ');
    throw new ConfigError(
      'INDEX_NOT_FOUND',
      `table ${this.table.name} has no index ${index}${there === '' ? '' : `; there is ${there}`}`,
    );
  }

  private query(
    shape: TableShape,
    index: IndexShape | undefined,
    signal: AbortSignal | undefined,
  ): AsyncIterable<readonly Row[]> {
    const equals = keyValues(this.id, this.spec.equals, (index ?? shape).keys);
    return this.table.query({ equals, ...this.named() }, signal);
  }

  private scan(signal: AbortSignal | undefined): AsyncIterable<readonly Row[]> {
    const { segments } = this.spec;
    const parts = Array.from({ length: segments }, (_, segment) =>
      this.table.scan({ segment, of: segments, ...this.named() }, signal),
    );
    return mergePages(parts);
  }

  private named(): { readonly index?: string } {
    return this.spec.index === undefined ? {} : { index: this.spec.index };
  }
}

/** Failures of a write that leave open whether it landed. */
const UNSURE = new Set(['ROW_CONDITION', 'TABLE_UNAVAILABLE', 'TABLE_TIMEOUT', 'TABLE_THROTTLED']);

/**
 * A row of a paused execution: one document, replaced member by member on the condition that it is still what was read.
 */
export class RowContainer implements SourceContainer {
  readonly tail = new Uint8Array();

  private constructor(
    private readonly table: RowTable,
    readonly id: string,
    private row: Row | undefined,
    private readonly stop: AbortSignal | undefined,
  ) {}

  /** A row that a page of the table has brought. Once `stop` is aborted it is not written any more: `RUN_STOPPED`. */
  static async loaded(table: RowTable, row: Row, stop?: AbortSignal): Promise<RowContainer> {
    const { keys } = await table.shape();
    return new RowContainer(table, formatRowId(table.name, keys, row), row, stop);
  }

  /** A row that is yet to be read. Once `stop` is aborted nothing is waited for any more: `RUN_STOPPED`. */
  static named(table: RowTable, id: string, stop?: AbortSignal): RowContainer {
    return new RowContainer(table, id, undefined, stop);
  }

  /** Digest of the token: a row that was resumed and paused again is another one, whatever it says. */
  get version(): string | undefined {
    return this.row && versionOf(this.row);
  }

  /** Throws `ConflictError` `ROW_GONE` for a row that is not there. */
  async *documents(signal = this.stop): AsyncIterable<SourceDocument> {
    this.row ??= await this.table.get(await this.key(), signal);
    if (!this.row) throw this.gone();
    yield rowDocument(this.id, this.row);
  }

  /** Throws `ConflictError` `ROW_REPLACED` unless what was read is the row of that version. */
  assertSame(version: string | undefined): void {
    if (this.row && version !== versionOf(this.row)) throw this.replaced();
  }

  replace(signal = this.stop): Promise<Replacement> {
    let next: Uint8Array | undefined;
    return Promise.resolve({
      write: (_, bytes) => {
        next = Uint8Array.from(bytes);
        return Promise.resolve();
      },
      commit: () => this.put(next!, signal),
      abort: () => Promise.resolve(),
    });
  }

  private async put(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<string> {
    const row = this.row!;
    const edits = rowEdits(row, bagPlace(row)!, bytes);
    const edited = editedRow(row, edits);
    const bytesBefore = itemBytes(row);
    assertStorable(this.id, edited, bytesBefore);
    const units = writeUnits(bytesBefore, itemBytes(edited));
    try {
      await this.table.update(await this.key(), { edits, guards: new Map([[TOKEN, row[TOKEN]]]), units }, signal);
    } catch (error) {
      await this.settle(error, bytes, signal);
    }
    return versionOf(row);
  }

  /**
   * What lies there now decides: a reply may be lost although the write landed, and its repetition then finds its own
   * work.
   */
  private async settle(error: unknown, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    if (!(error instanceof StateBagError) || !UNSURE.has(error.code)) throw error;
    // When the row cannot be read either, nothing is known and the error stands.
    const found = await this.table.get(await this.key(), signal).catch(() => {
      throw error;
    });
    if (!found) throw this.gone(error);
    if (versionOf(found) !== this.version) throw this.replaced(error);
    if (Buffer.compare(rowDocument(this.id, found).bytes, bytes) === 0) return;
    throw error.code === 'ROW_CONDITION' ? this.changed(error) : error;
  }

  private async key(): Promise<Row> {
    const { keys } = await this.table.shape();
    return parseRowId(this.id, keys);
  }

  private gone(cause?: unknown): ConflictError {
    return new ConflictError('ROW_GONE', `${this.id} is not there any more: it was resumed or has expired`, { cause });
  }

  private replaced(cause?: unknown): ConflictError {
    return new ConflictError(
      'ROW_REPLACED',
      `${this.id} has another token: it was resumed and paused again meanwhile; it is left as it is`,
      { cause },
    );
  }

  private changed(cause: unknown): ConflictError {
    return new ConflictError('DOCUMENT_MOVED', `${this.id} changed while it was being rewritten; it is left as it is`, {
      cause,
    });
  }
}

/** The token itself is a secret and stays out of journals. */
function versionOf(row: Row): string {
  const token = row[TOKEN];
  return createHash('sha256')
    .update(token && 'S' in token ? token.S : '')
    .digest('hex');
}

/** What several streams give, in the order in which it comes. Each is one element ahead at most. A failure ends all. */
async function* mergePages<T>(streams: readonly AsyncIterable<T>[]): AsyncIterable<T> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const pending = new Map(iterators.map((iterator) => [iterator, advance(iterator)]));
  try {
    while (pending.size > 0) {
      const { iterator, result } = await Promise.race(pending.values());
      if (result.done) {
        pending.delete(iterator);
        continue;
      }
      pending.set(iterator, advance(iterator));
      yield result.value;
    }
  } finally {
    // Elements that are not wanted any more may fail.
    await Promise.allSettled(pending.values());
    await Promise.allSettled(iterators.map(async (iterator) => iterator.return?.()));
  }
}

interface Advanced<T> {
  readonly iterator: AsyncIterator<T>;
  readonly result: IteratorResult<T, unknown>;
}

/** A failure is thrown when its turn comes. Until then it must not end the process as an unhandled rejection. */
function advance<T>(iterator: AsyncIterator<T>): Promise<Advanced<T>> {
  const advanced = iterator.next().then((result) => ({ iterator, result }));
  advanced.catch(() => undefined);
  return advanced;
}
