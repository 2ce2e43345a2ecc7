import { createHash } from 'node:crypto';
import { ConflictError, StoreError } from 'statebag-shim';
import type { Row, RowTable, RowUpdate } from '../../src/sources/dynamodb/port.js';
import { ConditionFailed, isEqual, valueAt, withValue } from './table-state.js';
import type { Page, TableState } from './table-state.js';

/** The port over a table in memory, for the thousands of runs that need no wire. */
export function memoryTable(state: TableState): RowTable {
  const consumed = { read: 0, write: 0 };
  const pages = async function* (
    index: string | undefined,
    passes: (row: Row, id: string) => boolean,
    signal: AbortSignal | undefined,
  ) {
    const definition = index === undefined ? undefined : state.indexes.get(index);
    for (let page: Page | undefined; page === undefined || page.next !== undefined;) {
      assertRunning(signal);
      page = await Promise.resolve(
        state.page(
          page?.next,
          (row, id) => passes(row, id) && (definition?.keys.every(({ name }) => row[name]) ?? true),
        ),
      );
      consumed.read += page.units;
      const isKeysOnly = definition?.projection === 'KEYS_ONLY';
      yield isKeysOnly
        ? page.rows.map((row) =>
            Object.fromEntries(
              Object.entries(row).filter(([name]) =>
                [...state.keys, ...definition.keys].some((key) => key.name === name),
              ),
            ),
          )
        : page.rows;
    }
  };
  return {
    name: state.name,
    consumed,
    shape: () =>
      Promise.resolve({
        keys: state.keys,
        indexes: new Map(
          Array.from(state.indexes, ([name, { keys, projection }]) => [name, { keys, isWhole: projection === 'ALL' }]),
        ),
      }),
    scan: ({ segment, of, index }, signal) => pages(index, (_, id) => segmentOf(id, of) === segment, signal),
    query: ({ index, equals }, signal) =>
      pages(index, (row) => Array.from(equals).every(([name, value]) => isEqual(row[name], value)), signal),
    get: (key) => {
      const row = state.get(key);
      consumed.read += 1;
      return Promise.resolve(row);
    },
    update: async (key, update, signal) => {
      assertRunning(signal);
      consumed.write += await Promise.resolve(applyUpdate(state, key, update));
    },
  };
}

function assertRunning(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new StoreError('RUN_STOPPED', 'The run was stopped.', { retryable: true });
}

export function segmentOf(id: string, of: number): number {
  return createHash('sha256').update(id).digest().readUInt32BE(0) % of;
}

function applyUpdate(state: TableState, key: Row, { edits, guards }: RowUpdate): number {
  const holds = (row: Row | undefined) =>
    row !== undefined &&
    Array.from(guards).every(([name, value]) => isEqual(row[name], value)) &&
    edits.every(({ path, before }) => isEqual(valueAt(row, path), before));
  try {
    return state.update(key, holds, (row) =>
      edits.reduce((changed, { path, after }) => withValue(changed, path, after), row),
    );
  } catch (error) {
    if (error instanceof ConditionFailed) throw new ConflictError('ROW_CONDITION', error.message);
    throw new StoreError('TABLE_REJECTED', (error as Error).message, { cause: error });
  }
}
