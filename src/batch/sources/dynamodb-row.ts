import { createHash } from 'node:crypto';
import { ConflictError, StateBagError } from '../../errors/index.js';
import type { Replacement, SourceContainer, SourceDocument } from '../../sources/source.js';
import type { Row, RowTable } from '../table.js';
import { bagPlace, rowDocument, TOKEN } from './dynamodb-bag.js';
import { editedRow, rowEdits } from './dynamodb-edits.js';
import { formatRowId, parseRowId } from './dynamodb-id.js';
import { assertStorable, itemBytes, writeUnits } from './dynamodb-size.js';

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
