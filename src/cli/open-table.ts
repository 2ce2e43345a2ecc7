import type { RowTable } from '../batch/table.js';
import type { TableSettings } from './options/dynamodb-options.js';

/** The driver and its SDK are loaded only when somebody names a table. Makes no request. */
export async function openTable(name: string, settings: TableSettings): Promise<RowTable> {
  const { dynamoDbTable } = await import('../batch/sources/dynamodb-table.js');
  return dynamoDbTable(name, settings);
}
