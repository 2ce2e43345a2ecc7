import { ConfigError } from '../../errors/index.js';
import type { DocumentSource, SourceContainer } from '../../sources/source.js';
import type { IndexShape, Row, RowTable, TableShape } from '../table.js';
import { formatRowId, keyValues } from './dynamodb-id.js';
import type { TableSpec } from './dynamodb-id.js';
import { RowContainer } from './dynamodb-row.js';
import { mergePages } from './merge-pages.js';

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
