import type { StateBagError } from 'statebag-shim';
import { ConflictError, StoreError } from 'statebag-shim';
import type { RowTable } from '../../src/sources/dynamodb/port.js';

/** One thing that goes wrong: `before` the call has any effect, or `after` it, when only the reply is lost. */
interface Fault {
  readonly moment: 'before' | 'after';
  readonly code: 'TABLE_THROTTLED' | 'TABLE_UNAVAILABLE' | 'TABLE_TIMEOUT' | 'TABLE_DENIED' | 'ROW_CONDITION';
}

/** What befalls a table, by name. The two lost replies have happened although they fail. */
export const TABLE_FAULTS = {
  throttled: { moment: 'before', code: 'TABLE_THROTTLED' },
  unavailable: { moment: 'before', code: 'TABLE_UNAVAILABLE' },
  timeout: { moment: 'before', code: 'TABLE_TIMEOUT' },
  'lost-reply': { moment: 'after', code: 'TABLE_TIMEOUT' },
  'lost-reply-repeated': { moment: 'after', code: 'ROW_CONDITION' },
  condition: { moment: 'before', code: 'ROW_CONDITION' },
  denied: { moment: 'before', code: 'TABLE_DENIED' },
} as const satisfies Record<string, Fault>;

export type TableFaultName = keyof typeof TABLE_FAULTS;

/** Decides for each call, before it runs, what befalls it. */
export type TableSchedule = (operation: 'scan' | 'get' | 'update') => TableFaultName | undefined;

/** Any table, with a schedule of faults. Conditions fail only in updates: nothing else has any. */
export function faultyTable(table: RowTable, schedule: TableSchedule): RowTable {
  const during = async <T>(operation: 'scan' | 'get' | 'update', work: () => Promise<T>): Promise<T> => {
    const name = schedule(operation);
    const fault = name && TABLE_FAULTS[name];
    const falls = fault && (operation === 'update' || fault.code !== 'ROW_CONDITION') ? fault : undefined;
    if (falls?.moment === 'before') throw errorOf(falls);
    const result = await work();
    if (falls) throw errorOf(falls);
    return result;
  };
  return {
    name: table.name,
    consumed: table.consumed,
    shape: (signal) => table.shape(signal),
    async *scan(part, signal) {
      await during('scan', () => Promise.resolve());
      yield* table.scan(part, signal);
    },
    query: (query, signal) => table.query(query, signal),
    get: (key, signal) => during('get', () => table.get(key, signal)),
    update: (key, update, signal) => during('update', () => table.update(key, update, signal)),
  };
}

function errorOf({ moment, code }: Fault): StateBagError {
  const message = `An injected ${code} ${moment} the effect.`;
  return code === 'ROW_CONDITION'
    ? new ConflictError(code, message)
    : new StoreError(code, message, { retryable: code !== 'TABLE_DENIED' });
}
